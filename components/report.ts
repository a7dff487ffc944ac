import { relative } from "node:path";

import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { MachineConnection } from "./ephemeralGpu";

export interface ReportArgs {
    readonly connection: MachineConnection;
    /** The machine; a new one's report is fetched anew. */
    readonly instanceId: pulumi.Input<string>;
    /** Folder on this computer that the report is brought to. */
    readonly reportDir: pulumi.Input<string>;
}

/**
 * Brings the report home during `up`, file by file over SSH, so that it is here before anything is
 * released and none of it passes through the engine.
 */
export class Report extends pulumi.ComponentResource {
    /** Folder of the report on this computer. */
    public readonly path: pulumi.Output<string>;

    constructor(name: string, args: ReportArgs, opts?: pulumi.ComponentResourceOptions) {
        super("ephemeral-gpu-ci:index:Report", name, {}, opts);
        const { host, user, privateKey, hostKey } = args.connection;
        const fetched = new command.local.Command(
            `${name}-fetched`,
            {
                create: `node --require tsx/cjs ${relative(process.cwd(), `${__dirname}/fetchReport.ts`)}`,
                // The key goes by stdin: the command's text is shown when it fails.
                stdin: pulumi.secret(
                    pulumi.jsonStringify({
                        host,
                        user,
                        privateKey,
                        hostKey,
                        remoteDir: "/var/lib/ephemeral-gpu-ci/report",
                        localDir: args.reportDir,
                    }),
                ),
                triggers: [args.instanceId],
                addPreviousOutputInEnv: false,
            },
            { parent: this },
        );
        this.path = pulumi.unsecret(fetched.stdout).apply((text) => text.trim());
        this.registerOutputs({ path: this.path });
    }
}
