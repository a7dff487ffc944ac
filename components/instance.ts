import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { AMI_PARAMETER } from "../machine/image";

export interface GpuInstanceArgs {
    /** EC2 instance type, such as `g6.xlarge`. */
    readonly instanceType: pulumi.Input<string>;
    /** `on-demand` or `spot` (one-time, ended when interrupted). Default: on-demand. */
    readonly market?: string;
    /** Machine image. Default: the newest Deep Learning Base AMI (Ubuntu 22.04) of the region. */
    readonly amiId?: pulumi.Input<string>;
    /** Default: a default subnet of the region. */
    readonly subnetId?: pulumi.Input<string>;
    /** Availability zone. Default: the cloud chooses one. */
    readonly zone?: pulumi.Input<string>;
    /** Size of the root volume in GiB. */
    readonly volumeGiB: pulumi.Input<number>;
    readonly keyName: pulumi.Input<string>;
    readonly securityGroupId: pulumi.Input<string>;
    readonly instanceProfileName: pulumi.Input<string>;
    /** Plain text; arms the watchdog first (see `machineUserData`). */
    readonly userData: pulumi.Input<string>;
    /** Tags of the instance and its volumes, given in the launch itself. */
    readonly tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A GPU machine that cannot outlive its purpose unnoticed: tagged in the call that launches it, ended
 * (not stopped) by its own power-off, its encrypted root volume gone with it.
 *
 * Cost: the instance per second from `running` to `shutting-down`, 60 s at least; the volume; a
 * public IPv4 address (0.005 USD an hour).
 */
export class GpuInstance extends pulumi.ComponentResource {
    public readonly instanceId: pulumi.Output<string>;
    public readonly publicIp: pulumi.Output<string>;

    constructor(name: string, args: GpuInstanceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("ephemeral-gpu-ci:index:GpuInstance", name, {}, opts);

        const amiId =
            args.amiId ??
            aws.ssm.getParameterOutput({ name: AMI_PARAMETER }, { parent: this }).value;
        const instance = new aws.ec2.Instance(
            `${name}-instance`,
            {
                ami: amiId,
                instanceType: args.instanceType,
                keyName: args.keyName,
                vpcSecurityGroupIds: [args.securityGroupId],
                subnetId: args.subnetId,
                availabilityZone: args.zone,
                associatePublicIpAddress: true,
                iamInstanceProfile: args.instanceProfileName,
                instanceInitiatedShutdownBehavior: "terminate",
                // A persistent spot request would start another machine after this one has ended.
                instanceMarketOptions:
                    args.market === "spot"
                        ? {
                              marketType: "spot",
                              spotOptions: {
                                  spotInstanceType: "one-time",
                                  instanceInterruptionBehavior: "terminate",
                              },
                          }
                        : undefined,
                metadataOptions: {
                    httpEndpoint: "enabled",
                    httpTokens: "required",
                    httpPutResponseHopLimit: 1,
                },
                rootBlockDevice: {
                    volumeType: "gp3",
                    volumeSize: args.volumeGiB,
                    encrypted: true,
                    deleteOnTermination: true,
                },
                userData: args.userData,
                userDataReplaceOnChange: true,
                tags: args.tags,
                volumeTags: args.tags,
            },
            {
                parent: this,
                // A newer image in the region must not replace a machine that is at work.
                ignoreChanges: ["ami"],
                // Capacity errors are retried inside the provider far past any use; fail over instead.
                customTimeouts: { create: "10m", delete: "15m" },
            },
        );
        this.instanceId = instance.id;
        this.publicIp = instance.publicIp;
        this.registerOutputs({ instanceId: this.instanceId, publicIp: this.publicIp });
    }
}
