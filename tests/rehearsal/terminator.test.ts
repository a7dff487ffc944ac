import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";

import {
    _InstanceType,
    EC2Client,
    paginateDescribeInstances,
    RunInstancesCommand,
    TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
    CreateScheduleCommand,
    GetScheduleCommand,
    ListSchedulesCommand,
    SchedulerClient,
} from "@aws-sdk/client-scheduler";
import {
    CreateStateMachineCommand,
    DescribeExecutionCommand,
    DescribeExecutionCommandOutput,
    DescribeStateMachineCommand,
    GetExecutionHistoryCommand,
    ListStateMachinesCommand,
    SFNClient,
    StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";

import { secondsBefore } from "../../components/deadline";
import { AMI_PARAMETER } from "../../machine/image";
import { deadlineMargins } from "../../machine/margins";
import { runCommand } from "../../rehearsal/command";
import { APPS, Session } from "../../rehearsal/session";
import { PROJECT_DIR, startSession, stopSession, until } from "./harness";

// Far ahead of the emulated clock: whatever the terminator is told here, no machine leaks by the meter.
const NOW = "2040-01-01T12:00:00Z";
const PAST = "2040-01-01T11:59:59Z";
const FUTURE = "2040-01-01T12:00:01Z";
const OURS = { product: "ephemeral-gpu-ci", owner: "tests", run: "test-run", attempt: "1" };

let session: Session;
let ec2: EC2Client;
let sfn: SFNClient;
let scheduler: SchedulerClient;
let imageId: string;
let terminatorArn: string;

beforeAll(async () => {
    session = await startSession({ machines: "none" }, { alertEmail: "on-call@acme.test" });
    const cloud = session.administrator;
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
        60,
    );
}, 90_000);

afterAll(() => stopSession(session));

interface LaunchOptions {
    readonly count?: number;
    readonly instanceType?: _InstanceType;
}

/** Machines of one reservation, running; those without a GPU have no public address either. */
async function launch(
    tags: Record<string, string>,
    { count = 1, instanceType = "t3.micro" }: LaunchOptions = {},
): Promise<string[]> {
    const { Instances } = await ec2.send(
        new RunInstancesCommand({
            ImageId: imageId,
            InstanceType: instanceType,
            MinCount: count,
            MaxCount: count,
            NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: false }],
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
        30,
    );
    return ids;
}

async function launchOne(tags: Record<string, string>): Promise<string> {
    return (await launch(tags))[0];
}

/** Every instance that the cloud lists, with its state. */
async function states(): Promise<Record<string, string>> {
    const found: [string, string][] = [];
    for await (const { Reservations } of paginateDescribeInstances(
        { client: ec2, pageSize: 1000 },
        {},
    )) {
        for (const { InstanceId, State } of Reservations!.flatMap(({ Instances }) => Instances!)) {
            found.push([InstanceId!, State!.Name!]);
        }
    }
    return Object.fromEntries(found);
}

/** Runs a page of the terminator to its end. */
async function execute(
    input: object,
    stateMachineArn = terminatorArn,
): Promise<DescribeExecutionCommandOutput> {
    const { executionArn } = await sfn.send(
        new StartExecutionCommand({
            stateMachineArn,
            name: randomUUID(),
            input: JSON.stringify(input),
        }),
    );
    return ended(executionArn!);
}

async function ended(executionArn: string): Promise<DescribeExecutionCommandOutput> {
    let execution: DescribeExecutionCommandOutput | undefined;
    await until(
        "the terminator has ended",
        async () => {
            execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
            return execution.status !== "RUNNING";
        },
        120,
    );
    return execution!;
}

/** The execution of the next page, which an execution starts under a name made of its own. */
async function nextPage(executionArn: string): Promise<DescribeExecutionCommandOutput | undefined> {
    const name = createHash("sha1").update(executionArn).digest("hex");
    try {
        return await ended(executionArn.replace(/[^:]+$/, name));
    } catch (error) {
        if ((error as Error).name === "ExecutionDoesNotExist") {
            return undefined;
        }
        throw error;
    }
}

interface Round {
    /** What the terminator says that it did, by machine. */
    readonly outcomes: Record<string, string>;
    readonly reasons: Record<string, string>;
    readonly pages: DescribeExecutionCommandOutput[];
}

/** A whole round, page by page; every page has to succeed. */
async function round(now = NOW, stateMachineArn = terminatorArn): Promise<Round> {
    const pages: DescribeExecutionCommandOutput[] = [];
    for (
        let page: DescribeExecutionCommandOutput | undefined = await execute(
            { now },
            stateMachineArn,
        );
        page !== undefined;
        page = await nextPage(page.executionArn!)
    ) {
        pages.push(page);
    }
    const machines = pages.flatMap(({ status, error, cause, output }) => {
        expect({ status, error, cause }).toEqual({ status: "SUCCEEDED" });
        const result = JSON.parse(output!);
        expect(Object.keys(result)).toEqual(["machines"]);
        return result.machines as { instanceId: string; outcome: string; reason: string }[];
    });
    return {
        outcomes: Object.fromEntries(machines.map((one) => [one.instanceId, one.outcome])),
        reasons: Object.fromEntries(machines.map((one) => [one.instanceId, one.reason])),
        pages,
    };
}

async function outcomes(now = NOW): Promise<Record<string, string>> {
    return (await round(now)).outcomes;
}

/** What these executions published. */
async function told(
    executions: readonly DescribeExecutionCommandOutput[],
): Promise<{ subject: string; report: any }[]> {
    const published = (await session.calls()).filter(({ action }) => action === "Publish");
    return published.flatMap(({ params, caller, status }) => {
        const { Message, Subject, TopicArn } = params as Record<string, string>;
        const [execution] = Message.split(" ", 1);
        if (!executions.some(({ executionArn }) => executionArn === execution)) {
            return [];
        }
        expect({ caller, status, TopicArn }).toEqual({
            caller: "states",
            status: 200,
            TopicArn: "arn:aws:sns:us-east-1:123456789012:ephemeral-gpu-ci-alerts",
        });
        return [{ subject: Subject, report: JSON.parse(Message.slice(execution.length)) }];
    });
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

test("the foundation subscribes whom it was told to, and a second look finds nothing to change", async () => {
    const subscriptions = (await session.calls()).filter(({ action }) => action === "Subscribe");
    expect(subscriptions.map(({ params }) => params)).toMatchObject([
        { Protocol: "email", Endpoint: "on-call@acme.test" },
    ]);
    const { exitCode, output } = await runCommand(
        [
            "pulumi",
            "preview",
            "--refresh",
            "--expect-no-changes",
            "--stack",
            "rehearsal-foundation",
        ],
        {
            cwd: join(PROJECT_DIR, "foundation"),
            env: { ...session.env, AWS_SDK_UA_APP_ID: APPS.administrator },
            output: "capture",
        },
    );
    expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });
}, 60_000);

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

const WITHOUT_PROOF = [
    ...["owner", "run", "attempt", "expires-at"].map((left) => ({
        title: `no ${left}`,
        tags: { [left]: undefined },
        outcome: "not-ours",
    })),
    { title: "only product", tags: { owner: undefined, run: undefined }, outcome: "not-ours" },
    { title: "empty owner", tags: { owner: "" }, outcome: "malformed" },
    { title: "empty run", tags: { run: "" }, outcome: "malformed" },
    { title: "a run that is none", tags: { run: "My run" }, outcome: "malformed" },
    { title: "attempt 0", tags: { attempt: "0" }, outcome: "malformed" },
    { title: "attempt in words", tags: { attempt: "first" }, outcome: "malformed" },
];

test("without proof that it is ours a machine is reported, not ended, and does not spare the others", async () => {
    const [first] = await launch({ ...OURS, "expires-at": PAST });
    const ids: string[] = [];
    for (const { tags } of WITHOUT_PROOF) {
        const all: Record<string, string | undefined> = { ...OURS, "expires-at": PAST, ...tags };
        const given = Object.entries(all).filter(([, value]) => value !== undefined);
        ids.push(...(await launch(Object.fromEntries(given) as Record<string, string>)));
    }
    const [last] = await launch({ ...OURS, "expires-at": PAST });

    const { outcomes: said, reasons, pages } = await round();
    expect(
        ids.map((id, index) => ({ title: WITHOUT_PROOF[index].title, outcome: said[id] })),
    ).toEqual(WITHOUT_PROOF.map(({ title, outcome }) => ({ title, outcome })));
    expect([said[first], said[last]]).toEqual(["ended", "ended"]);
    expect(reasons[ids[0]]).toBe(
        'needs the tags owner, run, attempt and expires-at; has ["product","run","attempt","expires-at"]',
    );
    expect(reasons[ids[8]]).toBe(`owner tests, run test-run, attempt 0, expires-at ${PAST}`);
    await expectEnded([first, last]);
    await expectRunning(ids);

    // Every page had something to say, and said it once, with ids and reasons.
    const messages = await told(pages);
    expect(messages.map(({ subject }) => subject)).toEqual(
        pages.map(() => "ephemeral-gpu-ci: machines past their deadline"),
    );
    expect(
        messages.flatMap(({ report }) => report.machines.list.map((one: any) => one.instanceId)),
    ).toEqual(expect.arrayContaining([first, ...ids, last]));
}, 120_000);

test("a machine of somebody else is not looked at, whatever its tags say", async () => {
    const ids = [
        await launchOne({ ...OURS, product: "ephemeral-gpu-ci-fork", "expires-at": PAST }),
        await launchOne({ ...OURS, product: "Ephemeral-gpu-ci", "expires-at": PAST }),
        await launchOne({ Product: OURS.product, run: "test-run", "expires-at": PAST }),
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
        ...(await launch({ ...OURS, "expires-at": PAST }, { count: 3 })),
        ...(await launch({ ...OURS, "expires-at": NOW }, { count: 2 })),
    ];
    const future = await launch({ ...OURS, "expires-at": FUTURE }, { count: 2 });
    expect(await outcomes()).toEqual(
        Object.fromEntries([
            ...past.map((id) => [id, "ended"]),
            ...future.map((id) => [id, "kept"]),
        ]),
    );
    await expectEnded(past);
    await expectRunning(future);
}, 60_000);

test("a round with nothing but machines that may live is not worth a message", async () => {
    await launch({ ...OURS, "expires-at": FUTURE }, { count: 2 });
    const { pages } = await round();
    expect(await told(pages)).toEqual([]);
}, 60_000);

/** EC2 refuses to end one machine, as often as said, when the terminator asks. */
function refusal(instanceId: string, times: number, code = "OperationNotPermitted") {
    return {
        service: "ec2",
        action: "TerminateInstances",
        times,
        kind: "error" as const,
        code,
        message: `The instance '${instanceId}' may not be terminated.`,
        httpStatus: code === "UnauthorizedOperation" ? 403 : 400,
        caller: "states",
        match: { InstanceIds: [instanceId] },
    };
}

test("one machine that cannot be ended does not spare the others; each is asked for by itself", async () => {
    const ids = await launch({ ...OURS, "expires-at": PAST }, { count: 12 });
    const refused = ids[4];
    await session.injectFaults([refusal(refused, 99)]);
    const { outcomes: said, pages } = await round();
    expect(said).toEqual(
        Object.fromEntries(ids.map((id) => [id, id === refused ? "failed" : "ended"])),
    );
    await expectEnded(ids.filter((id) => id !== refused));
    await expectRunning([refused]);
    const failed = (await told(pages))
        .flatMap(({ report }) => report.machines.list)
        .filter(({ outcome }: any) => outcome === "failed");
    expect(failed).toEqual([
        {
            instanceId: refused,
            outcome: "failed",
            reason: expect.stringMatching(/^[Ee]c2.*Exception: .*may not be terminated/),
        },
    ]);

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

// A role with a condition on tags is refused where the machine, and so its tags, are gone.
test.each(["UnauthorizedOperation", "InvalidInstanceID.NotFound"])(
    "%s: done when EC2 says that the machine is gone, and not before",
    async (code) => {
        const [gone, alive] = await launch({ ...OURS, "expires-at": PAST }, { count: 2 });
        await session.injectFaults([refusal(gone, 99, code), refusal(alive, 99, code)]);
        const ending = round();
        await until(
            "it was refused",
            async () =>
                (await session.calls()).some(
                    ({ error, params }) =>
                        error === code && (params as any).InstanceIds.includes(gone),
                ),
            30,
        );
        await ec2.send(new TerminateInstancesCommand({ InstanceIds: [gone] }));
        expect((await ending).outcomes).toEqual({ [gone]: "gone", [alive]: "failed" });
        await expectRunning([alive]);
    },
    60_000,
);

/** The same state machine with pauses of a second, so that patience takes no minutes. */
async function hastyTerminator(): Promise<string> {
    const { definition, roleArn } = await sfn.send(
        new DescribeStateMachineCommand({ stateMachineArn: terminatorArn }),
    );
    const hasty = definition!
        .replace(/"IntervalSeconds":\d+/g, '"IntervalSeconds":1')
        .replace(/"BackoffRate":\d+/g, '"BackoffRate":1');
    const { stateMachineArn } = await sfn.send(
        new CreateStateMachineCommand({
            name: `hasty-${randomUUID()}`,
            definition: hasty,
            roleArn,
        }),
    );
    return stateMachineArn!;
}

/** A service that answers nothing but errors, to the terminator or to the scheduler. */
function outage(service: string, action: string, times: number, caller = "states") {
    return {
        service,
        action,
        times,
        kind: "error" as const,
        code: "InternalError",
        message: "An internal error has occurred",
        httpStatus: 500,
        caller,
    };
}

describe("when AWS itself has an outage", () => {
    let hasty: string;
    beforeAll(async () => {
        hasty = await hastyTerminator();
    });

    test("looking is tried again until the outage is over", async () => {
        const [id] = await launch({ ...OURS, "expires-at": PAST });
        await session.injectFaults([outage("ec2", "DescribeInstances", 5)]);
        expect((await round(NOW, hasty)).outcomes).toEqual({ [id]: "ended" });
    }, 60_000);

    test("a longer one fails this round by name, is told, and the next round does it", async () => {
        const [id] = await launch({ ...OURS, "expires-at": PAST });
        await session.injectFaults([outage("ec2", "DescribeInstances", 99)]);
        const failed = await execute({ now: NOW }, hasty);
        expect(failed).toMatchObject({
            status: "FAILED",
            error: expect.stringMatching(/^Terminator\.[Ee]c2.*Exception$/),
            cause: expect.stringContaining("An internal error has occurred"),
        });
        expect(await told([failed])).toMatchObject([
            { subject: "ephemeral-gpu-ci: the terminator itself needs help" },
        ]);
        await session.injectFaults([]);
        expect(await outcomes()).toEqual({ [id]: "ended" });
    }, 60_000);

    test("a page that cannot be gone on from is still judged, and the execution fails", async () => {
        const ids = await launch({ ...OURS, "expires-at": PAST }, { count: 7 });
        await session.injectFaults([outage("states", "StartExecution", 99)]);
        const failed = await execute({ now: NOW }, hasty);
        expect(failed).toMatchObject({
            status: "FAILED",
            error: expect.stringMatching(/^Terminator\.StepFunctions\./),
        });
        await expectEnded(ids.slice(0, 5));
        await session.injectFaults([]);
        expect(await outcomes()).toEqual({ [ids[5]]: "ended", [ids[6]]: "ended" });
    }, 60_000);

    test("what cannot be told is done all the same, and the execution fails", async () => {
        const [id] = await launch({ ...OURS, "expires-at": PAST });
        await session.injectFaults([outage("sns", "Publish", 99)]);
        const failed = await execute({ now: NOW }, hasty);
        expect(failed).toMatchObject({
            status: "FAILED",
            error: expect.stringMatching(/^Terminator\.SNS\./),
        });
        await expectEnded([id]);
    }, 60_000);
});

test.each([
    {},
    { now: "" },
    { now: "soon" },
    { now: 1 },
    { now: "2040-01-01" },
    { now: "<aws.scheduler.scheduled-time>" },
])(
    "%j is no time: the execution fails by name, says so, and ends nothing",
    async (input) => {
        const [id] = await launch({ ...OURS, "expires-at": PAST });
        const failed = await execute(input);
        expect(failed).toMatchObject({
            status: "FAILED",
            error: "Terminator.BadNow",
            cause: `now has to be a time such as 2026-11-24T07:00:00Z; the input was ${JSON.stringify(input)}`,
        });
        expect(await told([failed])).toMatchObject([
            { report: { ...input, problem: { Error: "BadNow" } } },
        ]);
        await expectRunning([id]);
    },
    60_000,
);

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
    const { Schedules } = await scheduler.send(new ListSchedulesCommand({}));
    return Schedules!.map(({ Name }) => Name!).sort();
}

describe("the deadline", () => {
    test("a run's schedule ends its machine before the deadline, keeps looking, and deletes itself", async () => {
        const deadline = await arm("ephemeral-gpu-ci-test-deadline-1", 30);
        const tags = { ...OURS, run: "test-deadline" };
        const [id] = await launch(
            { ...tags, "expires-at": deadline },
            { instanceType: "g6.xlarge" },
        );
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
        expect(await scheduleNames()).toEqual([
            "ephemeral-gpu-ci-sweep",
            "ephemeral-gpu-ci-test-deadline-1",
        ]);
        await session.advanceClock(300);
        expect(await scheduleNames()).toEqual(["ephemeral-gpu-ci-sweep"]);
        await expectRunning([later]);
    }, 120_000);
});

describe("the sweep", () => {
    /** An instant so many seconds from the emulated clock's now. */
    const fromNow = async (seconds: number) => secondsBefore((await session.meter()).now, -seconds);
    const endedBy = async (id: string) =>
        (await session.meter()).machines.find(({ instanceId }) => instanceId === id)?.endedBy;

    test("is there for ever, and gives the terminator the time at which it was due", async () => {
        const sweep = await scheduler.send(
            new GetScheduleCommand({ Name: "ephemeral-gpu-ci-sweep" }),
        );
        expect(sweep).toMatchObject({ State: "ENABLED", Target: { Arn: terminatorArn } });
        expect([sweep.StartDate, sweep.EndDate]).toEqual([undefined, undefined]);
        await session.advanceClock(300);
        const times = (await session.calls())
            .filter(({ action, caller }) => action === "StartExecution" && caller === "scheduler")
            .map(({ params, at }) => ({ at, now: JSON.parse((params as any).input).now }));
        const { at, now } = times.at(-1)!;
        expect(now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(Math.abs(Date.parse(at) - Date.parse(now))).toBeLessThan(60_000);
    }, 60_000);

    test("ends a machine whose own schedule is missing, within a period of its deadline", async () => {
        const [id] = await launch({ ...OURS, "expires-at": await fromNow(600) });
        const [foreign] = await launch({ ...OURS, product: "other", "expires-at": PAST });
        await session.advanceClock(590);
        await expectRunning([id]);
        await session.advanceClock(310);
        await expectEnded([id]);
        expect(await endedBy(id)).toBe("terminator");
        await expectRunning([foreign]);
    }, 60_000);

    test("ends a machine that was born after its deadline", async () => {
        const [id] = await launch({ ...OURS, "expires-at": await fromNow(-3600) });
        await session.advanceClock(300);
        await expectEnded([id]);
        expect(await endedBy(id)).toBe("terminator");
    }, 60_000);

    test("comes again after a round that failed", async () => {
        const [id] = await launch({ ...OURS, "expires-at": await fromNow(60) });
        await session.injectFaults([outage("states", "StartExecution", 99, "scheduler")]);
        await session.advanceClock(310);
        await session.injectFaults([]);
        await expectRunning([id]);
        await session.advanceClock(300);
        await expectEnded([id]);
    }, 60_000);
});

describe("very many machines", () => {
    test("a page of machines that carry all the tags that EC2 allows fits into Step Functions", async () => {
        const most = Object.fromEntries(
            Array.from({ length: 50 - 5 }, (_, index) => [
                `${index}-`.padEnd(128, "k"),
                "".padEnd(256, "v"),
            ]),
        );
        const ids = await launch({ ...most, ...OURS, "expires-at": PAST }, { count: 5 });
        const { outcomes: said, pages } = await round();
        expect(said).toEqual(Object.fromEntries(ids.map((id) => [id, "ended"])));
        const { events } = await sfn.send(
            new GetExecutionHistoryCommand({
                executionArn: pages[0].executionArn,
                maxResults: 1000,
            }),
        );
        const largest = Math.max(
            ...events!.map(({ taskSucceededEventDetails }) =>
                Buffer.byteLength(taskSucceededEventDetails?.output ?? ""),
            ),
        );
        process.stderr.write(`the largest answer has ${largest} bytes of 262144\n`);
        expect(largest).toBeGreaterThan(5 * 45 * (128 + 256));
        expect(largest).toBeLessThan(0.6 * 262_144);
    }, 60_000);

    test("of a thousand each is judged, whatever ends on the way", async () => {
        await session.setQuotas({ "L-1216C47A": 4000 });
        const past: string[] = [];
        const future: string[] = [];
        for (let block = 0; block < 4; block++) {
            past.push(...(await launch({ ...OURS, "expires-at": PAST }, { count: 75 })));
            future.push(...(await launch({ ...OURS, "expires-at": FUTURE }, { count: 175 })));
        }
        const begun = Date.now();
        const { outcomes: said, pages } = await round();
        process.stderr.write(
            `a round over ${past.length + future.length} machines took ` +
                `${((Date.now() - begun) / 1000).toFixed(0)} s and ${pages.length} pages\n`,
        );
        expect(pages).toHaveLength(1000 / 5);
        expect(said).toEqual(
            Object.fromEntries([
                ...past.map((id) => [id, "ended"]),
                ...future.map((id) => [id, "kept"]),
            ]),
        );
        await expectEnded(past);
        await expectRunning(future);
    }, 360_000);
});
