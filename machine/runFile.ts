import type { MachineFile } from "./userData";

/** What a machine may know of the run that it is rented for. */
export interface RunFileArgs {
    readonly runId: string;
    readonly tier: string;
    /** The instant by which the machine has ended, ISO 8601. */
    readonly deadline: string;
}

/**
 * `/etc/ephemeral-gpu-ci/run.env`: the run for containers on the machine (`docker run --env-file`).
 *
 * @throws Error for a value with a line break, which such a file cannot hold.
 */
export function runFile({ runId, tier, deadline }: RunFileArgs): MachineFile {
    return environmentFile("run.env", {
        GPU_CI_RUN_ID: runId,
        GPU_CI_TIER: tier,
        GPU_CI_DEADLINE: deadline,
    });
}

/** A file of `NAME=value` lines in /etc/ephemeral-gpu-ci, which nothing unquotes. */
export function environmentFile(
    name: string,
    values: Readonly<Record<string, string>>,
): MachineFile {
    const broken = Object.values(values).find((value) => /[\r\n]/.test(value));
    if (broken !== undefined) {
        throw new Error(`a value of the environment cannot hold a line break: ${broken}`);
    }
    return {
        path: `/etc/ephemeral-gpu-ci/${name}`,
        content: Object.entries(values)
            .map(([key, value]) => `${key}=${value}\n`)
            .join(""),
        permissions: "0644",
    };
}
