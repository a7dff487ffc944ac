import { compareWithBaseline, withComparison } from "../../../../suite/baseline/compare";
import { judgeAndConfirm } from "../../../../suite/baseline/judgeAndConfirm";
import { Baseline } from "../../../../suite/baseline/loadBaseline";
import { CaseResult, LatencyNumbers, SuiteResults } from "../../../../suite/results";
import { seededRandom } from "../../../../suite/random";
import { caseResult, suite } from "./results";

const cases = (count: number, passes: (index: number) => boolean, more?: Partial<CaseResult>) =>
    Array.from({ length: count }, (_, index) => caseResult(index, passes(index), more));
const baseline = (results: SuiteResults): Baseline => ({ name: "known-good", results });
const compare = (now: SuiteResults, before: SuiteResults) =>
    compareWithBaseline(now, baseline(before));

const allPass = suite(cases(30, () => true));

describe("quality", () => {
    it("is unchanged when nothing changes, and says what would have been seen", () => {
        const comparison = compare(allPass, allPass);
        expect(comparison).toMatchObject({ outcome: "no-evidence", pairs: 30, lost: [], won: [] });
        expect(comparison.minimumDetectableEffect).toBeCloseTo(0.29, 2);
        expect(comparison.why).toBe(
            "0 lost and 0 won of 30 pairs; a loss of 29 points would have been seen with 80 % power",
        );
    });

    it("is a regression when ten of thirty cases are lost", () => {
        const comparison = compare(suite(cases(30, (index) => index >= 10)), allPass);
        expect(comparison.outcome).toBe("regression");
        expect(comparison.why).toMatch(
            /^all cases: 10 lost and 0 won of 30 pairs, pass rate by -33 points \(-50 to -17\), p = 0\.0020$/,
        );
        expect(comparison.lost).toHaveLength(10);
    });

    it("is an improvement the other way round", () => {
        const comparison = compare(allPass, suite(cases(30, (index) => index >= 10)));
        expect(comparison).toMatchObject({ outcome: "improvement", lost: [] });
        expect(comparison.won).toHaveLength(10);
    });

    it("shows no evidence when one case is lost, and names it", () => {
        const comparison = compare(suite(cases(30, (index) => index !== 4)), allPass);
        expect(comparison.outcome).toBe("no-evidence");
        expect(comparison.why).toMatch(/^1 lost \(case-4\) and 0 won of 30 pairs; a loss of/);
    });

    it("shows no evidence when as many are won as lost", () => {
        const before = suite(cases(30, (index) => index >= 6));
        const now = suite(cases(30, (index) => index < 24));
        expect(compare(now, before).outcome).toBe("no-evidence");
    });

    it("says in which dimension it fell", () => {
        const now = suite(cases(30, (index) => index % 3 !== 1));
        const { quality, why } = compare(now, allPass);
        const outcomes = Object.fromEntries(quality.map(({ of, outcome }) => [of, outcome]));
        expect(outcomes).toEqual({
            "all cases": "regression",
            "single-modality": "no-evidence",
            multimodal: "regression",
            boundary: "no-evidence",
        });
        expect(why).toMatch(/; multimodal: 10 lost and 0 won of 10 pairs/);
    });

    it("corrects only for tests that could have rejected", () => {
        const { quality } = compare(suite(cases(30, (index) => index >= 9)), allPass);
        const [all, ...dimensions] = quality;
        // Nine lost of thirty; three in each dimension, which can prove nothing.
        expect(all?.pValue).toBeCloseTo(0.0039, 4);
        expect(all?.correctedPValue).toBe(all?.pValue);
        expect(dimensions.map(({ correctedPValue }) => correctedPValue)).toEqual(
            dimensions.map(() => undefined),
        );
    });

    it("does not take questions about one picture for many findings", () => {
        const shared = (index: number) => `cluster-${index < 10 ? "one" : index}`;
        const with_ = (passes: (index: number) => boolean) =>
            suite(
                Array.from({ length: 30 }, (_, index) =>
                    caseResult(index, passes(index), { cluster: shared(index) }),
                ),
            );
        const comparison = compare(
            with_((index) => index >= 10),
            with_(() => true),
        );
        expect(comparison.quality[0]).toMatchObject({ clusters: 21, outcome: "no-evidence" });
        expect(comparison.outcome).toBe("no-evidence");
    });

    it("of equal servers whose answers flicker gives at most the false alarms that it promises", () => {
        const random = seededRandom(7);
        let alarms = 0;
        const rounds = 200;
        for (let round = 0; round < rounds; round++) {
            const draw = () => suite(cases(60, () => random() < 0.8));
            alarms += compare(draw(), draw()).outcome === "no-evidence" ? 0 : 1;
        }
        expect(alarms / rounds).toBeLessThanOrEqual(0.05);
    });

    it("of a server that lost a third of its answers is nearly always seen", () => {
        const random = seededRandom(8);
        let seen = 0;
        for (let round = 0; round < 30; round++) {
            const before = suite(cases(60, () => random() < 0.95));
            const now = suite(cases(60, () => random() < 0.63));
            seen += compare(now, before).outcome === "regression" ? 1 : 0;
        }
        expect(seen).toBeGreaterThan(26);
    });

    it("of a sampled case is paired by repeat", () => {
        const repeats = (outcomes: boolean[]): Partial<CaseResult> => ({
            lane: "sampled",
            repeats: {
                passed: outcomes.filter(Boolean).length,
                total: outcomes.length,
                outcomes,
            },
        });
        const before = suite([caseResult(0, true, repeats(Array<boolean>(10).fill(true)))]);
        const now = suite([caseResult(0, true, repeats([true, ...Array<boolean>(9).fill(false)]))]);
        const comparison = compare(now, before);
        expect(comparison.quality.at(-1)).toMatchObject({
            of: "case-0",
            pairs: 10,
            lost: 9,
            won: 0,
            outcome: "regression",
        });
        expect(comparison.why).toBe("case-0: 9 lost and 0 won of 10 repeats, p = 0.0039");
    });

    it("counts the first try of a case that was asked again because it failed", () => {
        const flaky = {
            status: "flaky",
            repeats: { passed: 2, total: 3, outcomes: [false, true, true] },
        };
        const now = suite([caseResult(0, false, flaky as Partial<CaseResult>)]);
        expect(compare(now, suite([caseResult(0, true)]))).toMatchObject({ lost: ["case-0"] });
    });
});

describe("left out is", () => {
    const quarantine = { reason: "known", expires: "2999-01-01", expired: false };
    const errored = { status: "errored" } as const;
    test.each<[string, CaseResult | undefined, CaseResult | undefined, string]>([
        ["a new case", undefined, caseResult(1, true), "not in the baseline"],
        ["a case that is gone", caseResult(1, true), undefined, "only in the baseline"],
        [
            "a case that changed",
            caseResult(1, true),
            caseResult(1, true, { digest: "other" }),
            "asked or judged in another way in the baseline",
        ],
        [
            "a case that changed since version 1",
            caseResult(1, true, { digest: undefined, prompt: "What?" }),
            caseResult(1, true),
            "asked or judged in another way in the baseline",
        ],
        [
            "a case in quarantine",
            caseResult(1, true),
            caseResult(1, false, { quarantine }),
            "in quarantine",
        ],
        ["no answer here", caseResult(1, true), caseResult(1, false, errored), "not judged"],
        [
            "no answer there",
            caseResult(1, true, errored),
            caseResult(1, true),
            "not judged in the baseline",
        ],
    ])("%s", (_, before, now, reason) => {
        const both = caseResult(0, true);
        const list = (each?: CaseResult) =>
            suite(each ? [both, each] : [both], { verdict: "passed" });
        const comparison = compare(list(now), list(before));
        expect(comparison.pairs).toBe(1);
        expect(comparison.leftOut).toEqual([{ caseId: "case-1", reason }]);
    });
});

describe("speed", () => {
    const latency = (factor: number): LatencyNumbers => {
        const samples = [1, 1.05, 0.95, 1.02, 0.98, 1.01, 0.99, 1].map((each) => each * factor);
        const spread = { median: factor, p95: factor, max: factor };
        return {
            caseId: "latency-text",
            requests: samples.length,
            samples: {
                timeToFirstTokenSeconds: samples,
                endToEndSeconds: samples.map((s) => 2 * s),
            },
            timeToFirstTokenSeconds: spread,
            endToEndSeconds: spread,
        };
    };
    const timed = (factor: number, rung?: string) =>
        suite(
            cases(3, () => true),
            {
                performance: { latency: [latency(factor)], throughput: [] },
                server: {
                    url: "http://x",
                    standIn: false,
                    ...(rung && { rung: { name: rung, note: "" } }),
                },
            },
        );

    test.each([
        [1.5, "regression"],
        [1.05, "no-evidence"],
        [1, "no-evidence"],
        [0.95, "no-evidence"],
        [0.6, "improvement"],
    ])("%d times as slow: %s", (factor, outcome) => {
        const comparison = compare(timed(factor), timed(1));
        expect(comparison.outcome).toBe(outcome);
        const [test] = comparison.speed;
        expect(test?.ratio).toBeCloseTo(factor, 10);
        expect(test?.interval.low).toBeLessThan(factor);
        expect(test?.interval.high).toBeGreaterThan(factor);
    });

    it("says how much slower, and within a wider tolerance says nothing", () => {
        const slow = timed(1.3);
        expect(compare(slow, timed(1)).why).toMatch(
            /^latency-text: time to first token 1\.30 times the baseline's \(1\.2\d to 1\.3\d\); latency-text: end to end/,
        );
        expect(
            compareWithBaseline(slow, baseline(timed(1)), { slowdownTolerance: 0.5 }).outcome,
        ).toBe("no-evidence");
    });

    it.each([
        [1.5, "regression"],
        [1.02, "no-evidence"],
    ])("was slower, and is %d times as slow when measured once more: %s", (factor, outcome) => {
        const again = timed(factor).performance;
        const comparison = compareWithBaseline(timed(1.5), baseline(timed(1)), { again });
        expect(comparison.outcome).toBe(outcome);
        expect(comparison.speed[0]?.ratioAgain).toBeCloseTo(factor, 10);
    });

    it("stays a regression where it could not be measured once more", () => {
        const again = { latency: [], throughput: [] };
        const comparison = compareWithBaseline(timed(1.5), baseline(timed(1)), { again });
        expect(comparison.outcome).toBe("regression");
    });

    it("is measured once more only where it was slower, and the verdict follows", async () => {
        const asked: string[][] = [];
        const judged = (first: number, second: number) =>
            judgeAndConfirm(timed(first), baseline(timed(1)), {}, (ids) => {
                asked.push([...ids]);
                return Promise.resolve({ ...timed(second), seconds: 7 });
            });
        expect((await judged(1, 1.5)).verdict).toBe("passed");
        expect(asked).toEqual([]);
        expect((await judged(1.5, 1)).verdict).toBe("passed");
        expect((await judged(1.5, 1.5)).verdict).toBe("failed");
        expect(asked).toEqual([["latency-text"], ["latency-text"]]);
    });

    it("is not compared across rungs, nor without samples", () => {
        const comparison = compare(timed(1.5, "eager"), timed(1, "as-planned"));
        expect(comparison).toMatchObject({ outcome: "no-evidence", speed: [] });
        expect(comparison.speedLeftOut).toMatch(/rung eager, that of the baseline on as-planned/);
        const old = timed(1);
        delete old.performance.latency[0]?.samples;
        expect(compare(timed(1.5), old).speed).toEqual([]);
    });
});

describe("nothing can be said when", () => {
    test.each<[string, SuiteResults, SuiteResults, RegExp]>([
        [
            "this run has no verdict",
            { ...allPass, verdict: "none", why: "the server is gone" },
            allPass,
            /no verdict \(the server is gone\)/,
        ],
        [
            "a stand-in is compared with a model",
            { ...allPass, server: { ...allPass.server, standIn: true } },
            allPass,
            /stand-in/,
        ],
        ["no case is in both", allPass, suite([]), /no case was judged in both/],
    ])("%s", (_, now, before, why) => {
        const comparison = compare(now, before);
        expect(comparison.outcome).toBe("infrastructure-failure");
        expect(comparison.why).toMatch(why);
        expect(withComparison(now, comparison).verdict).toBe("none");
    });

    it("but what failed has failed all the same", () => {
        const failed = suite(cases(3, () => false));
        expect(withComparison(failed, compare(failed, suite([]))).verdict).toBe("failed");
    });
});

describe("the verdict", () => {
    it("is failed by a regression though every check passed", () => {
        const slow = (factor: number) => {
            const endToEndSeconds = [1, 1.1, 0.9, 1].map((each) => each * factor);
            const spread = { median: 1, p95: 1, max: 1 };
            const one = {
                caseId: "l",
                requests: 4,
                samples: { endToEndSeconds },
                endToEndSeconds: spread,
            };
            return { ...allPass, performance: { latency: [one], throughput: [] } };
        };
        const results = withComparison(slow(3), compare(slow(3), slow(1)));
        expect(results.verdict).toBe("failed");
        expect(results.why).toMatch(
            /^regression against known-good: l: end to end 3\.00 times .*; all passed$/,
        );
    });

    it("stays as it is without evidence", () => {
        const results = withComparison(allPass, compare(allPass, allPass));
        expect(results).toMatchObject({ verdict: "passed", why: "all passed" });
    });
});
