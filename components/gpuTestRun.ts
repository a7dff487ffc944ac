import * as pulumi from "@pulumi/pulumi";

import { usualHeartbeatMinutes } from "../machine/guard";
import {
    servedModel,
    serverFiles,
    ServerRung,
    START_SERVER_COMMANDS,
    suiteFiles,
} from "../machine/serverFiles";
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
    /**
     * Folder that is copied to the machine and appears as /suite in that container, read-only.
     * Default: the image has all that the command needs.
     */
    readonly suiteDir?: pulumi.Input<string>;
    /**
     * Command in that container. It writes to /report and ends with 0 (passed), 1 (failed) or
     * anything else (no verdict). Its environment has GPU_CI_SERVER_URL and more: docs/own-suites.md.
     */
    readonly suiteCommand: readonly string[];
    /**
     * `junit` (default): its JUnit XML becomes results.json, junit.xml and report.html, and its own
     * files are kept beside them in own-suite/. `results`: it writes these three itself.
     */
    readonly suiteOutput?: "junit" | "results";
    /** Folder on this computer that the report is brought to. */
    readonly reportDir: pulumi.Input<string>;
}

/**
 * One whole test run: rents the machine, serves the model, runs the suite, brings the report home.
 * Destroying it releases everything but the deadline schedule, which deletes itself.
 *
 * @example
 * const run = new GpuTestRun("nightly", {
 *     run: { runId: "nightly-7", attempt: 1, tier: "merge", owner: "platform" },
 *     instanceType: "g6.xlarge",
 *     deadlineMinutes: 60,
 *     callerCidr: "203.0.113.7/32",
 *     serverImage: "vllm/vllm-openai@sha256:...",
 *     serverArgs: ["Qwen/Qwen3-VL-2B-Instruct", "--max-model-len", "8192"],
 *     suiteImage: "ghcr.io/acme/pytest-suite@sha256:...",
 *     suiteDir: "tests/model",
 *     suiteCommand: ["pytest", "/suite", "--junitxml=/report/junit.xml"],
 *     reportDir: "reports/nightly-7",
 * });
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
                        model: servedModel(args.serverArgs),
                        output: args.suiteOutput ?? "junit",
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
