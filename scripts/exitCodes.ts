import type { Verdict } from "../suite/results";

/** What the driver's exit code says; a public contract for CI. */
export const EXIT = {
    passed: 0,
    suiteFailed: 1,
    /** No verdict or bad input; nothing leaked. */
    noVerdict: 2,
    /** Something may still be running, or the cloud did not answer. Look now. */
    maybeRunning: 3,
    /** Cancelled by a signal; nothing leaked. */
    cancelled: 130,
} as const;

/**
 * The exit code of a run. What may still cost money outranks a cancellation, which outranks the
 * suite's verdict.
 *
 * @example exitCodeOf({ verdict: "failed", cancelled: false, clean: true }) // 1
 */
export function exitCodeOf(end: { verdict: Verdict; cancelled: boolean; clean: boolean }): number {
    if (!end.clean) {
        return EXIT.maybeRunning;
    }
    if (end.cancelled) {
        return EXIT.cancelled;
    }
    return { passed: EXIT.passed, failed: EXIT.suiteFailed, none: EXIT.noVerdict }[end.verdict];
}
