import { createServer } from "node:net";
import { AddressInfo } from "node:net";
import { join } from "node:path";
import Ajv from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { loadCases } from "../../../suite/cases";
import { casesToLeaveOut } from "../../../suite/leftOut";
import { suiteResultsSchema, SuiteResults } from "../../../suite/results";
import { runSuite, SuiteOptions } from "../../../suite/runSuite";
import { Tier } from "../../../suite/tiers";
import { publishedSchemas } from "../../../suite/writeSchemas";
import { Asked, rightAnswer, TestServer, TestServerOptions } from "./testServer";

// A whole tier, pictures and all, on a computer that does other things as well.
jest.setTimeout(30_000);

// Those that are written one by one; the stand-in model answers the made ones.
const cases = loadCases(join(__dirname, "..", "..", "..", "suite", "cases")).filter(
    ({ family }) => family === undefined,
);
let server: TestServer | undefined;
// A whole tier in each test, with its pictures: slow on a busy machine.
jest.setTimeout(60_000);

async function run(
    options: Partial<TestServerOptions> = {},
    suite: Partial<SuiteOptions> & { tier?: Tier } = {},
): Promise<SuiteResults> {
    server = await TestServer.start({ answer: rightAnswer, ...options });
    const results = await runSuite({
        url: server.url,
        model: "test-model",
        tier: "commit",
        cases,
        retryAfterSeconds: 0.01,
        ...suite,
    });
    return suiteResultsSchema.parse(results);
}

afterEach(async () => {
    await server?.stop();
    server = undefined;
});

const failedIds = ({ cases: all }: SuiteResults): string[] =>
    all.filter(({ status }) => status === "failed").map(({ id }) => id);

describe("a good server", () => {
    it.each<Tier>(["dev", "commit", "merge"])("passes tier %s", async (tier) => {
        const results = await run({}, { tier });
        expect(failedIds(results)).toEqual([]);
        expect(results).toMatchObject({
            verdict: "passed",
            server: { version: "1.2.3", standIn: false, contextTokens: 2000 },
            totals: { flaky: 0, failed: 0, errored: 0, skipped: 0 },
        });
        const { latency, throughput } = results.performance;
        expect(latency[0]?.timeToFirstTokenSeconds?.median).toBeGreaterThan(0);
        expect(throughput.length).toBe({ dev: 0, commit: 1, merge: 2, release: 2 }[tier]);
        const levels = results.performance.load?.map((each) =>
            each.levels.map(({ concurrency, requests, goodput }) => [
                concurrency,
                requests,
                goodput?.share,
            ]),
        );
        const [text, image] = [20, 12].map((least) =>
            [1, 4, 16].map((level) => [level, Math.max(least, 2 * level), 1]),
        );
        expect(levels).toEqual(tier === "merge" ? [text, image] : []);
    });

    it("gets every request pinned: temperature 0, a seed, a limit of tokens", async () => {
        await run();
        for (const { body } of server?.asked ?? []) {
            expect(body).toMatchObject({ temperature: 0, seed: 20261124, model: "test-model" });
            expect(body).not.toHaveProperty("top_p");
            expect(body.max_tokens).toBeGreaterThan(0);
        }
        expect(server?.asked.length).toBeGreaterThan(20);
    });

    it("gets the first answer back with the second question of a dialogue", async () => {
        await run();
        const second = server?.asked.find(({ prompt }) => prompt.includes("its door"));
        const messages = second?.body.messages as { role: string; content: unknown }[];
        expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
        expect(messages[1]?.content).toBe("A two-storey house under a blue sky.");
    });

    it("gets no refused question again with the one after it", async () => {
        await run();
        const after = server?.asked.filter(({ prompt }) => prompt.includes("2 plus 3")) ?? [];
        expect(after.length).toBeGreaterThanOrEqual(6);
        const last = after.at(-1)?.body.messages as unknown[];
        expect(last).toHaveLength(1);
    });

    it("writes results that are valid by the published JSON Schema", async () => {
        const results = await run();
        const ajv = addFormats(new Ajv({ strict: false }));
        const schema = publishedSchemas()["results.schema.json"] as string;
        const valid = ajv.compile(JSON.parse(schema) as object);
        valid(JSON.parse(JSON.stringify(results)));
        expect(valid.errors).toBeNull();
    });

    it("repeats every case in tier release, and one wrong repeat fails it", async () => {
        let times = 0;
        const own = cases.filter(({ id }) => id === "text-capital-en");
        const flaky = (asked: Asked): string => (++times === 3 ? "Rome" : rightAnswer(asked));
        const results = await run({ answer: flaky }, { tier: "release", cases: own });
        expect(results.verdict).toBe("failed");
        expect(results.cases[0]).toMatchObject({
            status: "flaky",
            answer: "Rome",
            repeats: { passed: 2, total: 3, outcomes: [true, false, true] },
        });
    });
});

describe("a case that fails is asked again", () => {
    const own = cases.filter(({ id }) => id === "text-capital-en" || id === "text-capital-zh");
    const answering = (...answers: string[]) => {
        const left = [...answers];
        return (asked: Asked): string =>
            /France/.test(asked.prompt) ? (left.shift() ?? "Paris") : rightAnswer(asked);
    };
    const asked = () => server?.asked.filter(({ prompt }) => prompt.includes("France")).length;

    it("and is flaky with its rate when it then passes, which a push only reports", async () => {
        const results = await run({ answer: answering("Rome") }, { cases: own });
        expect(asked()).toBe(3);
        expect(results.cases[0]).toMatchObject({
            status: "flaky",
            answer: "Rome",
            repeats: { passed: 2, total: 3, outcomes: [false, true, true] },
        });
        expect(results.cases[0]?.repeats?.passRate?.low).toBeCloseTo(0.0943, 3);
        expect(results).toMatchObject({ verdict: "passed", totals: { passed: 1, flaky: 1 } });
        expect(results.why).toBe("1 of 2 cases passed; 1 flaky: text-capital-en (passed 2 of 3)");
    });

    it("and fails a merge when it is flaky", async () => {
        const results = await run({ answer: answering("Rome") }, { cases: own, tier: "merge" });
        expect(results.verdict).toBe("failed");
        expect(results.why).toMatch(/^1 of 2 cases are flaky: text-capital-en/);
    });

    it("and has failed when it never passes", async () => {
        const results = await run({ answer: answering("Rome", "Rome", "Oslo") }, { cases: own });
        expect(results.cases[0]).toMatchObject({
            status: "failed",
            repeats: { passed: 0, total: 3, consistency: 1 / 3 },
        });
        expect(results.verdict).toBe("failed");
    });

    it("and not at all when it passes", async () => {
        await run({}, { cases: own });
        expect(asked()).toBe(1);
    });

    it("and does not count in quarantine, but is named", async () => {
        const quarantine = [{ case: "text-capital-en", reason: "known", expires: "2999-01-01" }];
        const always = { answer: answering("Rome", "Rome", "Rome") };
        const results = await run(always, { cases: own, quarantine });
        expect(results.verdict).toBe("passed");
        expect(results.why).toMatch(/1 in quarantine not passed: text-capital-en$/);
        expect(results.cases[0]).toMatchObject({
            status: "failed",
            quarantine: { expired: false, reason: "known" },
        });
    });

    it("and counts again once the quarantine has expired", async () => {
        const quarantine = [{ case: "text-capital-en", reason: "known", expires: "2020-01-01" }];
        const always = { answer: answering("Rome", "Rome", "Rome") };
        const results = await run(always, { cases: own, quarantine });
        expect(results.verdict).toBe("failed");
        expect(results.why).toMatch(/quarantine has expired: text-capital-en$/);
    });
});

describe("a case of lane sampled", () => {
    const own = cases.filter(({ id }) => id === "text-capital-sampled");
    const sampled = (wrong: number) => {
        let number = 0;
        const answer = (asked: Asked) =>
            /France/.test(asked.prompt) && ++number <= wrong
                ? "I think of Rome."
                : rightAnswer(asked);
        return run({ answer }, { cases: own, tier: "merge" });
    };

    it("is asked with the model's own temperature and a seed for each repeat", async () => {
        const results = await sampled(0);
        const bodies = server?.asked.slice(1).map(({ body }) => body);
        expect(bodies).toHaveLength(5);
        bodies?.forEach((body, index) =>
            expect(body).toMatchObject({ temperature: 0.7, top_p: 0.8, seed: 20261124 + index }),
        );
        expect(results.cases[0]).toMatchObject({
            status: "passed",
            lane: "sampled",
            repeats: { passed: 5, total: 5, consistency: 1, passPower: [1, 1, 1, 1, 1] },
        });
    });

    it("passes while its interval reaches the rate that is wanted", async () => {
        const results = await sampled(2);
        expect(results.verdict).toBe("passed");
        expect(results.cases[0]?.repeats).toMatchObject({ passed: 3, total: 5, consistency: 0.4 });
        expect(results.cases[0]?.repeats?.passRate?.high).toBeCloseTo(0.9473, 4);
        expect(results.cases[0]?.repeats?.passPower?.[1]).toBeCloseTo(0.3);
    });

    it("fails when its interval lies below", async () => {
        const results = await sampled(3);
        expect(results.verdict).toBe("failed");
        expect(results.cases[0]).toMatchObject({ status: "failed", answer: "I think of Rome." });
    });
});

describe("a wrong answer fails its case and no other", () => {
    const wrong = (pattern: RegExp, text: string) => (asked: Asked) =>
        pattern.test(asked.prompt) ? text : rightAnswer(asked);
    test.each<[string, (asked: Asked) => string, Tier?]>([
        ["text-json", wrong(/JSON/, '{ "sum": "42" }'), "merge"],
        ["text-repeat-sentence", wrong(/quick brown/, "The quick fox jumps."), "merge"],
        ["text-unknowable", wrong(/my dog/, "Your dog is called Rex."), "merge"],
        ["absent-triangle", wrong(/a triangle/, "There is a triangle, not a star."), "merge"],
        ["absent-triangle-zh", wrong(/有没有三角形/, "图中没有圆，有三角形。"), "merge"],
        ["text-capital-en", wrong(/capital of France/, "London")],
        ["text-capital-zh", wrong(/中国的首都/, "The capital is 北京.")],
        ["caption-building", wrong(/Name the parts/, "A red car on a road.")],
        ["dialogue-building", wrong(/its door/, "Red.")],
        ["count-circles", wrong(/green circles/, "6")],
        ["colour-of-square", wrong(/colour is the square/, "Blue or red")],
        ["position-left", wrong(/left side/, "Circle")],
        ["text-near-context", wrong(/secret word in/, "banana")],
        ["image-4096", wrong(/big circle/, "Green")],
    ])("%s", async (id, answer, tier = "commit") => {
        // Every case where its tier is small; else those that are quick to ask.
        const quick = cases.filter(({ id }) => !/4096|latency|load|throughput|context/.test(id));
        const results = await run({ answer }, { tier, cases: tier === "merge" ? quick : cases });
        expect(results.verdict).toBe("failed");
        expect(results.why).toContain(id);
        expect(failedIds(results)).toEqual([id]);
    });

    it("and so does a server that answers what it should refuse, or refuses with 500", async () => {
        const results = await run(
            {
                fail: ({ prompt, images }) =>
                    images > 0 &&
                    prompt.startsWith("Describe this picture in one or two sentences.") &&
                    !prompt.includes("Name")
                        ? 500
                        : undefined,
            },
            { cases: cases.filter(({ id }) => /^image-|capital/.test(id)) },
        );
        expect(failedIds(results)).toEqual(["image-unreadable", "image-truncated"]);
        expect(results.verdict).toBe("failed");
    });
});

describe("what is no fault of the model gives no verdict", () => {
    it("nothing listens", async () => {
        const closed = createServer().listen(0, "127.0.0.1");
        await new Promise((resolve) => closed.once("listening", resolve));
        const { port } = closed.address() as AddressInfo;
        await new Promise((resolve) => closed.close(resolve));
        const results = await runSuite({
            url: `http://127.0.0.1:${port}`,
            model: "m",
            tier: "commit",
            cases,
            retryAfterSeconds: 0.01,
        });
        expect(results.verdict).toBe("none");
        expect(results.why).toMatch(/is not there .*ECONNREFUSED/);
        expect(results.totals).toEqual({ passed: 0, flaky: 0, failed: 0, errored: 0, skipped: 19 });
    });

    it("503 to everything", async () => {
        const results = await run({ fail: () => 503 });
        expect(results.verdict).toBe("none");
        expect(results.why).toMatch(/HTTP 503/);
        expect(results.totals.failed).toBe(0);
    });

    it("503 to everything after the first question", async () => {
        const results = await run({ fail: (_, number) => (number > 1 ? 503 : undefined) });
        expect(results.verdict).toBe("none");
        expect(results.totals).toMatchObject({ passed: 0, failed: 0, errored: 3 });
    });

    it("another model than the one asked for", async () => {
        const results = await run({ model: "other" });
        expect(results).toMatchObject({
            verdict: "none",
            why: expect.stringMatching(/serves other/),
        });
    });

    it("a server that dies in the middle: the rest is not asked", async () => {
        const results = await run({
            fail: ({ prompt }) => {
                if (prompt.includes("green circles")) {
                    void server?.stop();
                    return "hang-up";
                }
                return undefined;
            },
        });
        expect(results.verdict).toBe("none");
        expect(results.why).toMatch(/stopped answering during multimodal\/count-circles/);
        expect(results.totals.failed).toBe(0);
        expect(results.totals.skipped).toBeGreaterThan(5);
    });

    it("a suite that is told to stop", async () => {
        const stop = new AbortController();
        const results = await run(
            {},
            {
                signal: stop.signal,
                onCase: (_, index) => index === 1 && stop.abort(new Error("stopped by SIGTERM")),
            },
        );
        expect(results.verdict).toBe("none");
        expect(results.why).toMatch(/^stopped by SIGTERM; 2 of 19/);
    });

    it("an answer that never comes", async () => {
        const own = cases.filter(({ id }) => id === "text-capital-en");
        const slow = createServer((socket) => socket.on("error", () => undefined));
        slow.listen(0, "127.0.0.1");
        await new Promise((resolve) => slow.once("listening", resolve));
        const results = await runSuite({
            url: `http://127.0.0.1:${(slow.address() as AddressInfo).port}`,
            model: "m",
            tier: "commit",
            cases: own,
            requestTimeoutSeconds: 0.05,
            identifyTimeoutSeconds: 0.05,
            retryAfterSeconds: 0.01,
        });
        slow.close();
        expect(results).toMatchObject({
            verdict: "none",
            why: expect.stringMatching(/within the time limit/),
        });
    });
});

describe("a server that runs out of memory", () => {
    /** A server whose engine dies of the requests that match, after the first `answered` of them. */
    function mortal(pattern: RegExp, answered = 0): Partial<TestServerOptions> {
        let matched = 0;
        const isDead = (): boolean => matched > answered;
        const fail = ({ prompt }: Asked): number | undefined => {
            matched += Number(pattern.test(prompt));
            return isDead() ? 500 : undefined;
        };
        return { fail, isDead };
    }

    test.each`
        caseId            | pattern            | answered | how
        ${"image-4096"}   | ${/big circle/}    | ${0}     | ${"the only request"}
        ${"latency-text"} | ${/the number \d/} | ${2}     | ${"the third of nine requests"}
        ${"throughput-4"} | ${/the number \d/} | ${9}     | ${"all that came at once"}
        ${"throughput-4"} | ${/the number \d/} | ${14}    | ${"some of those that came at once"}
    `("in $how of $caseId: that case is the one to leave out", async (row) => {
        const died = await run(mortal(row.pattern, row.answered), { tier: "merge" });
        expect(died.verdict).toBe("none");
        expect(died.totals.failed).toBe(0);
        expect(casesToLeaveOut(died)).toEqual([row.caseId]);
    });

    it("answers the other cases when that one is left out, and has not passed", async () => {
        const leftOut = ["image-4096"];
        const results = await run(mortal(/big circle/), { leftOut });
        expect(results.totals).toEqual({ passed: 18, flaky: 0, failed: 0, errored: 1, skipped: 0 });
        expect(results.verdict).toBe("none");
        expect(results.why).toMatch(/image-4096 \(the server ran out of memory in this case/);
    });

    it("a second time, in another case: both are to leave out, whatever their order", async () => {
        const ids = ["image-4096", "count-circles"];
        const results = await run(mortal(/green circles/), { leftOut: ["image-4096"] });
        expect(results.totals.errored).toBe(2);
        expect(casesToLeaveOut(results)).toEqual(ids);
        await server?.stop();
        const rest = await run(mortal(/big circle|green circles/), { leftOut: ids });
        expect(rest.totals).toMatchObject({ passed: 17, errored: 2 });
    });

    it("in no case, but before the first: there is none to leave out", async () => {
        const results = await run(mortal(/hello/));
        expect(results.verdict).toBe("none");
        expect(casesToLeaveOut(results)).toBeUndefined();
    });
});

it("one 5xx or broken connection is asked again", async () => {
    let hiccups = 0;
    const results = await run({
        fail: ({ prompt }) =>
            prompt.includes("17 plus 25") && hiccups++ === 0
                ? 502
                : prompt.includes("capital of France") && hiccups++ === 0
                  ? "hang-up"
                  : undefined,
    });
    expect(hiccups).toBeGreaterThan(0);
    expect(results.verdict).toBe("passed");
});

it("a case that always gives 5xx while the others pass is a failure", async () => {
    const results = await run({ fail: ({ prompt }) => (/17 plus/.test(prompt) ? 500 : undefined) });
    expect(results.verdict).toBe("failed");
    expect(results.why).toMatch(/breaks on text-arithmetic-en/);
});

it("a server that stands in for a model is named so", async () => {
    expect((await run({ standIn: true }, { tier: "dev" })).server.standIn).toBe(true);
});

it("cases about the context are skipped where its length is unknown, and run where it is given", async () => {
    const own = cases.filter(({ id }) => id.startsWith("text-"));
    const unknown = await run({ contextTokens: null }, { cases: own });
    expect(unknown).toMatchObject({ verdict: "passed", totals: { passed: 3, skipped: 2 } });
    await server?.stop();
    const given = await run({}, { cases: own, contextTokens: 1500 });
    expect(given.totals.skipped).toBe(0);
});
