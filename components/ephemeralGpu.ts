import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { GuardArgs, guardSettings } from "../machine/guard";
import { deadlineMargins } from "../machine/margins";
import { checkReportBucket, pushFiles, ReportBucketArgs } from "../machine/reportBucket";
import { runFile } from "../machine/runFile";
import { MachineFile, machineUserData } from "../machine/userData";
import { RunAccess } from "./access";
import { DeadlineSchedule, secondsBefore } from "./deadline";
import { findFoundation, Foundation } from "./foundation";
import { GpuInstance } from "./instance";
import { RunIdentity, runTags } from "./names";

export interface EphemeralGpuArgs extends GuardArgs, ReportBucketArgs {
    /** Whose machine this is; becomes names and tags. */
    readonly run: pulumi.Input<RunIdentity>;
    /** EC2 instance type, such as `g6.xlarge`. */
    readonly instanceType: pulumi.Input<string>;
    /** `on-demand` or `spot`. Default: on-demand. */
    readonly market?: string;
    /** Minutes from the first `up` until the bill is closed, whatever happens, 1 to 1440. */
    readonly deadlineMinutes: number;
    /** The one IPv4 network that may reach the machine by SSH. */
    readonly callerCidr: pulumi.Input<string>;
    /** Default: looked up by its conventional names. */
    readonly foundation?: pulumi.Input<Foundation>;
    /** Machine image. Default: the newest Deep Learning Base AMI (Ubuntu 22.04) of the region. */
    readonly amiId?: pulumi.Input<string>;
    /** A subnet with public addresses. Default: a default subnet of the region. */
    readonly subnetId?: pulumi.Input<string>;
    /** Availability zone. Default: the cloud chooses one. */
    readonly zone?: pulumi.Input<string>;
    /** Size of the root volume in GiB. Default: 150. */
    readonly volumeGiB?: pulumi.Input<number>;
    /** Files that cloud-init puts on the machine. */
    readonly files?: readonly MachineFile[];
    /** Shell commands that run at the end of cloud-init. */
    readonly commands?: readonly string[];
}

/** How to reach the machine by SSH; shaped as the command provider's `connection`. */
export interface MachineConnection {
    readonly host: pulumi.Output<string>;
    readonly user: string;
    /** Secret. */
    readonly privateKey: pulumi.Output<string>;
    readonly hostKey: pulumi.Output<string>;
}

/** The Deep Learning AMI's user. */
const USER = "ubuntu";

/**
 * A GPU machine for a few minutes, without a suite: access, a deadline that is armed in AWS before
 * the launch, and a machine that arms its own watchdog before anything else.
 *
 * Cost: see GpuInstance; the deadline schedule is free at this scale.
 *
 * @example
 * const gpu = new EphemeralGpu("bench", {
 *     run: { runId: "bench-1", attempt: 1, tier: "bench", owner: "platform" },
 *     instanceType: "g6.xlarge",
 *     deadlineMinutes: 30,
 *     callerCidr: "203.0.113.7/32",
 * });
 */
export class EphemeralGpu extends pulumi.ComponentResource {
    public readonly instanceId: pulumi.Output<string>;
    public readonly publicIp: pulumi.Output<string>;
    /** The instant by which the machine has ended, `2026-11-24T07:00:00Z`. */
    public readonly deadline: pulumi.Output<string>;
    /** The user to log in as. */
    public readonly user: pulumi.Output<string>;
    /** Secret, OpenSSH format. */
    public readonly privateKey: pulumi.Output<string>;
    /** What the machine proves itself with, one line. */
    public readonly hostKey: pulumi.Output<string>;

    constructor(name: string, args: EphemeralGpuArgs, opts?: pulumi.ComponentResourceOptions) {
        super("ephemeral-gpu-ci:index:EphemeralGpu", name, {}, opts);
        // Refused before anything is made.
        const guard = guardSettings(args, args.deadlineMinutes);
        checkReportBucket(args);
        const foundation = pulumi.output(
            args.foundation ?? findFoundation({}, { parent: this, async: true }),
        );
        // Whatever is made in AWS needs this name, so an account without the foundation gets nothing.
        const run = pulumi.all([args.run, foundation]).apply(([identity]) => identity);
        const margins = deadlineMargins(args.deadlineMinutes);

        const schedule = new DeadlineSchedule(
            `${name}-deadline`,
            { run, deadlineMinutes: args.deadlineMinutes, foundation },
            { parent: this },
        );
        const tags = pulumi
            .all([run, schedule.deadline])
            .apply(([identity, deadline]) => runTags(identity, deadline));
        const access = new RunAccess(
            `${name}-access`,
            {
                run,
                tags,
                callerCidr: args.callerCidr,
                vpcId:
                    args.subnetId === undefined
                        ? undefined
                        : aws.ec2.getSubnetOutput({ id: args.subnetId }, { parent: this }).vpcId,
            },
            { parent: this },
        );
        const userData = pulumi
            .all([run, schedule.deadline, access.hostPrivateKey, access.hostPublicKey])
            .apply(([identity, deadline, privateKey, publicKey]) =>
                machineUserData({
                    powerOffAt: secondsBefore(deadline, margins.watchdogSeconds),
                    mostSeconds: args.deadlineMinutes * 60 - margins.watchdogSeconds,
                    guard,
                    hostKey: { privateKey, publicKey },
                    files: [
                        runFile({ ...identity, deadline }),
                        ...pushFiles(args, identity),
                        ...(args.files ?? []),
                    ],
                    commands: args.commands ?? [],
                }),
            );
        const machine = new GpuInstance(
            `${name}-machine`,
            {
                instanceType: args.instanceType,
                market: args.market,
                amiId: args.amiId,
                subnetId: args.subnetId,
                zone: args.zone,
                volumeGiB: args.volumeGiB ?? 150,
                keyName: access.keyName,
                securityGroupId: access.securityGroupId,
                instanceProfileName: foundation.instanceProfileName,
                userData,
                tags,
            },
            // Armed before launch: no machine without a schedule that ends it.
            { parent: this, dependsOn: schedule },
        );

        this.instanceId = machine.instanceId;
        this.publicIp = machine.publicIp;
        this.deadline = schedule.deadline;
        this.user = pulumi.output(USER);
        this.privateKey = access.clientPrivateKey;
        this.hostKey = access.hostPublicKey;
        this.registerOutputs({
            instanceId: this.instanceId,
            publicIp: this.publicIp,
            deadline: this.deadline,
        });
    }

    /** The connection for commands of your own on this machine. */
    public connection(): MachineConnection {
        return {
            host: this.publicIp,
            user: USER,
            privateKey: this.privateKey,
            hostKey: this.hostKey,
        };
    }
}
