import * as fc from "fast-check";
import { binomial } from "jstat";
import { clopperPearson } from "../../../../suite/statistics/clopperPearson";
import { clusterBootstrap, PairedRates } from "../../../../suite/statistics/clusterBootstrap";
import { consistency } from "../../../../suite/statistics/consistency";
import {
    minimumDetectableEffect,
    pairsNeeded,
} from "../../../../suite/statistics/detectableEffect";
import { holm } from "../../../../suite/statistics/holm";
import { exactMcNemar, smallestMcNemar } from "../../../../suite/statistics/mcnemar";
import { passPower } from "../../../../suite/statistics/passPower";
import { ratioOfMeans } from "../../../../suite/statistics/ratioOfMeans";

describe("the Clopper-Pearson interval", () => {
    // R: binom.test(9, 24), binom.test(1, 1497, conf.level = 0.9); 0 of n is 1 - (α/2)^(1/n).
    test.each([
        [9, 24, 0.95, 0.1879929, 0.5940636],
        [1, 1497, 0.9, 3.426347e-5, 3.164954e-3],
        [0, 10, 0.95, 0, 1 - 0.025 ** 0.1],
        [10, 10, 0.95, 0.025 ** 0.1, 1],
    ])("of %d in %d at %d is that of R", (passed, total, confidence, low, high) => {
        const interval = clopperPearson(passed, total, confidence);
        expect(interval.low).toBeCloseTo(low, 7);
        expect(interval.high).toBeCloseTo(high, 7);
    });

    it("covers every true rate at least as often as it says", () => {
        const total = 12;
        for (let rate = 0.01; rate < 1; rate += 0.01) {
            let covered = 0;
            for (let passed = 0; passed <= total; passed++) {
                const { low, high } = clopperPearson(passed, total);
                covered += low <= rate && rate <= high ? binomial.pdf(passed, total, rate) : 0;
            }
            expect(covered).toBeGreaterThanOrEqual(0.95);
        }
    });

    it("of nothing, or of more than all, is none", () => {
        expect(() => clopperPearson(0, 0)).toThrow(RangeError);
        expect(() => clopperPearson(3, 2)).toThrow(RangeError);
        expect(() => clopperPearson(0.5, 2)).toThrow(RangeError);
    });
});

describe("the exact McNemar test", () => {
    test.each([
        // Fagerland et al. 2013, table 1 (Bentur et al. 2009): 2 · 9 / 256.
        [1, 7, 0.0703125],
        // vignette of R's exact2x2: mcnemar.exact(matrix(c(21, 9, 2, 12), 2, 2)), p = 0.06543.
        [9, 2, 0.06542969],
        [0, 0, 1],
        [3, 3, 1],
        [6, 0, 0.03125],
        [5, 0, 0.0625],
    ])("of %d lost and %d won", (lost, won, p) => {
        expect(exactMcNemar({ lost, won })).toBeCloseTo(p, 6);
        expect(exactMcNemar({ lost: won, won: lost })).toBeCloseTo(p, 6);
    });

    it("rejects at most 5 % of equal pairs, however many differ", () => {
        for (let pairs = 1; pairs <= 60; pairs++) {
            let rejected = 0;
            for (let lost = 0; lost <= pairs; lost++) {
                const p = exactMcNemar({ lost, won: pairs - lost });
                rejected += p <= 0.05 ? binomial.pdf(lost, pairs, 0.5) : 0;
                expect(p).toBeGreaterThanOrEqual(smallestMcNemar({ lost, won: pairs - lost }));
            }
            expect(rejected).toBeLessThanOrEqual(0.05);
        }
    });
});

describe("Holm's correction", () => {
    it("is that of R's p.adjust", () => {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
        const corrected = [0.03, 0.06, 0.06, 0.02];
        holm([0.01, 0.04, 0.03, 0.005]).forEach((p, index) =>
            expect(p).toBeCloseTo(corrected[index] as number, 12),
        );
        expect(holm([])).toEqual([]);
    });

    it("lies between no correction and Bonferroni's, and keeps the order", () => {
        const family = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 });
        fc.assert(
            fc.property(family, (pValues) => {
                const corrected = holm(pValues);
                pValues.forEach((p, index) => {
                    expect(corrected[index]).toBeGreaterThanOrEqual(p);
                    expect(corrected[index]).toBeLessThanOrEqual(Math.min(1, p * pValues.length));
                    pValues.forEach((other, at) => {
                        if (p < other) {
                            expect(corrected[index]).toBeLessThanOrEqual(corrected[at] as number);
                        }
                    });
                });
            }),
        );
    });
});

describe("the cluster bootstrap", () => {
    const pair = (cluster: string, before: number, now: number): PairedRates => ({
        cluster,
        before,
        now,
    });

    it("draws the same with the same seed", () => {
        const pairs = Array.from({ length: 20 }, (_, index) =>
            pair(`${index}`, 1, index % 3 ? 1 : 0),
        );
        expect(clusterBootstrap(pairs, { seed: 5 })).toEqual(clusterBootstrap(pairs, { seed: 5 }));
    });

    it("has the width of the normal approximation where every case is a cluster", () => {
        // 100 cases, 20 of which are lost: standard error √(0.2 · 0.8 / 100) = 0.04.
        const pairs = Array.from({ length: 100 }, (_, index) =>
            pair(`${index}`, 1, index < 20 ? 0 : 1),
        );
        const { difference, interval } = clusterBootstrap(pairs);
        expect(difference).toBeCloseTo(-0.2, 12);
        expect(interval.low).toBeCloseTo(-0.2 - 1.96 * 0.04, 1);
        expect(interval.high).toBeCloseTo(-0.2 + 1.96 * 0.04, 1);
    });

    it("does not take ten questions about one picture for ten findings", () => {
        const questions = (cluster: (index: number) => string) =>
            Array.from({ length: 40 }, (_, index) => pair(cluster(index), 1, index < 10 ? 0 : 1));
        const alone = clusterBootstrap(questions((index) => `${index}`));
        const shared = clusterBootstrap(questions((index) => `${Math.floor(index / 10)}`));
        expect(alone.interval.high).toBeLessThan(0);
        expect(shared.interval.high).toBe(0);
        expect([alone.clusters, shared.clusters]).toEqual([40, 4]);
    });

    it("covers the true difference about as often as it says", () => {
        let covered = 0;
        const random = (index: number) => ((Math.sin(index * 12.9898) * 43758.5453) % 1) + 1;
        for (let trial = 0; trial < 200; trial++) {
            const pairs = Array.from({ length: 60 }, (_, index) => {
                const drawn = random(trial * 60 + index) % 1;
                return pair(`${index}`, drawn < 0.2 ? 0 : 1, drawn < 0.1 || drawn > 0.9 ? 0 : 1);
            });
            const { interval } = clusterBootstrap(pairs, { draws: 400, seed: trial });
            covered += interval.low <= 0 && 0 <= interval.high ? 1 : 0;
        }
        expect(covered).toBeGreaterThan(180);
    });

    it("needs a pair", () => {
        expect(() => clusterBootstrap([])).toThrow(RangeError);
    });
});

describe("the minimum detectable effect", () => {
    it("follows from the pairs that are needed", () => {
        // tests of R's MESS: power_mcnemar_test(paid = 0.05, psi = 9, power = 0.8), n = 22;
        // one-sided n = 17. The discordant shares are 0.05 and 0.45.
        expect(Math.round(pairsNeeded(0.4, 0.5))).toBe(22);
        expect(Math.round(pairsNeeded(0.4, 0.5, { alpha: 0.1 }))).toBe(17);
        expect(minimumDetectableEffect(pairsNeeded(0.4, 0.5), 0.5)).toBeCloseTo(0.4, 4);
    });

    it("falls with the pairs and grows with what differs anyway", () => {
        const effect = (pairs: number, share: number) => minimumDetectableEffect(pairs, share) ?? 2;
        expect(effect(30, 0)).toBeCloseTo(0.242, 2);
        expect(effect(300, 0)).toBeLessThan(effect(30, 0));
        expect(effect(30, 0.3)).toBeGreaterThan(effect(30, 0));
        expect(minimumDetectableEffect(3, 0)).toBeUndefined();
        expect(minimumDetectableEffect(0, 0)).toBeUndefined();
    });
});

describe("the ratio of means", () => {
    // R's data set `sleep`; t.test(extra ~ group): t = -1.8608, df = 17.776, p = 0.07939,
    // interval -3.3654832 to 0.2054832. Here they are logarithms.
    const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2].map(Math.exp);
    const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4].map(Math.exp);

    it("has the interval of Welch's test of the logarithms", () => {
        const { ratio, interval, pAtMost, pAtLeast } = ratioOfMeans(first, second);
        expect(Math.log(ratio)).toBeCloseTo(1.58, 10);
        expect(Math.log(interval.low)).toBeCloseTo(-0.2054832, 6);
        expect(Math.log(interval.high)).toBeCloseTo(3.3654832, 6);
        expect(2 * pAtMost(1)).toBeCloseTo(0.07939, 5);
        expect(pAtLeast(1)).toBeCloseTo(1 - 0.07939 / 2, 5);
    });

    it("turns round with its sides, and takes samples that are all alike", () => {
        const there = ratioOfMeans(first, second);
        const back = ratioOfMeans(second, first);
        expect(there.ratio * back.ratio).toBeCloseTo(1, 10);
        expect(there.interval.low * back.interval.high).toBeCloseTo(1, 10);
        expect(ratioOfMeans([2, 2], [3, 3]).interval.low).toBeCloseTo(1.5, 6);
    });

    it("needs two samples above 0 on each side", () => {
        expect(() => ratioOfMeans([1], [1, 2])).toThrow(RangeError);
        expect(() => ratioOfMeans([1, 0], [1, 2])).toThrow(RangeError);
    });
});

describe("pass^k", () => {
    test.each([
        [4, 5, 1, 0.8],
        [4, 5, 2, 0.6],
        [4, 5, 5, 0],
        [5, 5, 5, 1],
        [0, 5, 1, 0],
    ])("of %d in %d tries, k %d", (passed, total, k, value) => {
        expect(passPower(passed, total, k)).toBeCloseTo(value, 12);
    });

    it("is the share of all choices of k tries that passed", () => {
        const tries = fc.array(fc.boolean(), { minLength: 3, maxLength: 9 });
        fc.assert(
            fc.property(tries, (passed) => {
                let [good, all] = [0, 0];
                passed.forEach((a, i) =>
                    passed.slice(i + 1).forEach((b, j) =>
                        passed.slice(i + j + 2).forEach((c) => {
                            all++;
                            good += a && b && c ? 1 : 0;
                        }),
                    ),
                );
                const count = passed.filter(Boolean).length;
                expect(passPower(count, passed.length, 3)).toBeCloseTo(good / all, 12);
            }),
        );
    });

    it("needs k tries", () => {
        expect(() => passPower(2, 2, 3)).toThrow(RangeError);
    });
});

test.each<[string[], number | undefined]>([
    [["red", "red", "red"], 1],
    [["red", "red", "blue"], 1 / 3],
    [["red", "green", "blue"], 0],
    [["red"], undefined],
])("the consistency of %j", (answers, value) => {
    expect(consistency(answers)).toEqual(value);
});
