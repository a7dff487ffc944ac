import { parseCaseFile } from "../../../suite/cases";
import { SuiteResults, suiteResultsSchema } from "../../../suite/results";
import { runSuite, SuiteOptions } from "../../../suite/runSuite";
import { TestServer, TestServerOptions } from "./testServer";

const CASES = `
dimension: single-modality
cases:
    - id: colour
      title: A colour
      language: en
      tags: [core]
      turns:
          - prompt: Which colour?
            maxTokens: 8
            checks:
                - { kind: regex, pattern: "^It is" }
                - { kind: token-agreement, atLeast: 0.9 }
                - { kind: logprob-drift, atMost: 0.1 }
    - id: only-tokens
      title: Only tokens
      language: en
      tags: [core]
      turns:
          - prompt: Which colour?
            maxTokens: 8
            checks: [{ kind: token-agreement, atLeast: 0.9 }]
    - id: sampled
      title: A sampled one
      language: en
      tags: [core]
      lane: sampled
      repeats: 2
      turns:
          - prompt: Which colour?
            maxTokens: 8
            checks: [{ kind: regex, pattern: "^It is" }]
    - id: streamed
      title: A measured one
      language: en
      tags: [core]
      measure: { kind: latency, requests: 2 }
      turns:
          - prompt: Which colour?
            maxTokens: 8
            checks: [{ kind: latency, maxEndToEndSeconds: 10 }]
`;
const cases = parseCaseFile(CASES, "x.yaml");
let server: TestServer | undefined;
afterEach(() => server?.stop());

async function run(
    options: Partial<TestServerOptions> = {},
    suite: Partial<SuiteOptions> = {},
): Promise<SuiteResults> {
    await server?.stop();
    server = await TestServer.start({
        answer: () => "It is red",
        logprobOf: () => -0.25,
        ...options,
    });
    const results = await runSuite({
        url: server.url,
        model: "test-model",
        tier: "commit",
        cases,
        retryAfterSeconds: 0.01,
        logprobs: true,
        ...suite,
    });
    return suiteResultsSchema.parse(results);
}

const caseOf = ({ cases: all }: SuiteResults, id: string) => all.find((each) => each.id === id);

it("asks for log-probabilities where answers are pinned and whole, and keeps them", async () => {
    const results = await run();
    const kept = { texts: "It ␟is ␟red", logprobs: "-0.25 -0.25 -0.25" };
    expect(caseOf(results, "colour")?.turns[0]?.tokens).toEqual(kept);
    for (const id of ["sampled", "streamed"]) {
        expect(caseOf(results, id)?.turns[0]).not.toHaveProperty("tokens");
    }
    for (const { body } of server?.asked ?? []) {
        const isPinned = body.temperature === 0 && !body.stream;
        expect(body.logprobs).toBe(isPinned ? true : undefined);
    }
});

it("asks for none where they are not wanted", async () => {
    const results = await run({}, { logprobs: false });
    expect(server?.asked.some(({ body }) => "logprobs" in body)).toBe(false);
    expect(caseOf(results, "colour")?.turns[0]).not.toHaveProperty("tokens");
});

it.each([400, 422, 500])("asks no more of a server that refuses them with %d", async (status) => {
    const results = await run({ fail: ({ body }) => (body.logprobs ? status : undefined) });
    expect(caseOf(results, "colour")?.status).toBe("passed");
    expect(server?.asked.filter(({ body }) => body.logprobs)).toHaveLength(1);
});

it("takes an error for what it is, once the server has given log-probabilities", async () => {
    const results = await run({
        fail: ({ prompt }) => (prompt.includes("colour") ? 400 : undefined),
    });
    expect(caseOf(results, "colour")?.checks[0]?.message).toMatch(/refused with HTTP 400/);
    // The greeting, then each request of the two deterministic cases with its two more tries, once.
    expect(server?.asked.filter(({ body }) => body.logprobs)).toHaveLength(1 + 3 + 3);
});

describe("checks of tokens", () => {
    it("pass against the same answers", async () => {
        const baselineCases = (await run()).cases;
        const results = await run({}, { baselineCases });
        expect(caseOf(results, "only-tokens")).toMatchObject({ status: "passed" });
        expect(
            caseOf(results, "colour")
                ?.checks.map(({ message }) => message)
                .slice(1),
        ).toEqual([
            "100.0 % of the tokens are those of the baseline up to the first other one, at least 90.0 % wanted",
            "log-probabilities moved by 0.000 a token, at most 0.1 wanted",
        ]);
    });

    it("fail where the answers part, or the certainty has gone", async () => {
        const baselineCases = (await run()).cases;
        const blue = await run({ answer: () => "It is blue" }, { baselineCases });
        expect(caseOf(blue, "only-tokens")).toMatchObject({
            status: "failed",
            checks: [{ kind: "token-agreement", passed: false }],
        });
        const unsure = await run({ logprobOf: () => -1 }, { baselineCases });
        expect(caseOf(unsure, "colour")?.checks[2]).toMatchObject({
            passed: false,
            message: "log-probabilities moved by 0.750 a token, at most 0.1 wanted",
        });
    });

    it.each<[string, Partial<TestServerOptions>, boolean, RegExp]>([
        ["no baseline", {}, false, /^not compared: there is no baseline$/],
        ["no log-probabilities", { logprobOf: undefined }, true, /no log-probabilities of both/],
    ])("are skipped, and say so: %s", async (_, options, hasBaseline, message) => {
        const baselineCases = hasBaseline ? (await run()).cases : undefined;
        const results = await run(options, { baselineCases });
        const colour = caseOf(results, "colour");
        expect(colour?.status).toBe("passed");
        expect(colour?.checks[1]).toMatchObject({ skipped: true });
        expect(colour?.checks[1]?.message).toMatch(message);
        const only = caseOf(results, "only-tokens");
        expect(only).toMatchObject({ status: "skipped", problem: { kind: "not-run" } });
        expect(only?.problem?.message).toMatch(message);
    });

    it("are refused in lane sampled", () => {
        const text = CASES.replace('{ kind: regex, pattern: "^It is" }]', "X]");
        expect(() =>
            parseCaseFile(text.replace("[X]", "[{ kind: logprob-drift, atMost: 1 }]"), "x.yaml"),
        ).toThrow(/cases\[2\].*a logprob-drift check needs lane deterministic/);
    });
});
