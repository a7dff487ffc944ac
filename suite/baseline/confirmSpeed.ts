import { compareSpeed, Measured } from "./compareSpeed";
import { SpeedTest } from "./comparison";

/**
 * Tests of speed in the light of a second measurement: a regression that is not seen again is none. One
 * that could not be measured again stays.
 */
export function confirmSpeed(
    tests: readonly SpeedTest[],
    before: Measured,
    again: Measured,
    tolerance: number,
): SpeedTest[] {
    const second = compareSpeed(before, again, tolerance);
    return tests.map((test) => {
        const other = second.find(
            ({ caseId, concurrency, metric }) =>
                caseId === test.caseId &&
                concurrency === test.concurrency &&
                metric === test.metric,
        );
        if (test.outcome !== "regression" || other === undefined) {
            return test;
        }
        const isSeenAgain = other.outcome === "regression";
        return {
            ...test,
            ratioAgain: other.ratio,
            outcome: isSeenAgain ? test.outcome : "no-evidence",
        };
    });
}
