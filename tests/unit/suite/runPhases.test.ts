import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { casesToLeaveOut, withAlike } from "../../../suite/leftOut";
import { TestCase } from "../../../suite/caseSchema";
import { certaintyOf } from "../../../suite/earlyStop";
import { CaseResult, SuiteResults, suiteResultsSchema } from "../../../suite/results";
import { runSuite, SuiteOptions } from "../../../suite/runSuite";
import { measuredCase, someCase } from "./someCases";
import { Asked, TestServer, TestServerOptions } from "./testServer";

let server: TestServer | undefined;
afterEach(async () => {
    await server?.stop();
    server = undefined;
});

async function run(
    cases: readonly TestCase[],
    options: Partial<TestServerOptions> = {},
    suite: Partial<SuiteOptions> = {},
): Promise<SuiteResults> {
    server = await TestServer.start({ answer: () => "right", ...options });
    const results = await runSuite({
        url: server.url,
        model: "test-model",
        tier: "merge",
        cases,
        retryAfterSeconds: 0.01,
        ...suite,
    });
    return suiteResultsSchema.parse(JSON.parse(JSON.stringify(results)));
}

/** How many questions were under way when each came. */
function company(): Partial<TestServerOptions> & { at: Map<string, number[]> } {
    let underWay = 0;
    const at = new Map<string, number[]>();
    return {
        at,
        delaySeconds: ({ prompt }) => {
            at.set(prompt, [...(at.get(prompt) ?? []), ++underWay]);
            setTimeout(() => underWay--, 28);
            return 0.03;
        },
    };
}

const many = (count: number, name = "greedy", lane: TestCase["lane"] = "greedy"): TestCase[] =>
    Array.from({ length: count }, (_, index) => someCase(`${name}-${index}`, { lane }));
const statuses = ({ cases }: SuiteResults): CaseResult["status"][] =>
    cases.map(({ status }) => status);

describe("phases", () => {
    it("ask greedy cases side by side, deterministic and measured ones alone, and keep the order", async () => {
        const cases = [
            measuredCase("speed", "kind: latency, requests: 3"),
            ...many(12),
            ...many(3, "plain", "deterministic"),
            someCase("edge", { dimension: "boundary" }),
        ];
        const { at, ...options } = company();
        const ended: string[] = [];
        const results = await run(cases, options, {
            concurrency: { "single-modality": 4, multimodal: 1 },
            onCase: ({ id }) => ended.push(id),
        });
        expect(results.verdict).toBe("passed");
        expect(results.cases.map(({ id }) => id)).toEqual(cases.map(({ id }) => id));
        const most = (pattern: RegExp): number =>
            Math.max(
                ...[...at].flatMap(([prompt, counts]) => (pattern.test(prompt) ? counts : [])),
            );
        expect(most(/greedy/)).toBe(4);
        expect(most(/plain|edge|speed/)).toBe(1);
        expect(ended.slice(0, 3)).toEqual(["plain-0", "plain-1", "plain-2"]);
        expect(ended.slice(-2)).toEqual(["edge", "speed"]);
    });

    it("ask one at a time where it is asked for", async () => {
        const { at, ...options } = company();
        await run(many(6), options, { concurrency: "one" });
        expect(Math.max(...[...at.values()].flat())).toBe(1);
    });

    it("ask first what did not pass before, and tell of each case as it ends", async () => {
        const cases = many(5, "plain", "deterministic");
        const earlier = await run(cases, {
            answer: ({ prompt }) => (/[34]$/.test(prompt) ? "wrong" : "right"),
        });
        await server?.stop();
        const told: [string, number, number][] = [];
        await run(
            cases,
            {},
            {
                earlier: [earlier],
                onCase: ({ id }, index, count) => told.push([id, index, count]),
            },
        );
        expect(told.slice(0, 3)).toEqual([
            ["plain-3", 0, 5],
            ["plain-4", 1, 5],
            ["plain-0", 2, 5],
        ]);
    });
});

describe("a case of lane greedy", () => {
    it("that fails in company is asked twice more alone, and is flaky where it passes then", async () => {
        const { at, ...options } = company();
        let tries = 0;
        const answer = ({ prompt }: Asked): string =>
            /greedy-3$/.test(prompt) && ++tries === 1 ? "wrong" : "right";
        const results = await run(many(8), { ...options, answer }, { tier: "release" });
        // Three times in company by the tier, of which one failed: that is known to be flaky.
        expect(results.cases[3]).toMatchObject({
            status: "flaky",
            repeats: { passed: 2, total: 3 },
        });

        await server?.stop();
        tries = 0;
        at.clear();
        const once = await run(many(8), { ...options, answer });
        expect(once.cases[3]).toMatchObject({
            status: "flaky",
            repeats: { passed: 2, total: 3, alone: 2, outcomes: [false, true, true] },
        });
        expect(at.get("Question greedy-3")?.slice(1)).toEqual([1, 1]);
        expect(once.verdict).toBe("passed");
        expect(once.why).toBe("7 of 8 cases passed; 1 flaky: greedy-3 (passed 2 of 3)");
    });

    it("that fails alone, too, fails the suite", async () => {
        const results = await run(many(4), {
            answer: ({ prompt }) => (/greedy-2$/.test(prompt) ? "wrong" : "right"),
        });
        expect(results.cases[2]).toMatchObject({
            status: "failed",
            repeats: { passed: 0, total: 3, alone: 2 },
        });
        expect(results.verdict).toBe("failed");
    });

    it("that failed in company is not judged where the suite is stopped before it was asked alone", async () => {
        const stop = new AbortController();
        const results = await run(
            many(3),
            { answer: ({ prompt }) => (/greedy-0$/.test(prompt) ? "wrong" : "right") },
            {
                signal: stop.signal,
                concurrency: { "single-modality": 1, multimodal: 1 },
                onCase: ({ id }) => id === "greedy-2" && stop.abort(new Error("stopped")),
            },
        );
        expect(statuses(results)).toEqual(["skipped", "passed", "passed"]);
        expect(results.verdict).toBe("none");
    });
});

describe("a server that dies of several at once", () => {
    it("is no case's fault: they are named, and none is to be left out", async () => {
        const results = await run(many(6), {
            fail: ({ prompt }) => {
                if (/greedy/.test(prompt)) {
                    void server?.stop();
                    return "hang-up";
                }
                return undefined;
            },
        });
        expect(results.verdict).toBe("none");
        expect(results.why).toMatch(
            /^the server stopped answering during (single-modality\/greedy-\d, ){2}.* and 3 more/,
        );
        expect(results.stoppedDuring).toHaveLength(6);
        expect(casesToLeaveOut(results)).toEqual([]);
    });

    it("or of none where the suite was ended before it noticed", async () => {
        const stop = new AbortController();
        setTimeout(() => stop.abort(new Error("the suite was stopped by SIGTERM")), 200);
        const results = await run(
            many(6),
            { delaySeconds: ({ prompt }) => (/greedy-/.test(prompt) ? 30 : 0) },
            { signal: stop.signal, concurrency: { "single-modality": 6, multimodal: 6 } },
        );
        expect(results.stoppedDuring).toHaveLength(6);
        expect(casesToLeaveOut(results)).toEqual([]);
    });

    it.each<[string[], string[]]>([
        [[], []],
        [["one"], ["one"]],
        [["four"], ["four", "sixteen", "load"]],
        [["sixteen"], ["sixteen", "load"]],
    ])("of %j it leaves out %j: what asks as many at once has no memory either", (died, left) => {
        const cases = [
            { id: "one", measure: { kind: "latency", requests: 8, warmUp: 0 } },
            { id: "four", measure: { kind: "throughput", requests: 8, concurrency: 4 } },
            { id: "sixteen", measure: { kind: "throughput", requests: 8, concurrency: 16 } },
            { id: "load", measure: { kind: "load", concurrency: [1, 16] } },
        ] as unknown as TestCase[];
        expect(withAlike(died, cases)).toEqual(left);
    });
});

it("a server that refuses the first of many at once is not given up while others wait for it", async () => {
    const results = await run(many(8), {
        fail: ({ prompt }) => (/greedy-[0-3]$/.test(prompt) ? 503 : undefined),
        delaySeconds: ({ prompt }) => (/greedy-[4-7]$/.test(prompt) ? 0.3 : 0),
    });
    expect(results.totals).toMatchObject({ passed: 4, errored: 4, skipped: 0 });
    expect(results.why).toMatch(/the server breaks on greedy-0/);
});

describe("time", () => {
    it("ends a case that hangs at its own limit, and the rest goes on", async () => {
        const started = performance.now();
        const results = await run(
            many(3, "plain", "deterministic"),
            { delaySeconds: ({ prompt }) => (/plain-1$/.test(prompt) ? 60 : 0) },
            { caseTimeoutSeconds: 0.3 },
        );
        expect(performance.now() - started).toBeLessThan(10_000);
        expect(statuses(results)).toEqual(["passed", "errored", "passed"]);
        expect(results.cases[1]?.problem).toEqual({
            kind: "timeout",
            message: "the case was not done within its limit of 0.3 s",
        });
        expect(results.verdict).toBe("none");
    });

    it("ends one of many repeats, which alone keep to the limit of a request", async () => {
        const slow = someCase("slow", { more: "repeats: 50" });
        const results = await run(
            [slow, someCase("quick")],
            { delaySeconds: ({ prompt }) => (/slow/.test(prompt) ? 0.1 : 0) },
            { caseTimeoutSeconds: 0.5, requestTimeoutSeconds: 10 },
        );
        expect(statuses(results)).toEqual(["errored", "passed"]);
        expect(results.cases[0]?.seconds).toBeLessThan(2);
        expect(results.cases[0]?.repeats?.passed).toBeGreaterThan(0);
    });
});

describe("stopping early", () => {
    const wrong = (pattern: RegExp) => ({
        answer: ({ prompt }: Asked) => (pattern.test(prompt) ? "wrong" : "right"),
    });

    it("ends a run without a baseline once a case that counts has failed for good", async () => {
        const cases = many(20, "plain", "deterministic");
        const results = await run(cases, wrong(/plain-4$/), { certainty: certaintyOf("merge") });
        expect(results.verdict).toBe("failed");
        expect(results.why).toBe(
            "1 of 20 cases failed: plain-4; stopped early, because plain-4 failed; 15 skipped",
        );
        expect(results.totals).toMatchObject({ passed: 4, failed: 1, skipped: 15 });
        expect(results.cases[19]?.problem?.message).toMatch(/stopped early/);
        // The first question, four that passed, and one that failed three times.
        expect(server?.asked).toHaveLength(8);
    });

    it("clears up what failed in company at once, and goes on where that was its company", async () => {
        let tries = 0;
        const once = ({ prompt }: Asked) =>
            /greedy-1$/.test(prompt) && ++tries === 1 ? "wrong" : "right";
        const good = await run(many(40), { answer: once }, { certainty: certaintyOf("merge") });
        expect(good).toMatchObject({ verdict: "passed", totals: { passed: 39, flaky: 1 } });
        await server?.stop();
        const bad = await run(many(100), wrong(/greedy-1$/), { certainty: certaintyOf("merge") });
        expect(bad).toMatchObject({ verdict: "failed", totals: { failed: 1 } });
        expect(bad.totals.skipped).toBeGreaterThan(50);
    });

    it("does not end it for a case in quarantine, or one that is flaky where that does not fail", async () => {
        let tries = 0;
        const cases = many(6, "plain", "deterministic");
        const results = await run(
            cases,
            {
                answer: ({ prompt }) =>
                    /plain-1$/.test(prompt) || (/plain-2$/.test(prompt) && ++tries === 1)
                        ? "wrong"
                        : "right",
            },
            {
                cases: cases.map((each) => ({ ...each, tags: ["core" as const] })),
                tier: "commit",
                certainty: certaintyOf("commit"),
                quarantine: [{ case: "plain-1", reason: "known", expires: "2999-01-01" }],
            },
        );
        expect(results).toMatchObject({ verdict: "passed", totals: { passed: 4, skipped: 0 } });
    });

    it("ends a run with a baseline when the regression is certain, and not before", async () => {
        const cases = many(60, "plain", "deterministic");
        const baseline = { name: "known-good", results: await run(cases) };
        const certainty = certaintyOf("merge", baseline);
        await server?.stop();
        const bad = await run(cases, wrong(/Question/), { certainty });
        expect(bad.why).toMatch(/stopped early, because the regression is certain/);
        expect(bad.totals.failed).toBeGreaterThan(6);
        expect(bad.totals.skipped).toBeGreaterThan(10);
        await server?.stop();
        const few = await run(cases, wrong(/plain-[12]$/), { certainty });
        expect(few.totals).toMatchObject({ failed: 2, skipped: 0 });
    });

    it("asks no more where an interrupted run had it certain", async () => {
        const folder = mkdtempSync(join(tmpdir(), "suite-early-"));
        const cases = many(6, "plain", "deterministic");
        const certainty = certaintyOf("merge");
        const progress = (resume: boolean) => ({ certainty, progress: { folder, resume } });
        await run(cases, wrong(/plain-1$/), progress(false));
        await server?.stop();
        const again = await run(cases, wrong(/plain-1$/), progress(true));
        expect(again).toMatchObject({ verdict: "failed", resumed: 2, totals: { skipped: 4 } });
        expect(server?.asked).toHaveLength(1);
        rmSync(folder, { recursive: true });
    });

    it("ends a run with a baseline at once for a case that no baseline excuses", async () => {
        const edges = Array.from({ length: 5 }, (_, index) =>
            someCase(`edge-${index}`, { dimension: "boundary" }),
        );
        const baseline = { name: "known-good", results: await run(edges) };
        await server?.stop();
        const results = await run(edges, wrong(/edge-1$/), {
            certainty: certaintyOf("merge", baseline),
        });
        expect(results.totals).toMatchObject({ passed: 1, failed: 1, skipped: 3 });
    });
});

describe("pictures", () => {
    const picture = {
        ...someCase("picture", { dimension: "multimodal" }),
        turns: [
            {
                ...(someCase("picture").turns[0] as TestCase["turns"][number]),
                images: [
                    {
                        name: "a",
                        draw: "shapes" as const,
                        width: 64,
                        height: 64,
                        background: "white" as const,
                        shapes: [],
                    },
                ],
            },
        ],
    };
    const blind = (status: number): Partial<TestServerOptions> => ({
        fail: ({ images }) => (images > 0 ? status : undefined),
    });

    it("that the server takes none of are said at once, before any case", async () => {
        const results = await run([someCase("plain"), picture], blind(400));
        expect(results.verdict).toBe("none");
        expect(results.why).toMatch(
            /^the server takes no pictures: .*HTTP 400 \(scripted failure\); serve a vision model/,
        );
        expect(statuses(results)).toEqual(["skipped", "skipped"]);
        expect(server?.asked).toHaveLength(2);
    });

    it("are not tried where no case has one", async () => {
        const results = await run([someCase("plain")], blind(400));
        expect(results.verdict).toBe("passed");
        expect(server?.asked.every(({ images }) => images === 0)).toBe(true);
    });

    it("that break the server are for the cases to find", async () => {
        const results = await run([someCase("plain"), picture], blind(500));
        expect(results.verdict).toBe("failed");
        expect(results.why).toMatch(/the server breaks on picture/);
    });
});
