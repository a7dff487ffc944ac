import type { Verdict } from "../suite/results";

/** A suite's verdict, or "interrupted": the cloud took the machine back, and no other could be had. */
export type RunVerdict = Verdict | "interrupted";

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
export function exitCodeOf(end: {
    verdict: RunVerdict;
    cancelled: boolean;
    clean: boolean;
}): number {
    if (!end.clean) {
        return EXIT.maybeRunning;
    }
    if (end.cancelled) {
        return EXIT.cancelled;
    }
    const codes: Readonly<Record<RunVerdict, number>> = {
        passed: EXIT.passed,
        failed: EXIT.suiteFailed,
        none: EXIT.noVerdict,
        interrupted: EXIT.noVerdict,
    };
    return codes[end.verdict];
}
