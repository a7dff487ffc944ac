import * as aws from "@pulumi/aws";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { sshKeyPairFromSeed } from "../../components/keys";
import { AMI_PARAMETER } from "../../machine/image";
import type { MinimalRun } from "./minimalRun";

/**
 * The minimal program: the same machine, server and suite as ours, and nothing that ends the machine,
 * proves who it is or brings a report home. `npm run bench` measures ours against it.
 */
const run = new pulumi.Config().requireObject<MinimalRun>("run");

// As ours, and in the place of the key resource that one would otherwise take from another provider.
const key = new random.RandomBytes("seed", { length: 32 }).base64.apply((seed) =>
    sshKeyPairFromSeed(seed, "bench"),
);
const keyPair = new aws.ec2.KeyPair("key", { publicKey: pulumi.unsecret(key.publicKey) });
const securityGroup = new aws.ec2.SecurityGroup("ssh", {
    ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: [run.callerCidr] }],
    egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
});
const machine = new aws.ec2.Instance("machine", {
    ami: aws.ssm.getParameterOutput({ name: AMI_PARAMETER }).value,
    instanceType: run.instanceType,
    keyName: keyPair.keyName,
    vpcSecurityGroupIds: [securityGroup.id],
    associatePublicIpAddress: true,
    rootBlockDevice: { volumeType: "gp3", volumeSize: run.volumeGiB },
    userData: [
        "#!/bin/sh",
        shell(
            ...["docker", "run", "--detach", "--gpus", "all", "--network", "host", "--ipc", "host"],
            ...[run.serverImage, ...run.serverArgs],
        ),
        "",
    ].join("\n"),
});

// Dialled for as long as ours, so that neither gives up on a machine that boots slowly.
const connection = {
    host: machine.publicIp,
    user: "ubuntu",
    privateKey: key.privateKey,
    dialErrorLimit: -1,
    perDialTimeout: 10,
};
const copied = new command.remote.CopyToRemote("suite", {
    connection,
    source: new pulumi.asset.FileArchive(run.suiteDir),
    remotePath: "/home/ubuntu",
});
const tested = new command.remote.Command(
    "test",
    {
        connection,
        create: [
            "until curl --fail --silent --max-time 5 http://127.0.0.1:8000/health; do sleep 0.5; done",
            "mkdir -p report",
            shell(
                ...["sudo", "docker", "run", "--rm", "--network", "host"],
                ...["--volume", "/home/ubuntu/suite:/suite:ro"],
                ...["--volume", "/home/ubuntu/report:/report"],
                ...[run.suiteImage, ...run.suiteCommand],
            ),
        ].join("\n"),
    },
    { dependsOn: copied },
);

function shell(...words: string[]): string {
    return words.map((word) => `'${word.replace(/'/g, "'\\''")}'`).join(" ");
}

export = { suite: tested.stdout };
