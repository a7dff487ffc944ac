/** One run as it turned out to be; a line of the history file. */
export interface RunRecord {
    readonly runId: string;
    /** ISO 8601, UTC. */
    readonly endedAt: string;
    readonly tier: string;
    readonly modelId: string;
    readonly precision: string;
    readonly instanceType: string;
    readonly market: string;
    readonly tensorParallel: number;
    readonly verdict: string;
    /** True where something answered in place of AWS: such runs say nothing about real ones. */
    readonly emulated: boolean;
    /** Null where a run ended before it got so far. */
    readonly startUpMinutes: number | null;
    readonly suiteMinutes: number | null;
    readonly estimatedMinutes: number;
    readonly estimatedUsd: number;
    readonly actualUsd: number | null;
}
