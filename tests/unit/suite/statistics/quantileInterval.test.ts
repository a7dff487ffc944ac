import * as fc from "fast-check";
import { quantileInterval, quantileRanks } from "../../../../suite/statistics/quantileInterval";
import { logRate, rateFactors } from "../../../../suite/statistics/rate";
import { ratioOfLogs } from "../../../../suite/statistics/ratioOfMeans";

// The ranks of the sign test's interval of a median at 95 %.
test.each([
    [6, { low: 1, high: 6 }],
    [10, { low: 2, high: 9 }],
    [20, { low: 6, high: 15 }],
    [25, { low: 8, high: 18 }],
])("the median of %d samples lies between its ranks", (n, ranks) => {
    expect(quantileRanks(n, 0.5)).toEqual(ranks);
});

test.each([
    [5, 0.5],
    [367, 0.99],
    [71, 0.95],
    [0, 0.5],
])("%d samples are too few for the quantile %d", (n, share) => {
    expect(quantileRanks(n, share)).toBeUndefined();
});

test.each([
    [368, 0.99],
    [72, 0.95],
])("%d samples are enough for the quantile %d", (n, share) => {
    expect(quantileRanks(n, share)?.high).toBe(n);
});

it("covers at least as often as it says, whatever the number and the quantile", () => {
    const given = fc.record({
        n: fc.integer({ min: 1, max: 400 }),
        share: fc.double({ min: 0.02, max: 0.98, noNaN: true }),
    });
    fc.assert(
        fc.property(given, ({ n, share }) => {
            const ranks = quantileRanks(n, share);
            if (ranks) {
                const inside = Array.from({ length: n + 1 }, (_, k) =>
                    ranks.low <= k && k <= ranks.high - 1 ? probability(n, k, share) : 0,
                ).reduce((sum, each) => sum + each, 0);
                expect(inside).toBeGreaterThanOrEqual(0.95 - 1e-9);
            }
        }),
    );
});

it("takes the interval from sorted samples, and refuses what is no quantile", () => {
    const samples = Array.from({ length: 10 }, (_, index) => index + 1);
    expect(quantileInterval(samples, 0.5)).toEqual({ low: 2, high: 9 });
    expect(() => quantileRanks(10, 1)).toThrow(RangeError);
});

it("the error of a rate is that of the linearised ratio", () => {
    // By hand: means 2 and 4; residuals 1/2 - 3/4, 2/2 - 4/4, 3/2 - 5/4; their variance is 1/16.
    const rate = logRate([1, 2, 3], [3, 4, 5]);
    expect(Math.exp(rate.log)).toBeCloseTo(0.5, 12);
    expect(rate.variance).toBeCloseTo(1 / 16 / 3, 12);
    // t(0.975; 2) = 4.3027
    expect(Math.log(rateFactors(rate).high)).toBeCloseTo(4.30265 * Math.sqrt(1 / 48), 4);
    expect(() => logRate([1], [1])).toThrow(RangeError);
});

it("two rates are compared as two means are", () => {
    const before = logRate([10, 21, 29], [1, 2, 3]);
    const now = logRate([20, 42, 58], [1, 2, 3]);
    const ratio = ratioOfLogs(before, now);
    expect(ratio.ratio).toBeCloseTo(2, 12);
    expect(ratio.pAtMost(1.1)).toBeLessThan(0.001);
    expect(ratio.pAtMost(2.5)).toBeGreaterThan(0.9);
});

/** Of k successes of n, by logarithms of factorials. */
function probability(n: number, k: number, share: number): number {
    const logFactorial = (m: number): number =>
        Array.from({ length: m }, (_, i) => Math.log(i + 1)).reduce((sum, each) => sum + each, 0);
    const ways = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
    return Math.exp(ways + k * Math.log(share) + (n - k) * Math.log(1 - share));
}
