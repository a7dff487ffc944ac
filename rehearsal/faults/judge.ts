import type { MeteredMachine } from "../meter";
import type { Observation } from "./cell";

/** The account sweeper looks every 5 minutes; two of its rounds after the deadline all has to be over. */
export const SWEEPER_PERIOD_SECONDS = 300;
export const GRACE_SECONDS = 2 * SWEEPER_PERIOD_SECONDS;

export interface CellResult extends Observation {
    /** False where the moment never came, or no machine had been rented: that proves nothing. */
    readonly isInjected: boolean;
    readonly machines: number;
    /** From the fault until the last machine left `running`; null where none was rented or one still runs. */
    readonly releasedAfterSeconds: number | null;
    /** GPU-seconds past the deadline. */
    readonly pastDeadlineGpuSeconds: number;
    /** GPU-seconds past the deadline and two periods of the sweeper: what the matrix promises is 0. */
    readonly leakedGpuSeconds: number;
    readonly stillRunning: number;
    readonly endedBy: readonly string[];
    readonly holds: boolean;
}

/**
 * The verdict on a cell, by the emulated cloud's meter alone.
 *
 * @param machines those of the cell's run, as the meter has them long after the deadline.
 * @param deadlineMinutes for machines without a deadline of their own (the plain program's).
 * @param now of the meter, ISO 8601.
 */
export function judge(
    seen: Observation,
    machines: readonly MeteredMachine[],
    deadlineMinutes: number,
    now: string,
): CellResult {
    const pastDeadline = (graceSeconds: number) =>
        sum(
            machines.map((machine) => {
                const deadline = machine.expiresAt
                    ? Date.parse(machine.expiresAt)
                    : Date.parse(machine.launchedAt) + deadlineMinutes * 60_000;
                const seconds = (leftRunning(machine, now) - deadline) / 1000 - graceSeconds;
                return Math.max(0, seconds) * machine.gpuCount;
            }),
        );
    const stillRunning = machines.filter((machine) => !isEnded(machine)).length;
    const leakedGpuSeconds = pastDeadline(GRACE_SECONDS);
    const isReleased = machines.length > 0 && stillRunning === 0 && seen.faultAt !== undefined;
    const releasedAt = Math.max(...machines.map((machine) => leftRunning(machine, now)));
    return {
        ...seen,
        isInjected: seen.faultAt !== undefined,
        machines: machines.length,
        releasedAfterSeconds: isReleased
            ? Math.max(0, (releasedAt - Date.parse(seen.faultAt!)) / 1000)
            : null,
        pastDeadlineGpuSeconds: pastDeadline(0),
        leakedGpuSeconds,
        stillRunning,
        endedBy: [...new Set(machines.map(({ endedBy }) => endedBy ?? "nobody"))],
        holds: leakedGpuSeconds === 0 && stillRunning === 0 && seen.problem === undefined,
    };
}

function isEnded({ state }: MeteredMachine): boolean {
    return state === "terminated" || state === "shutting-down";
}

/** One that was ended while it was pending never ran, and never cost. */
function leftRunning(machine: MeteredMachine, now: string): number {
    return Date.parse(machine.leftRunningAt ?? (isEnded(machine) ? machine.launchedAt : now));
}

function sum(numbers: readonly number[]): number {
    return numbers.reduce((total, one) => total + one, 0);
}
