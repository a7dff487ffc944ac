/** The emulated cloud's bill for one machine. */
export interface MeteredMachine {
    readonly instanceId: string;
    readonly run: string | null;
    readonly instanceType: string;
    readonly gpuCount: number;
    readonly state: string;
    readonly launchedAt: string;
    readonly leftRunningAt: string | null;
    readonly runningSeconds: number;
    readonly billedGpuSeconds: number;
    readonly expiresAt: string | null;
    readonly leakedGpuSeconds: number;
    readonly endedBy: string | null;
    /** What the caller of the launch calls itself in AWS_SDK_UA_APP_ID. */
    readonly launchedBy: string;
}

/** The emulated cloud's billing meter: the judge of "nothing leaks", independent of our own state. */
export interface Meter {
    readonly now: string;
    readonly machines: readonly MeteredMachine[];
    /** Machines that are billed now. */
    readonly running: number;
    /** GPU-seconds past the deadline of the machine that ran them. */
    readonly leakedGpuSeconds: number;
}

/** The meter in one line. */
export function meterLine(meter: Meter): string {
    const billed = meter.machines.reduce((sum, machine) => sum + machine.billedGpuSeconds, 0);
    return (
        `meter of the emulated cloud: ${meter.machines.length} machine(s) rented, ` +
        `${meter.running} still running, ${billed.toFixed(0)} GPU-seconds billed, ` +
        `${meter.leakedGpuSeconds.toFixed(0)} past the deadline`
    );
}
