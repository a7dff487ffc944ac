import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { EphemeralGpu } from "../../../../components";

const config = new pulumi.Config();

const gpu = new EphemeralGpu("bench", {
    run: { runId: config.require("runId"), attempt: 1, tier: "bench", owner: "platform" },
    instanceType: "g6.xlarge",
    deadlineMinutes: 10,
    callerCidr: config.require("callerCidr"),
    files: [{ path: "/etc/bench.conf", content: "loops=3\n", permissions: "0644" }],
    commands: ["cp /etc/bench.conf /run/bench.started"],
});

const health = new command.remote.Command("health", {
    connection: gpu.connection(),
    create: [
        "sudo /opt/ephemeral-gpu-ci/wait-for-boot.sh",
        "sudo /opt/ephemeral-gpu-ci/health.sh",
        "cat /run/bench.started",
    ].join(" && "),
    triggers: [gpu.instanceId],
});

export = {
    instanceId: gpu.instanceId,
    deadline: gpu.deadline,
    health: health.stdout,
};
