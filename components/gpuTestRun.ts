import * as pulumi from "@pulumi/pulumi";

import { usualHeartbeatMinutes } from "../machine/guard";
import { serverFiles, ServerRung, START_SERVER_COMMANDS, suiteFiles } from "../machine/serverFiles";
import { EphemeralGpu, EphemeralGpuArgs } from "./ephemeralGpu";
import { Report } from "./report";
import { SuiteRun } from "./suiteRun";

export interface GpuTestRunArgs extends EphemeralGpuArgs {
    /** Container image of the server by digest, with `vllm serve` as its entry point. */
    readonly serverImage: string;
    /** Arguments of the server, the model first. */
    readonly serverArgs: readonly string[];
    /** What to start the server with, in turn, when it runs out of memory. Default: nothing. */
    readonly serverLadder?: readonly ServerRung[];
    /** Minutes that the server may take until it is ready (image, weights, start). Default: 30. */
    readonly serverReadyMinutes?: number;
    /** Container image by digest in which the suite runs. */
    readonly suiteImage: string;
    /** Folder that is copied to the machine and appears as /suite in that container. */
    readonly suiteDir: pulumi.Input<string>;
    /**
     * Command in that container. It writes its results to /report and ends 0 (passed), 1 (a case
     * failed) or with anything else (no verdict). The server is at http://127.0.0.1:8000.
     */
    readonly suiteCommand: readonly string[];
    /** Folder on this computer that the report is brought to. */
    readonly reportDir: pulumi.Input<string>;
}

/**
 * One whole test run: rents the machine, serves the model, runs the suite, brings the report home.
 * Destroying it releases everything but the deadline schedule, which deletes itself.
 */
export class GpuTestRun extends pulumi.ComponentResource {
    public readonly instanceId: pulumi.Output<string>;
    public readonly publicIp: pulumi.Output<string>;
    /** The instant by which the machine has ended, `2026-11-24T07:00:00Z`. */
    public readonly deadline: pulumi.Output<string>;
    /** passed, failed or none. */
    public readonly verdict: pulumi.Output<string>;
    /** Folder of the report on this computer. */
    public readonly reportPath: pulumi.Output<string>;

    constructor(name: string, args: GpuTestRunArgs, opts?: pulumi.ComponentResourceOptions) {
        super("ephemeral-gpu-ci:index:GpuTestRun", name, {}, opts);

        const gpu = new EphemeralGpu(
            `${name}-gpu`,
            {
                ...args,
                heartbeatMinutes:
                    args.heartbeatMinutes ?? usualHeartbeatMinutes(args.deadlineMinutes),
                files: [
                    ...serverFiles({
                        image: args.serverImage,
                        args: args.serverArgs,
                        ladder: args.serverLadder,
                    }),
                    ...suiteFiles({
                        image: args.suiteImage,
                        command: args.suiteCommand,
                        serverReadySeconds: (args.serverReadyMinutes ?? 30) * 60,
                    }),
                    ...(args.files ?? []),
                ],
                commands: [...(args.commands ?? []), ...START_SERVER_COMMANDS],
            },
            { parent: this },
        );
        const connection = gpu.connection();
        const suite = new SuiteRun(
            `${name}-suite`,
            { connection, instanceId: gpu.instanceId, suiteDir: args.suiteDir },
            { parent: this },
        );
        const report = new Report(
            `${name}-report`,
            { connection, instanceId: gpu.instanceId, reportDir: args.reportDir },
            { parent: this, dependsOn: suite },
        );

        this.instanceId = gpu.instanceId;
        this.publicIp = gpu.publicIp;
        this.deadline = gpu.deadline;
        this.verdict = suite.verdict;
        this.reportPath = report.path;
        this.registerOutputs({
            instanceId: this.instanceId,
            deadline: this.deadline,
            verdict: this.verdict,
            reportPath: this.reportPath,
        });
    }
}
