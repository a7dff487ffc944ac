import {
    DeleteSecurityGroupCommand,
    DescribeAddressesCommand,
    DescribeInstancesCommand,
    DescribeKeyPairsCommand,
    DescribeNetworkInterfacesCommand,
    DescribeSecurityGroupsCommand,
    DescribeSpotInstanceRequestsCommand,
    DescribeVolumesCommand,
    EC2Client,
    GetConsoleOutputCommand,
    TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
    DeleteScheduleCommand,
    ListSchedulesCommand,
    SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { mockClient } from "aws-sdk-client-mock";

import { AwsCloud, runOfName } from "../../../scripts/awsCloud";
import { errorText } from "../../../scripts/awsErrors";
import { awsError } from "./fakes";

const ec2 = mockClient(EC2Client);
const scheduler = mockClient(SchedulerClient);
const iam = mockClient(IAMClient);
const sfn = mockClient(SFNClient);
const cloud = new AwsCloud({ region: "eu-central-1" });

beforeEach(() => {
    for (const mock of [ec2, scheduler, iam, sfn]) {
        mock.reset();
    }
});

function instances(...names: [id: string, state: "running" | "terminated" | "shutting-down"][]) {
    return names.map(([InstanceId, Name]) => ({ Instances: [{ InstanceId, State: { Name } }] }));
}

describe("machines", () => {
    test("are asked for by product, run and attempt, in every state, to the last page", async () => {
        ec2.on(DescribeInstancesCommand)
            .resolvesOnce({ Reservations: instances(["i-1", "running"]), NextToken: "more" })
            .resolvesOnce({ Reservations: instances(["i-2", "terminated"]) });
        const found = await cloud.machines({ runId: "r", attempts: [1, 2] });
        expect(found.map(({ instanceId, state }) => [instanceId, state])).toEqual([
            ["i-1", "running"],
            ["i-2", "terminated"],
        ]);
        expect(ec2.commandCalls(DescribeInstancesCommand)[1].args[0].input).toMatchObject({
            NextToken: "more",
            Filters: [
                { Name: "tag:product", Values: ["ephemeral-gpu-ci"] },
                { Name: "tag:run", Values: ["r"] },
                { Name: "tag:attempt", Values: ["1", "2"] },
            ],
        });
    });

    test("a state that the cloud does not tell counts as live", async () => {
        ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [{}] }] });
        expect((await cloud.machines({}))[0].state).toBe("pending");
    });
});

test("a machine's console is text, and empty where there is none", async () => {
    const Output = Buffer.from("power off: why\r\n").toString("base64");
    ec2.on(GetConsoleOutputCommand, { InstanceId: "i-1" }).resolves({ Output });
    ec2.on(GetConsoleOutputCommand, { InstanceId: "i-2" }).resolves({});
    expect(await cloud.consoleOutput("i-1")).toBe("power off: why\r\n");
    expect(await cloud.consoleOutput("i-2")).toBe("");
});

describe("terminate", () => {
    test("one id a call, without waiting for the guest's shutdown", async () => {
        ec2.on(TerminateInstancesCommand).resolves({});
        expect(await cloud.terminate("i-1")).toBe("ended");
        expect(ec2.commandCalls(TerminateInstancesCommand)[0].args[0].input).toEqual({
            InstanceIds: ["i-1"],
            SkipOsShutdown: true,
        });
    });

    test("an id that the cloud no longer knows is done", async () => {
        ec2.on(TerminateInstancesCommand).rejects(awsError("InvalidInstanceID.NotFound"));
        expect(await cloud.terminate("i-1")).toBe("already-gone");
    });

    test.each([
        ["terminated", "already-gone"],
        ["shutting-down", "already-gone"],
    ] as const)("403 for a machine that is %s is done", async (state, outcome) => {
        ec2.on(TerminateInstancesCommand).rejects(awsError("UnauthorizedOperation"));
        ec2.on(DescribeInstancesCommand).resolves({ Reservations: instances(["i-1", state]) });
        expect(await cloud.terminate("i-1")).toBe(outcome);
    });

    test("403 for a machine that runs is an error, and so is one that cannot be looked at", async () => {
        ec2.on(TerminateInstancesCommand).rejects(awsError("UnauthorizedOperation"));
        ec2.on(DescribeInstancesCommand).resolvesOnce({
            Reservations: instances(["i-1", "running"]),
        });
        await expect(cloud.terminate("i-1")).rejects.toThrow("UnauthorizedOperation");
        ec2.on(DescribeInstancesCommand).rejects(awsError("UnauthorizedOperation"));
        await expect(cloud.terminate("i-1")).rejects.toThrow("UnauthorizedOperation");
    });
});

describe("other resources", () => {
    beforeEach(() => {
        ec2.on(DescribeVolumesCommand).resolves({
            Volumes: [
                { VolumeId: "vol-1", State: "available" },
                { VolumeId: "vol-2", State: "deleting" },
            ],
        });
        ec2.on(DescribeNetworkInterfacesCommand).resolves({});
        ec2.on(DescribeAddressesCommand).resolves({ Addresses: [{ AllocationId: "eip-1" }] });
        ec2.on(DescribeKeyPairsCommand).resolves({ KeyPairs: [{ KeyPairId: "key-1" }] });
        ec2.on(DescribeSecurityGroupsCommand).resolves({ SecurityGroups: [{ GroupId: "sg-1" }] });
        ec2.on(DescribeSpotInstanceRequestsCommand).resolves({
            SpotInstanceRequests: [
                { SpotInstanceRequestId: "sir-1", State: "active" },
                { SpotInstanceRequestId: "sir-2", State: "closed" },
            ],
        });
        scheduler.on(ListSchedulesCommand).resolves({
            Schedules: [
                { Name: "ephemeral-gpu-ci-r-1" },
                { Name: "ephemeral-gpu-ci-r-2" },
                { Name: "ephemeral-gpu-ci-r-1-1" },
                { Name: "ephemeral-gpu-ci-r-x" },
            ],
        });
    });

    test("every kind that can cost or block; what is over is not left", async () => {
        const { found, unanswered } = await cloud.resources({ runId: "r", attempts: [1] });
        expect(found.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual([
            "address eip-1",
            "key-pair key-1",
            "schedule ephemeral-gpu-ci-r-1",
            "security-group sg-1",
            "spot-request sir-1",
            "volume vol-1",
        ]);
        expect(unanswered).toEqual([]);
    });

    test("a kind that is refused is unanswered, and spares none of the others", async () => {
        ec2.on(DescribeVolumesCommand).rejects(awsError("UnauthorizedOperation", "no"));
        const { found, unanswered } = await cloud.resources({ runId: "r" });
        expect(unanswered).toEqual([{ kind: "volume", reason: "UnauthorizedOperation: no" }]);
        expect(found.map(({ kind }) => kind)).toContain("security-group");
    });

    test("gone already counts as removed, in use does not", async () => {
        const group = { kind: "security-group", id: "sg-1", tags: {} } as const;
        ec2.on(DeleteSecurityGroupCommand)
            .rejectsOnce(awsError("InvalidGroup.NotFound"))
            .rejectsOnce(awsError("DependencyViolation"));
        await expect(cloud.remove(group)).resolves.toBeUndefined();
        await expect(cloud.remove(group)).rejects.toThrow("DependencyViolation");
        scheduler.on(DeleteScheduleCommand).rejects(awsError("ResourceNotFoundException"));
        await expect(
            cloud.remove({ kind: "schedule", id: "s", tags: {} }),
        ).resolves.toBeUndefined();
    });
});

describe("foundation", () => {
    test("a role that is not there is false, one that may not be read is an error", async () => {
        iam.on(GetRoleCommand)
            .rejectsOnce(awsError("NoSuchEntityException"))
            .rejectsOnce(awsError("AccessDenied"))
            .resolvesOnce({});
        expect(await cloud.roleExists("r")).toBe(false);
        await expect(cloud.roleExists("r")).rejects.toThrow("AccessDenied");
        expect(await cloud.roleExists("r")).toBe(true);
    });

    test("a state machine on the second page is found", async () => {
        sfn.on(ListStateMachinesCommand)
            .resolvesOnce({ stateMachines: [], nextToken: "more" })
            .resolvesOnce({
                stateMachines: [
                    { name: "t", stateMachineArn: "a", type: "STANDARD", creationDate: new Date() },
                ],
            });
        expect(await cloud.stateMachineExists("t")).toBe(true);
    });
});

test("names and errors", () => {
    expect(runOfName("ephemeral-gpu-ci-commit-1-2")).toEqual({ runId: "commit-1", attempt: 2 });
    expect(runOfName("ephemeral-gpu-ci-sweeper")).toBeUndefined();
    expect(errorText(awsError("ExpiredToken", "old\nmore"))).toBe("ExpiredToken: old");
});
