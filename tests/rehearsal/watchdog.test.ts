import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";

import { EC2Client, GetConsoleOutputCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";

import { sshKeyPairFromSeed } from "../../components/keys";
import { runTags } from "../../components/names";
import { GuardArgs, guardSettings } from "../../machine/guard";
import { AMI_PARAMETER } from "../../machine/image";
import { machineUserData } from "../../machine/userData";
import type { MeteredMachine } from "../../rehearsal/meter";
import { Session } from "../../rehearsal/session";
import { powerOffReason } from "../../scripts/powerOffReason";
import {
    gpuCi,
    insideMachine,
    machinesOf,
    PROJECT_DIR,
    reportJson,
    reportText,
    startGpuCi,
    startSession,
    stopSession,
    until,
} from "./harness";

/** Seconds from a machine's launch to its deadline, and from its power-off to there. */
const DEADLINE_SECONDS = 240;
const MARGIN_SECONDS = 30;

let session: Session;

beforeAll(async () => {
    session = await startSession();
    // Of AWS's service quotas: running on-demand and spot machines with a GPU of family G.
    await session.setQuotas({ "L-DB2E81BA": 64, "L-3819A6DF": 64 });
}, 120_000);
afterAll(() => stopSession(session));

const ec2 = () => new EC2Client(session.administrator);

interface Launch {
    readonly name: string;
    /** Seconds from the launch to the machine's own end. */
    readonly powerOffSeconds?: number;
    readonly guard?: GuardArgs;
    /** Shorter windows than a machine has by itself. */
    readonly windows?: string;
    readonly commands?: readonly string[];
    readonly isSpot?: boolean;
}

/** A machine with nothing but its watchdog and guard: no driver, no engine, no schedule in AWS. */
async function launch(args: Launch): Promise<void> {
    const { name, guard = {}, windows = "", commands = [], isSpot = false } = args;
    const { Parameter } = await new SSMClient(session.administrator).send(
        new GetParameterCommand({ Name: AMI_PARAMETER }),
    );
    const powerOffSeconds = args.powerOffSeconds ?? DEADLINE_SECONDS - MARGIN_SECONDS;
    const secondsFromNow = (seconds: number) =>
        `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
    const userData = machineUserData({
        powerOffAt: secondsFromNow(powerOffSeconds),
        mostSeconds: powerOffSeconds,
        guard: guardSettings(guard, 60),
        hostKey: sshKeyPairFromSeed(randomBytes(32).toString("base64"), "host"),
        files: [],
        commands: [
            `echo '${windows}' >>/etc/ephemeral-gpu-ci/guard && systemctl restart gpu-ci-guard`,
            ...commands,
        ],
    });
    const tags = runTags(
        { runId: name, attempt: 1, tier: "test", owner: "tests" },
        secondsFromNow(powerOffSeconds + MARGIN_SECONDS),
    );
    await ec2().send(
        new RunInstancesCommand({
            ImageId: Parameter!.Value!,
            InstanceType: "g6.xlarge",
            MinCount: 1,
            MaxCount: 1,
            InstanceInitiatedShutdownBehavior: "terminate",
            UserData: Buffer.from(userData).toString("base64"),
            InstanceMarketOptions: isSpot ? { MarketType: "spot" } : undefined,
            TagSpecifications: [
                {
                    ResourceType: "instance",
                    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
                },
            ],
        }),
    );
}

async function machine(name: string): Promise<MeteredMachine> {
    const [found] = await machinesOf(session, name);
    return found;
}

async function inside(name: string, command: string): Promise<void> {
    insideMachine(session, (await machine(name)).instanceId, command);
}

async function booted(name: string): Promise<void> {
    await until(
        `${name} has booted`,
        async () => {
            try {
                await inside(name, "test -e /var/lib/ephemeral-gpu-ci/phases/booted");
                return true;
            } catch {
                return false;
            }
        },
        120,
    );
}

/** Waits for the machine's own end, in time by the meter; gives the reason on its console. */
async function ended(name: string, seconds: number): Promise<string> {
    const isOver = async () => (await machine(name)).state === "terminated";
    await until(`${name} has ended itself`, isOver, seconds).catch(async (error: Error) => {
        const { instanceId } = await machine(name);
        throw new Error(`${error.message}\n${(await session.console(instanceId)).slice(-3000)}`);
    });
    const { instanceId, endedBy, leakedGpuSeconds } = await machine(name);
    expect({ endedBy, leakedGpuSeconds }).toEqual({ endedBy: "inside", leakedGpuSeconds: 0 });
    // As the driver asks for it, through the cloud.
    const { Output } = await ec2().send(new GetConsoleOutputCommand({ InstanceId: instanceId }));
    const text = Buffer.from(Output!, "base64").toString();
    return powerOffReason(text) ?? text.slice(-2000);
}

const WATCHDOG = "/opt/ephemeral-gpu-ci/watchdog.sh";

interface Fault extends Launch {
    /** What goes wrong inside, once it has booted. */
    readonly fault?: string;
    /** Where the fault is not one inside the machine. */
    readonly from?: (instanceId: string) => Promise<void>;
    readonly reason: RegExp;
}

// No machine can set its host's clock: in here `date` is what tells the wrong time.
const CLOCK_SET_BACK = [
    "mv /usr/bin/date /usr/bin/date.real",
    `printf '#!/bin/sh\\nexec /usr/bin/date.real -d "10 minutes ago" "$@"\\n' >/usr/bin/date`,
    "chmod 755 /usr/bin/date",
].join(" && ");

const FAULTS: readonly Fault[] = [
    {
        name: "clock-set-back",
        powerOffSeconds: 100,
        fault: CLOCK_SET_BACK,
        reason: /^the deadline is near, although the clock says otherwise/,
    },
    {
        name: "rebooted",
        powerOffSeconds: 110,
        fault: "systemctl reboot --force",
        reason: /^the deadline is near/,
    },
    {
        name: "watchdog-killed",
        fault: "(while :; do pkill -KILL -f 'watchdog[.]sh'; done) >/dev/null 2>&1 &",
        reason: /^gpu-ci-watchdog.service failed: signal/,
    },
    {
        name: "script-removed",
        fault: `rm ${WATCHDOG}`,
        reason: /^gpu-ci-watchdog.service failed: exit-code/,
    },
    {
        name: "guard-removed",
        fault: "rm /opt/ephemeral-gpu-ci/guard.sh && systemctl kill -s KILL gpu-ci-guard",
        reason: /^gpu-ci-guard.service failed: exit-code/,
    },
    {
        name: "timer-stopped",
        fault: "systemctl stop gpu-ci-watchdog.timer",
        reason: /^the watchdog's timer is not active/,
    },
    {
        name: "nvidia-smi-hangs",
        windows: "gpu_silent=20",
        fault: "printf '#!/bin/sh\\nexec sleep 600\\n' >/usr/local/bin/nvidia-smi",
        reason: /^GPU: nvidia-smi has not answered for 20 s/,
    },
    {
        name: "gpu-idle",
        guard: { idleMinutes: 0.25 },
        fault: "cd /var/lib/ephemeral-gpu-ci/phases && echo 1 >start && echo 2 >suite",
        reason: /^GPU: idle for 15 s in phase test/,
    },
    {
        name: "sshd-dead",
        windows: "ssh_dead=20",
        fault: "systemctl mask --now --runtime ssh.service",
        reason: /^SSH: no answer for 20 s/,
    },
    {
        name: "spot-notice",
        isSpot: true,
        from: (instanceId) => session.giveSpotNotice(instanceId),
        reason: /^spot notice: \{"action": "terminate", "time": "20/,
    },
];

describe("a machine on its own ends itself, whatever goes wrong", () => {
    beforeAll(async () => {
        await launch({
            name: "cloud-init-hung",
            guard: { phaseMinutes: { boot: 0.75 } },
            commands: ["sleep 600"],
        });
        for (const fault of FAULTS) {
            await launch(fault);
        }
        for (const { name, fault, from } of FAULTS) {
            await booted(name);
            if (fault !== undefined) {
                await inside(name, fault);
            }
            await from?.((await machine(name)).instanceId);
        }
    }, 180_000);

    test.each(FAULTS)(
        "$name",
        async ({ name, reason }) => {
            expect(await ended(name, 150)).toMatch(reason);
        },
        160_000,
    );

    test("cloud-init hung", async () => {
        expect(await ended("cloud-init-hung", 60)).toBe(
            "phase boot: cloud-init did not finish within 45 s",
        );
    }, 70_000);
});

describe("with a driver", () => {
    test("nobody waits any more: the suite ends, and so does the machine, long before its deadline", async () => {
        const runId = "test-heartbeat";
        const driver = startGpuCi(session, [
            ...["run", "--tier", "commit", "--run-id", runId, "--market", "on-demand"],
            ...["--set", "heartbeatMinutes=1"],
        ]);
        await driver.printed(/\[ *2\/\d+\]/, 120);
        driver.killTree();
        expect(await ended(runId, 150)).toBe("heartbeat: nobody has waited for 60 s");
        rmSync(join(PROJECT_DIR, "Pulumi.commit-test-heartbeat-1.yaml"));
        const reap = await gpuCi(session, ["reap", "--run", runId, "--yes"]);
        expect({ exitCode: reap.exitCode, output: "" }).toEqual({ exitCode: 0, output: "" });
    }, 300_000);

    test("a spot notice in mid-suite: the suite is stopped, and the run passes on the next machine", async () => {
        const runId = "test-spot-notice";
        const driver = startGpuCi(session, [
            // The guard asks every 5 s; this suite takes longer.
            ...["run", "--tier", "release", "--run-id", runId, "--market", "any"],
        ]);
        await driver.printed(/\[ *2\/\d+\]/, 120);
        const [{ instanceId }] = await machinesOf(session, runId);
        await session.giveSpotNotice(instanceId);
        const exitCode = await driver.ended;
        expect({ exitCode, output: exitCode === 0 ? "" : driver.output }).toEqual({
            exitCode: 0,
            output: "",
        });
        expect(reportJson(runId, "receipt")).toMatchObject({
            verdict: "passed",
            leftovers: [],
            attempts: [
                { outcome: "interrupted", error: expect.stringContaining("spot notice") },
                { outcome: "verdict" },
            ],
        });
        expect(reportText(runId, "attempts/1/logs/power-off.log")).toMatch(
            /^ephemeral-gpu-ci: the suite is stopped: spot notice: /,
        );
    }, 240_000);
});
