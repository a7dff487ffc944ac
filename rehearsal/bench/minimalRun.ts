/** What the minimal program is told: the same machine, server and suite as ours. */
export interface MinimalRun {
    readonly instanceType: string;
    readonly volumeGiB: number;
    readonly callerCidr: string;
    readonly serverImage: string;
    /** Arguments of `vllm serve`, the model first. */
    readonly serverArgs: readonly string[];
    readonly suiteImage: string;
    /** Folder of the bundled suite; its name has to be `suite`. */
    readonly suiteDir: string;
    readonly suiteCommand: readonly string[];
}
