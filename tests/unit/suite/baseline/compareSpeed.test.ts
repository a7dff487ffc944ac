import { compareSpeed, Measured } from "../../../../suite/baseline/compareSpeed";

const SPREAD = { median: 1, p95: 1, max: 1 };
/** Like answers that differ a little. */
const JITTER = [1, 1.02, 0.98, 1.01, 0.99, 1.03, 0.97, 1, 1.01, 0.99, 1.02, 0.98];

interface Speed {
    readonly firstToken?: number;
    readonly perToken?: number;
    /** Answers wait for each other at the server, and the first token with them. */
    readonly queue?: number;
}

/** A load at 1 and 8 at a time, where the queue is felt at 8 only. */
function load({ firstToken = 0.1, perToken = 0.02, queue = 0 }: Speed): Measured {
    const levels = [1, 8].map((concurrency) => {
        const tokens = JITTER.map((_, index) => 40 + (index % 5));
        const perTokens = JITTER.map((each) => each * perToken);
        const ends = tokens.map(
            (count, index) =>
                firstToken + (concurrency > 1 ? queue : 0) + (count - 1) * perTokens[index]!,
        );
        return {
            concurrency,
            requests: tokens.length,
            failedRequests: 0,
            seconds: 1,
            requestsPerSecond: 1,
            outputTokensPerSecond: 1,
            endToEndSeconds: SPREAD,
            samples: {
                timePerOutputTokenSeconds: perTokens,
                endToEndSeconds: ends,
                completionTokens: tokens,
            },
        };
    });
    return { latency: [], throughput: [], load: [{ caseId: "load-text", levels }] };
}

const changes = (before: Measured, now: Measured) =>
    compareSpeed(before, now, 0.1)
        .filter(({ outcome }) => outcome !== "no-evidence")
        .map(({ concurrency, metric, outcome }) => `${concurrency} ${metric} ${outcome}`);

describe("a load is compared level by level", () => {
    test("tokens 20 % slower are found in the time for each and in the throughput", () => {
        expect(changes(load({}), load({ perToken: 0.024 }))).toEqual([
            "1 timePerOutputTokenSeconds regression",
            "1 secondsPerOutputToken regression",
            "8 timePerOutputTokenSeconds regression",
            "8 secondsPerOutputToken regression",
        ]);
    });

    test("a queue is found in the throughput of the level that has it", () => {
        expect(changes(load({}), load({ queue: 1 }))).toEqual([
            "8 secondsPerOutputToken regression",
        ]);
    });

    test("a faster server is an improvement", () => {
        expect(changes(load({}), load({ perToken: 0.012 }))).toContain(
            "8 secondsPerOutputToken improvement",
        );
    });

    test("5 % is within the tolerance", () => {
        expect(changes(load({}), load({ perToken: 0.021 }))).toEqual([]);
    });

    test("a level that the baseline has not is not compared", () => {
        const before = load({});
        const levels = before.load?.[0]?.levels.slice(0, 1) ?? [];
        const one = { ...before, load: [{ caseId: "load-text", levels }] };
        const compared = compareSpeed(one, load({ perToken: 0.03 }), 0.1);
        expect(new Set(compared.map(({ concurrency }) => concurrency))).toEqual(new Set([1]));
    });

    test("nor is a baseline of before there were loads", () => {
        const { latency, throughput } = load({});
        expect(compareSpeed({ latency, throughput }, load({}), 0.1)).toEqual([]);
    });
});
