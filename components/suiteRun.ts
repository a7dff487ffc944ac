import { basename } from "node:path";

import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { quote } from "shell-quote";

import { machineText } from "../machine/userData";
import { MachineConnection } from "./ephemeralGpu";

/** passed, failed (a case failed), or none (the suite could not judge: infrastructure). */
export type Verdict = "passed" | "failed" | "none";

export interface SuiteRunArgs {
    readonly connection: MachineConnection;
    /** The machine; a new one gets the suite anew. */
    readonly instanceId: pulumi.Input<string>;
    /** Folder that is copied to the machine and appears as /suite in the suite's container. */
    readonly suiteDir?: pulumi.Input<string>;
}

// A folder that exists: the provider copies the suite's folder into it under its own name.
const HOME = "/home/ubuntu";
const MACHINE_DIR = "/opt/ephemeral-gpu-ci";
const ENVIRONMENT = `${MACHINE_DIR}/environment.py`;

/**
 * Copies the suite to the machine, starts it detached as a systemd unit, and waits for its verdict.
 * A broken wait is a wait again: the suite does not notice. A failed suite is a verdict, not an
 * error: whoever uses this decides what it means.
 */
export class SuiteRun extends pulumi.ComponentResource {
    public readonly verdict: pulumi.Output<string>;
    /** When the suite ended, by the machine's clock, ISO 8601. */
    public readonly endedAt: pulumi.Output<string>;

    constructor(name: string, args: SuiteRunArgs, opts?: pulumi.ComponentResourceOptions) {
        super("ephemeral-gpu-ci:index:SuiteRun", name, {}, opts);
        const triggers = [args.instanceId];
        const { suiteDir } = args;
        const connection = { ...args.connection, dialErrorLimit: -1, perDialTimeout: 10 };
        // Stops the dialling when the machine never answers; a session that runs is not touched.
        const dials = { parent: this, customTimeouts: { create: "15m" } };

        const copied =
            suiteDir &&
            new command.remote.CopyToRemote(
                `${name}-copied`,
                {
                    connection,
                    source: pulumi
                        .output(suiteDir)
                        .apply((dir) => new pulumi.asset.FileArchive(dir)),
                    remotePath: HOME,
                    triggers,
                },
                dials,
            );
        const started = new command.remote.Command(
            `${name}-started`,
            {
                connection,
                create: pulumi
                    .output(suiteDir)
                    .apply((dir) =>
                        [
                            `sudo ${MACHINE_DIR}/wait-for-boot.sh </dev/null`,
                            `sudo tee ${ENVIRONMENT} >/dev/null`,
                            `sudo systemd-run --quiet --collect --unit=gpu-ci-environment python3 ${ENVIRONMENT}`,
                            `sudo ${MACHINE_DIR}/start-suite.sh${copiedFolder(dir)}`,
                        ].join(" && "),
                    ),
                // Not in user data, which is short: nothing needs it before.
                stdin: machineText("environment.py"),
                triggers,
                addPreviousOutputInEnv: false,
                logging: "none",
            },
            copied ? { parent: this, dependsOn: copied } : dials,
        );
        const waited = new command.remote.Command(
            `${name}-waited`,
            {
                connection,
                create: `sudo ${MACHINE_DIR}/wait-for-suite.sh`,
                triggers,
                addPreviousOutputInEnv: false,
                // The lines are cut short on the machine: a long one would stop the provider's reader.
                logging: "stdout",
            },
            { parent: this, dependsOn: started },
        );

        const last = waited.stdout.apply(lastJsonLine);
        this.verdict = last.apply((result) => result.verdict);
        this.endedAt = last.apply((result) => result.endedAt);
        this.registerOutputs({ verdict: this.verdict, endedAt: this.endedAt });
    }
}

/** Where the copied folder is on the machine, as a word for its shell; a folder may have any name. */
function copiedFolder(dir: string | undefined): string {
    return dir === undefined ? "" : ` ${quote([`${HOME}/${basename(dir)}`])}`;
}

function lastJsonLine(stdout: string): { verdict: Verdict; endedAt: string } {
    const line = stdout.trimEnd().split("\n").pop() ?? "";
    return JSON.parse(line);
}
