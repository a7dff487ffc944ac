/** What a server that ran out of memory said, and so which rungs can help. */
export const OOM_FAILURES = [
    "weights-too-big",
    "no-room-for-cache",
    "context-too-long",
    "gpu-in-use",
    "cuda-out-of-memory",
    "host-out-of-memory",
] as const;
export type OomFailure = (typeof OOM_FAILURES)[number];

/** What a rung changes for whoever reads the results: the gentlest first. */
export const RUNG_EFFECTS = ["speed", "limits", "answers"] as const;
export type RungEffect = (typeof RUNG_EFFECTS)[number];

/** One step down when memory runs out: a whole set of arguments for the server. */
export interface Rung {
    readonly name: string;
    /** What is different from the rung above, for the report. */
    readonly note: string;
    readonly effect: RungEffect;
    /** Failures after which this rung is worth a try. */
    readonly helps: readonly OomFailure[];
    /** Arguments of the server, the model first. */
    readonly args: readonly string[];
}
