import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import {
    _InstanceType,
    AllocateAddressCommand,
    CreateNetworkInterfaceCommand,
    CreateVolumeCommand,
    DescribeInstancesCommand,
    DescribeSubnetsCommand,
    EC2Client,
    RunInstancesCommand,
    type TagSpecification,
} from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";

import { runTags } from "../../components/names";
import type { PolicyDocument } from "../../foundation/policies/document";
import { NOT_SEEN_IN_REHEARSAL } from "../../foundation/policies/notSeenInRehearsal";
import { AMI_PARAMETER } from "../../machine/image";
import { SleepingMachines } from "../../rehearsal/faults/sleepingMachines";
import { REFUSALS } from "../../rehearsal/refusedLaunches";
import type { Call, Session } from "../../rehearsal/session";
import { callsOf } from "../permissions/callers";
import { missing, unused, withoutActions } from "../permissions/coverage";
import { deployedPolicy } from "../permissions/deployed";
import { forgottenKinds } from "../permissions/kinds";
import { actionOf, requestsOf } from "../permissions/requests";
import {
    gpuCi,
    machinesOf,
    PROJECT_DIR,
    pulumi,
    startGpuCi,
    startSession,
    stopSession,
    until,
} from "./harness";

// Every command that asks the cloud is used once, in a cloud whose machines sleep. Then the log is
// read: each call is what IAM would have to decide on, with the policies as they were deployed.
const STACK = "test-privilege";
const SETTINGS = join(PROJECT_DIR, `Pulumi.${STACK}.yaml`);
const UNSEEN = NOT_SEEN_IN_REHEARSAL.map(({ action }) => action);
const PAST = "2020-01-01T00:00:00Z";

let session: Session;
let sleepers: SleepingMachines;
let ec2: EC2Client;
let imageId: string;
let iam: IAMClient;

beforeAll(async () => {
    session = await startSession({ machines: "sleeping" });
    sleepers = new SleepingMachines(session.dir, 1);
    const cloud = session.administrator;
    ec2 = new EC2Client(cloud);
    const { Parameter } = await new SSMClient(cloud).send(
        new GetParameterCommand({ Name: AMI_PARAMETER }),
    );
    imageId = Parameter!.Value!;
    iam = new IAMClient(cloud);
    writeFileSync(SETTINGS, readFileSync(join(PROJECT_DIR, "Pulumi.dev.yaml")));
}, 240_000);

afterAll(async () => {
    sleepers.close();
    rmSync(SETTINGS, { force: true });
    await stopSession(session);
});
afterEach(() => session.injectFaults([]));

async function passes(command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { exitCode, output } = await gpuCi(session, command, env);
    expect({ command, exitCode, output: exitCode === 0 ? "" : output }).toEqual({
        ...{ command, exitCode: 0, output: "" },
    });
}

function tagsOf(ResourceType: TagSpecification["ResourceType"], tags: Record<string, string>) {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    return { TagSpecifications: [{ ResourceType, Tags }] };
}

/** Machines that somebody else has made, without a GPU. */
async function launch(count: number, tags: Record<string, string>): Promise<void> {
    await ec2.send(
        new RunInstancesCommand({
            ...{ ImageId: imageId, InstanceType: _InstanceType.t3_micro },
            ...{ MinCount: count, MaxCount: count },
            NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: false }],
            ...tagsOf("instance", tags),
        }),
    );
}

test("a spot run whose first machine cannot be had", async () => {
    const [{ code, message, httpStatus }] = REFUSALS.capacity;
    await session.injectFaults([
        {
            ...{ service: "ec2", action: "RunInstances", kind: "error", times: 1 },
            ...{ code, message, httpStatus },
        },
    ]);
    await passes(["run", "--tier", "commit", "--run-id", "test-privilege-spot"]);
    const launches = callsOf("ci", await session.calls()).filter(
        ({ action }) => action === "RunInstances",
    );
    expect(launches.map(({ status }) => status)).toEqual([httpStatus, 200]);
    expect(JSON.stringify(launches[1].params)).toContain('"MarketType":"spot"');
}, 240_000);

test("a run on-demand, in a subnet that was named", async () => {
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}));
    const { SubnetId, AvailabilityZone } = Subnets![0];
    await passes([
        ...["run", "--tier", "commit", "--run-id", "test-privilege-od", "--market", "on-demand"],
        ...["--set", `subnetId=${SubnetId}`, "--set", `zone=${AvailabilityZone}`],
    ]);
}, 240_000);

test("a run whose driver and machine died, and a release that finds its leftovers", async () => {
    const runId = "test-privilege-dead";
    const driver = startGpuCi(session, ["run", "--tier", "commit", "--run-id", runId]);
    await until(
        "the machine runs",
        async () => (await machinesOf(session, runId)).some(({ state }) => state === "running"),
        60,
        () => driver.output,
    );
    driver.killTree();
    const [{ instanceId }] = await machinesOf(session, runId);
    const { Reservations } = await ec2.send(
        new DescribeInstancesCommand({ InstanceIds: [instanceId] }),
    );
    const machine = Reservations![0].Instances![0];
    const tags = Object.fromEntries(machine.Tags!.map(({ Key, Value }) => [Key!, Value!]));
    await ec2.send(
        new CreateVolumeCommand({
            AvailabilityZone: machine.Placement!.AvailabilityZone,
            Size: 1,
            ...tagsOf("volume", tags),
        }),
    );
    await ec2.send(new AllocateAddressCommand(tagsOf("elastic-ip", tags)));
    await ec2.send(
        new CreateNetworkInterfaceCommand({
            SubnetId: machine.SubnetId,
            ...tagsOf("network-interface", tags),
        }),
    );
    await session.powerOff(instanceId);
    await passes(["release", "--run", runId]);
}, 240_000);

test("a look at everything, and an end for what is past its deadline", async () => {
    await launch(1, runTags({ runId: "old", attempt: 1, tier: "dev", owner: "tests" }, PAST));
    await passes(["reap"]);
    await passes(["reap", "--expired", "--yes"]);
}, 240_000);

test("a doctor, in an account that never asked for more quota", async () => {
    await session.injectFaults([
        {
            ...{ service: "service-quotas", action: "GetServiceQuota", kind: "error", times: 1 },
            ...{ code: "NoSuchResourceException", httpStatus: 404 },
        },
    ]);
    await passes(["doctor", "--tier", "commit"]);
}, 240_000);

test("tables and plan", async () => {
    await passes(["tables"]);
    await passes(["plan", "--tier", "commit"]);
}, 240_000);

test("plain `pulumi up`, once more from another network, and `pulumi destroy`", async () => {
    await pulumi(session, ["stack", "init", STACK]);
    for (const [command, callerCidr] of [
        [["up", "--yes", "--skip-preview"], "127.0.0.1/32"],
        [["up", "--yes", "--skip-preview"], "127.0.0.2/32"],
        [["refresh", "--yes", "--skip-preview"], "127.0.0.2/32"],
        [["destroy", "--yes", "--skip-preview"], "127.0.0.2/32"],
        [["stack", "rm", "--yes"], "127.0.0.2/32"],
    ] as const) {
        const from = { GPU_CI_CALLER_CIDR: callerCidr };
        const { exitCode, output } = await pulumi(session, [...command, "--stack", STACK], from);
        expect({ command, exitCode, output: exitCode === 0 ? "" : output }).toEqual({
            ...{ command, exitCode: 0, output: "" },
        });
    }
}, 240_000);

test("the sweep and a run's own deadline start the terminator, which has two pages of machines", async () => {
    await launch(6, runTags({ runId: "stray", attempt: 1, tier: "dev", owner: "tests" }, PAST));
    // The schedule of the plain stack outlives it; the dev tier's deadline is after 30 minutes.
    await session.advanceClock(31 * 60);
    await until(
        "the terminator has ended them",
        async () =>
            (await machinesOf(session, "stray")).every(({ state }) => state === "terminated"),
        60,
    );
    const started = callsOf("deadline", await session.calls()).map(({ params }) =>
        JSON.parse((params as { input: string }).input),
    );
    expect(started.length).toBeGreaterThan(5);
}, 240_000);

describe.each(["ci", "terminator", "deadline"] as const)("the policy for %s", (role) => {
    let policy: PolicyDocument;
    let calls: Call[];

    beforeAll(async () => {
        policy = await deployedPolicy(iam, role);
        calls = callsOf(role, await session.calls());
    });

    test("nothing is missing: IAM would have allowed every recorded call", async () => {
        expect(calls.length).toBeGreaterThan(0);
        expect(await missing(policy, calls.flatMap(requestsOf))).toEqual([]);
    }, 60_000);

    test("nothing is forgotten: each call was judged on all that AWS judges it on", async () => {
        const forgotten = await Promise.all(calls.map(forgottenKinds));
        expect([...new Set(forgotten.flat())]).toEqual([]);
    }, 60_000);

    test("nothing is unused: a recorded call needed each action and each resource", async () => {
        const requests = calls.flatMap(requestsOf);
        expect(await unused(withoutActions(policy, UNSEEN), requests)).toEqual([]);
        const actions = new Set(calls.map(actionOf));
        expect(UNSEEN.filter((action) => actions.has(action))).toEqual([]);
        process.stderr.write(
            `policy for ${role}: ${calls.length} calls of ${actions.size} actions, ` +
                `${new Set(requests.map((one) => JSON.stringify(one))).size} different requests` +
                `${role === "ci" ? `; not seen: ${UNSEEN.join(", ")}` : ""}\n`,
        );
    }, 60_000);
});
