import { randomUUID } from "node:crypto";

import {
    _InstanceType,
    DescribeInstancesCommand,
    EC2Client,
    RunInstancesCommand,
    TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
    CreateScheduleCommand,
    ListSchedulesCommand,
    SchedulerClient,
} from "@aws-sdk/client-scheduler";
import {
    DescribeExecutionCommand,
    DescribeExecutionCommandOutput,
    ListStateMachinesCommand,
    SFNClient,
    StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";

import { secondsBefore } from "../../components/deadline";
import { AMI_PARAMETER } from "../../machine/image";
import { deadlineMargins } from "../../machine/margins";
import { Session } from "../../rehearsal/session";
import { startSession, stopSession, until } from "./harness";

// Far ahead of the emulated clock: whatever the terminator is told here, no machine leaks by the meter.
const NOW = "2040-01-01T12:00:00Z";
const PAST = "2040-01-01T11:59:59Z";
const FUTURE = "2040-01-01T12:00:01Z";
const OURS = { product: "ephemeral-gpu-ci" };

let session: Session;
let ec2: EC2Client;
let sfn: SFNClient;
let scheduler: SchedulerClient;
let imageId: string;
let terminatorArn: string;

beforeAll(async () => {
    session = await startSession({ machines: "none" });
    const cloud = {
        endpoint: session.endpoint,
        region: "us-east-1",
        credentials: { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" },
    };
    ec2 = new EC2Client(cloud);
    sfn = new SFNClient(cloud);
    scheduler = new SchedulerClient(cloud);
    const { Parameter } = await new SSMClient(cloud).send(
        new GetParameterCommand({ Name: AMI_PARAMETER }),
    );
    imageId = Parameter!.Value!;
    const { stateMachines } = await sfn.send(new ListStateMachinesCommand({}));
    terminatorArn = stateMachines!.find(
        ({ name }) => name === "ephemeral-gpu-ci-terminator",
    )!.stateMachineArn!;
}, 120_000);

afterEach(async () => {
    await session.injectFaults([]);
    const living = Object.entries(await states()).filter(([, state]) => state !== "terminated");
    if (living.length > 0) {
        await ec2.send(new TerminateInstancesCommand({ InstanceIds: living.map(([id]) => id) }));
    }
    await until(
        "nothing is left of this test",
        async () => Object.values(await states()).every((state) => state === "terminated"),
        10,
    );
});

afterAll(() => stopSession(session));

/** Machines of one reservation, running. */
async function launch(
    tags: Record<string, string>,
    count = 1,
    instanceType: _InstanceType = "t3.micro",
): Promise<string[]> {
    const { Instances } = await ec2.send(
        new RunInstancesCommand({
            ImageId: imageId,
            InstanceType: instanceType,
            MinCount: count,
            MaxCount: count,
            TagSpecifications: [
                {
                    ResourceType: "instance",
                    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
                },
            ],
        }),
    );
    const ids = Instances!.map(({ InstanceId }) => InstanceId!);
    await until(
        "the machines run",
        async () => {
            const now = await states();
            return ids.every((id) => now[id] === "running");
        },
        10,
    );
    return ids;
}

async function launchOne(tags: Record<string, string>): Promise<string> {
    return (await launch(tags))[0];
}

/** Every instance that the cloud lists, with its state. */
async function states(): Promise<Record<string, string>> {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ MaxResults: 1000 }));
    return Object.fromEntries(
        Reservations!
            .flatMap(({ Instances }) => Instances!)
            .map(({ InstanceId, State }) => [InstanceId!, State!.Name!]),
    );
}

/** Runs the state machine to its end. */
async function execute(input: object): Promise<DescribeExecutionCommandOutput> {
    const { executionArn } = await sfn.send(
        new StartExecutionCommand({
            stateMachineArn: terminatorArn,
            name: randomUUID(),
            input: JSON.stringify(input),
        }),
    );
    let execution: DescribeExecutionCommandOutput | undefined;
    await until(
        "the terminator has ended",
        async () => {
            execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
            return execution.status !== "RUNNING";
        },
        60,
    );
    return execution!;
}

/** What the terminator says that it did, by machine. */
async function outcomes(now = NOW): Promise<Record<string, string>> {
    const { status, error, cause, output } = await execute({ now });
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED" });
    const result = JSON.parse(output!);
    expect(Object.keys(result)).toEqual(["machines"]);
    for (const machine of result.machines) {
        expect(Object.keys(machine).sort()).toEqual(["instanceId", "outcome"]);
    }
    return Object.fromEntries(
        result.machines.map((machine: { instanceId: string; outcome: string }) => [
            machine.instanceId,
            machine.outcome,
        ]),
    );
}

async function expectEnded(ids: readonly string[]): Promise<void> {
    await until(
        `${ids.join(", ")} ended`,
        async () => {
            const now = await states();
            return ids.every((id) => now[id] === "terminated");
        },
        10,
    );
}

async function expectRunning(ids: readonly string[]): Promise<void> {
    const now = await states();
    expect(ids.map((id) => now[id])).toEqual(ids.map(() => "running"));
}

test("with nothing to do it succeeds", async () => {
    expect(await outcomes()).toEqual({});
}, 60_000);

const BY_EXPIRES_AT = [
    { expiresAt: PAST, outcome: "ended", state: "terminated" },
    { expiresAt: NOW, outcome: "ended", state: "terminated" },
    { expiresAt: FUTURE, outcome: "kept", state: "running" },
    { expiresAt: "tomorrow", outcome: "malformed", state: "running" },
    { expiresAt: "", outcome: "malformed", state: "running" },
    { expiresAt: "2039-01-01", outcome: "malformed", state: "running" },
    { expiresAt: "2039-01-01 00:00:00", outcome: "malformed", state: "running" },
];

test("each machine is judged by its own expires-at", async () => {
    const ids = await Promise.all(
        BY_EXPIRES_AT.map(({ expiresAt }) => launchOne({ ...OURS, "expires-at": expiresAt })),
    );
    const said = await outcomes();
    await expectEnded(ids.filter((_, index) => BY_EXPIRES_AT[index].outcome === "ended"));
    const seen = await states();
    expect(
        ids.map((id, index) => ({
            expiresAt: BY_EXPIRES_AT[index].expiresAt,
            outcome: said[id],
            state: seen[id],
        })),
    ).toEqual(BY_EXPIRES_AT);
}, 60_000);

test("a machine without expires-at is reported, not ended, and does not spare the others", async () => {
    const [first, bare, last] = [
        await launchOne({ ...OURS, "expires-at": PAST }),
        await launchOne(OURS),
        await launchOne({ ...OURS, "expires-at": PAST }),
    ];
    expect(await outcomes()).toEqual({ [first]: "ended", [bare]: "malformed", [last]: "ended" });
    await expectEnded([first, last]);
    await expectRunning([bare]);
}, 60_000);

test("a machine of somebody else is not looked at, whatever its tags say", async () => {
    const ids = [
        await launchOne({ "expires-at": PAST }),
        await launchOne({ product: "ephemeral-gpu-ci-fork", "expires-at": PAST }),
    ];
    expect(await outcomes()).toEqual({});
    await expectRunning(ids);
}, 60_000);

test("a machine that has ended is not ended again", async () => {
    const id = await launchOne({ ...OURS, "expires-at": PAST });
    expect(await outcomes()).toEqual({ [id]: "ended" });
    await expectEnded([id]);
    expect(await outcomes()).toEqual({});
}, 60_000);

test("several reservations with several machines each are one list", async () => {
    const past = [
        ...(await launch({ ...OURS, "expires-at": PAST }, 3)),
        ...(await launch({ ...OURS, "expires-at": NOW }, 2)),
    ];
    const future = await launch({ ...OURS, "expires-at": FUTURE }, 2);
    expect(await outcomes()).toEqual(
        Object.fromEntries([
            ...past.map((id) => [id, "ended"]),
            ...future.map((id) => [id, "kept"]),
        ]),
    );
    await expectEnded(past);
    await expectRunning(future);
}, 60_000);

/** EC2 refuses to end one machine, as often as said, when the terminator asks. */
function refusal(instanceId: string, times: number) {
    return {
        service: "ec2",
        action: "TerminateInstances",
        times,
        kind: "error" as const,
        code: "OperationNotPermitted",
        message: `The instance '${instanceId}' may not be terminated.`,
        httpStatus: 400,
        caller: "states",
        match: { InstanceIds: [instanceId] },
    };
}

test("one machine that cannot be ended does not spare the others; each is asked for by itself", async () => {
    const ids = await launch({ ...OURS, "expires-at": PAST }, 3);
    const [, refused] = ids;
    await session.injectFaults([refusal(refused, 99)]);
    expect(await outcomes()).toEqual({
        [ids[0]]: "ended",
        [refused]: "failed",
        [ids[2]]: "ended",
    });
    await expectEnded([ids[0], ids[2]]);
    await expectRunning([refused]);

    await session.injectFaults([]);
    expect(await outcomes()).toEqual({ [refused]: "ended" });
    await expectEnded([refused]);
}, 60_000);

test("a refusal that passes costs seconds, not the five minutes until the next round", async () => {
    const [id] = await launch({ ...OURS, "expires-at": PAST });
    await session.injectFaults([refusal(id, 1)]);
    expect(await outcomes()).toEqual({ [id]: "ended" });
    await expectEnded([id]);
}, 60_000);

// A day in components/deadline.ts: 290 executions that the emulated cloud would really run.
const SECONDS_AFTER_DEADLINE = 1800;

/** Arms as components/deadline.ts does, for a deadline so many minutes ahead of the cloud's clock. */
async function arm(name: string, deadlineMinutes: number): Promise<string> {
    const { now } = await session.meter();
    const deadline = secondsBefore(now, -deadlineMinutes * 60);
    const { scheduleSeconds } = deadlineMargins(deadlineMinutes);
    await scheduler.send(
        new CreateScheduleCommand({
            Name: name,
            ScheduleExpression: "rate(5 minutes)",
            StartDate: new Date(secondsBefore(deadline, scheduleSeconds)),
            EndDate: new Date(secondsBefore(deadline, -SECONDS_AFTER_DEADLINE)),
            FlexibleTimeWindow: { Mode: "OFF" },
            ActionAfterCompletion: "DELETE",
            Target: {
                Arn: terminatorArn,
                RoleArn: "arn:aws:iam::123456789012:role/ephemeral-gpu-ci-deadline",
                Input: JSON.stringify({ now: deadline }),
                RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3600 },
            },
        }),
    );
    return deadline;
}

async function scheduleNames(): Promise<string[]> {
    return (await scheduler.send(new ListSchedulesCommand({}))).Schedules!.map(({ Name }) => Name!);
}

describe("the deadline", () => {
    test("a run's schedule ends its machine before the deadline, keeps looking, and deletes itself", async () => {
        const deadline = await arm("ephemeral-gpu-ci-test-deadline-1", 30);
        const tags = { ...OURS, run: "test-deadline" };
        const [id] = await launch({ ...tags, "expires-at": deadline }, 1, "g6.xlarge");
        const [later] = await launch({
            ...tags,
            "expires-at": secondsBefore(deadline, -48 * 3600),
        });

        const secondsLeft = async () =>
            (Date.parse(deadline) - Date.parse((await session.meter()).now)) / 1000;
        await session.advanceClock((await secondsLeft()) - 95);
        await expectRunning([id]);
        await session.advanceClock(10);
        await expectEnded([id]);
        await expectRunning([later]);
        const machine = (await session.meter()).machines.find((one) => one.instanceId === id)!;
        expect(machine).toMatchObject({ endedBy: "terminator", leakedGpuSeconds: 0 });
        expect(Date.parse(machine.leftRunningAt!)).toBeLessThan(Date.parse(deadline));

        // A machine that is born late, with the tags of its run, meets the next round.
        const [late] = await launch({ ...tags, "expires-at": deadline });
        await session.advanceClock(300);
        await expectEnded([late]);

        await session.advanceClock((await secondsLeft()) + SECONDS_AFTER_DEADLINE - 300);
        expect(await scheduleNames()).toEqual(["ephemeral-gpu-ci-test-deadline-1"]);
        await session.advanceClock(300);
        expect(await scheduleNames()).toEqual([]);
        await expectRunning([later]);
    }, 120_000);
});
