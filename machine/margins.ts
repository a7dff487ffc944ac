/** How long before the deadline each layer acts, in seconds. */
export interface DeadlineMargins {
    /** The machine powers itself off. */
    readonly watchdogSeconds: number;
    /** The schedule in AWS starts to end it from outside. */
    readonly scheduleSeconds: number;
}

/**
 * At the deadline the bill has to be closed, so whatever ends the machine starts before it. The
 * machine goes first: it looks every 3 s, waits 15 s at most for its last report to be pushed, and
 * cuts a shutdown short after 10 s. AWS follows: a schedule may start up to 60 s late (EventBridge
 * Scheduler's precision), and needs some seconds to find the machine and end it. A short deadline
 * gets shorter margins.
 *
 * @example deadlineMargins(45) // { watchdogSeconds: 120, scheduleSeconds: 90 }
 */
export function deadlineMargins(deadlineMinutes: number): DeadlineMargins {
    const seconds = deadlineMinutes * 60;
    return {
        watchdogSeconds: Math.min(120, Math.floor(seconds / 2)),
        scheduleSeconds: Math.min(90, Math.floor(seconds / 4)),
    };
}
