import { parseCaseFile } from "../../../suite/cases";
import { judgeSchema } from "../../../suite/checks/judge";
import { Judge } from "../../../suite/judge/judge";
import { readJudgement } from "../../../suite/judge/readJudgement";
import { SuiteResults, suiteResultsSchema } from "../../../suite/results";
import { runSuite } from "../../../suite/runSuite";
import { TestServer, TestServerOptions } from "./testServer";

const cases = parseCaseFile(
    `
dimension: multimodal
cases:
    - id: poem
      title: A poem
      language: en
      tags: [core]
      turns:
          - prompt: Write a line about this.
            images: [{ draw: scatter, name: a, width: 256, height: 256, seed: 1, groups: [{ shape: circle, colour: red, count: 1 }] }]
            maxTokens: 8
            checks:
                - { kind: length, min: 2 }
                - { kind: judge, rubric: It names a colour., seesImages: true }
    - id: graded
      title: A graded one
      language: en
      tags: [core]
      turns:
          - prompt: Write a line.
            maxTokens: 8
            checks: [{ kind: judge, rubric: "A good, B fair, C bad", pass: [A, B] }]
    - id: plain
      title: No judge
      language: en
      tags: [core]
      turns: [{ prompt: Write a line., maxTokens: 8, checks: [{ kind: length, min: 2 }] }]
`,
    "x.yaml",
);

const servers: TestServer[] = [];
afterEach(async () => {
    await Promise.all(servers.splice(0).map((each) => each.stop()));
});
async function serve(options: Partial<TestServerOptions>): Promise<TestServer> {
    const server = await TestServer.start({ answer: () => "A red moon", ...options });
    servers.push(server);
    return server;
}

async function run(judgeSays?: Partial<TestServerOptions>, apiKey?: string) {
    const server = await serve({});
    const judge = judgeSays && (await serve({ model: "judge", ...judgeSays }));
    const results = await runSuite({
        url: server.url,
        model: "test-model",
        tier: "commit",
        cases,
        retryAfterSeconds: 0.01,
        judge:
            judge && new Judge({ url: judge.url, model: "judge", apiKey, retryAfterSeconds: 0.01 }),
    });
    return { results: suiteResultsSchema.parse(results), judge };
}
const caseOf = ({ cases: all }: SuiteResults, id: string) => all.find((each) => each.id === id);

const grade = ({ prompt }: { prompt: string }, letter = "B"): string =>
    prompt.includes('"grade"') ? `{"grade": "${letter}", "why": "It rhymes."}` : "";

it("passes what the judge passes, and keeps its reason", async () => {
    const { results, judge } = await run({
        answer: (asked) => grade(asked) || 'Well: {"pass": true, "why": "It names red."} So.',
    });
    expect(results.verdict).toBe("passed");
    expect(caseOf(results, "poem")?.checks[1]).toEqual({
        kind: "judge",
        passed: true,
        message: "the judge says: It names red.",
    });
    expect(caseOf(results, "graded")?.checks[0]?.message).toBe(
        "the judge says: It rhymes. (grade B; A, B pass)",
    );
    const [poem, graded] = judge?.asked ?? [];
    expect(poem?.body).toMatchObject({ temperature: 0, model: "judge" });
    expect(poem?.images).toBe(1);
    expect(poem?.prompt).toMatch(/Rubric: It names a colour\.[^]*Write a line about this\./);
    expect(poem?.prompt).toContain('Answer: "A red moon"');
    expect(graded?.images).toBe(0);
});

it("fails what the judge fails", async () => {
    const { results } = await run({
        answer: (asked) => grade(asked, "C") || '{"pass": false, "why": "No colour."}',
    });
    expect(results.verdict).toBe("failed");
    expect(caseOf(results, "poem")).toMatchObject({ status: "failed" });
    expect(caseOf(results, "graded")).toMatchObject({ status: "failed" });
});

test.each<[string, Partial<TestServerOptions>, RegExp]>([
    ["no judgement", { answer: () => "I like it." }, /no judgement: "I like it\."/],
    ["another object", { answer: () => '{"ok": 1}' }, /no judgement: "\{"ok": 1\}"/],
    ["an error", { answer: () => "", fail: () => 503 }, /no answer: HTTP 503: scripted failure/],
])("gives no verdict where the judge gives %s", async (_, options, message) => {
    const { results } = await run(options);
    expect(results.verdict).toBe("none");
    expect(caseOf(results, "poem")).toMatchObject({
        status: "errored",
        problem: { kind: "judge" },
    });
    expect(caseOf(results, "poem")?.problem?.message).toMatch(message);
    expect(caseOf(results, "plain")?.status).toBe("passed");
});

it("skips cases that want a judge where there is none, and says so", async () => {
    const { results } = await run();
    expect(caseOf(results, "poem")).toMatchObject({
        status: "skipped",
        problem: { message: "it wants a judge; pass --judge-url and --judge-model" },
    });
    expect(results).toMatchObject({ verdict: "passed", why: expect.stringMatching(/2 skipped/) });
});

it("says before any case that the judge is not there, or another", async () => {
    const other = await run({ model: "another" });
    expect(other.results.why).toMatch(/^the judge's server serves another, not judge/);
    const server = await serve({});
    const judge = new Judge({ url: "http://127.0.0.1:1", model: "judge" });
    const results = await runSuite({
        ...{ url: server.url, model: "test-model", tier: "commit", cases, judge },
    });
    expect(results.why).toMatch(/^the judge at http:\/\/127\.0\.0\.1:1 is not there/);
    expect(results.totals.skipped).toBe(3);
});

it("tells nobody the judge's key", async () => {
    const { results } = await run({ answer: () => "no", fail: () => 401 }, "sk-very-secret");
    expect(JSON.stringify(results)).not.toContain("sk-very-secret");
});

test.each<[string, boolean | undefined]>([
    ['```json\n{"pass": true, "why": "a {brace} in it"}\n```', true],
    ['{broken} then {"pass": false, "why": ""}', false],
    ['{"pass": "yes", "why": ""}', undefined],
    ['{"pass": true}', undefined],
    ["true", undefined],
    ["", undefined],
])("%s", (text, passed) => {
    const check = judgeSchema.parse({ kind: "judge", rubric: "r" });
    expect(readJudgement(check, text)?.passed).toBe(passed);
});
