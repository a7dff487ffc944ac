import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { SshKeyPair, sshKeyPairFromSeed } from "./keys";
import { resourceName, RunIdentity } from "./names";

export interface RunAccessArgs {
    /** Whose access this is. */
    readonly run: pulumi.Input<RunIdentity>;
    /** Tags of the key pair and the security group. */
    readonly tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** The one IPv4 network that may reach port 22, such as `203.0.113.7/32`. */
    readonly callerCidr: pulumi.Input<string>;
    /** VPC of the security group. Default: the account's default VPC. */
    readonly vpcId?: pulumi.Input<string>;
}

/**
 * Who may reach the machine, and how it proves that it is the machine: a client key and a host key
 * that come from random bytes kept in state (no key changes between two `up`s), the key pair, and a
 * security group that lets in SSH from the caller's network only.
 */
export class RunAccess extends pulumi.ComponentResource {
    /** Name of the EC2 key pair. */
    public readonly keyName: pulumi.Output<string>;
    public readonly securityGroupId: pulumi.Output<string>;
    /** OpenSSH format; secret. */
    public readonly clientPrivateKey: pulumi.Output<string>;
    /** OpenSSH format; secret. */
    public readonly hostPrivateKey: pulumi.Output<string>;
    /** One line, `ssh-ed25519 AAAA...`: what the caller verifies. */
    public readonly hostPublicKey: pulumi.Output<string>;

    constructor(name: string, args: RunAccessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("ephemeral-gpu-ci:index:RunAccess", name, {}, opts);
        const awsName = pulumi.output(args.run).apply(resourceName);

        const clientKey = this.keyFrom(`${name}-client-key`, "client");
        const hostKey = this.keyFrom(`${name}-host-key`, "host");

        const keyPair = new aws.ec2.KeyPair(
            `${name}-key-pair`,
            {
                keyName: awsName,
                publicKey: pulumi.unsecret(clientKey.publicKey),
                tags: args.tags,
            },
            { parent: this },
        );
        const securityGroup = new aws.ec2.SecurityGroup(
            `${name}-security-group`,
            {
                name: awsName,
                description: "SSH from the caller of one test run, nothing else",
                vpcId: args.vpcId,
                ingress: [
                    {
                        description: "SSH from the caller",
                        protocol: "tcp",
                        fromPort: 22,
                        toPort: 22,
                        cidrBlocks: [args.callerCidr],
                    },
                ],
                egress: [
                    {
                        description: "images, weights and packages",
                        protocol: "-1",
                        fromPort: 0,
                        toPort: 0,
                        cidrBlocks: ["0.0.0.0/0"],
                    },
                ],
                tags: args.tags,
            },
            { parent: this },
        );

        this.keyName = keyPair.keyName;
        this.securityGroupId = securityGroup.id;
        this.clientPrivateKey = clientKey.privateKey;
        this.hostPrivateKey = hostKey.privateKey;
        this.hostPublicKey = pulumi.unsecret(hostKey.publicKey);
        this.registerOutputs({ keyName: this.keyName, securityGroupId: this.securityGroupId });
    }

    private keyFrom(name: string, comment: string): pulumi.Output<pulumi.Unwrap<SshKeyPair>> {
        const seed = new random.RandomBytes(name, { length: 32 }, { parent: this });
        return pulumi.secret(seed.base64).apply((bytes) => sshKeyPairFromSeed(bytes, comment));
    }
}
