import * as pulumi from "@pulumi/pulumi";

import { isUserError } from "../../common/userError";
import type { EphemeralGpu, EphemeralGpuArgs } from "../../components";
import { unpackUserData } from "../../rehearsal/unpackUserData";
import { MockOptions, recordResources, Registered, secretValue, valueOf } from "./mocks";

const ARGS: EphemeralGpuArgs = {
    run: { runId: "bench-1", attempt: 1, tier: "bench", owner: "platform" },
    instanceType: "g6.xlarge",
    deadlineMinutes: 30,
    callerCidr: "203.0.113.7/32",
};

interface Made {
    readonly gpu: EphemeralGpu;
    readonly registered: Registered[];
    /** The options of each resource, by type. */
    readonly options: Record<string, pulumi.CustomResourceOptions>;
}

/** Makes the component as if by the engine, and waits for the machine. */
async function make(args: Partial<EphemeralGpuArgs> = {}, mocks?: MockOptions): Promise<Made> {
    const registered = await recordResources(mocks);
    const options: Made["options"] = {};
    const components = await import("../../components");
    const gpu = new components.EphemeralGpu(
        "gpu",
        { ...ARGS, ...args },
        {
            transformations: [
                ({ type, opts }) => {
                    options[type] = opts;
                    return undefined;
                },
            ],
        },
    );
    await valueOf(gpu.publicIp);
    return { gpu, registered, options };
}

function only({ registered }: Made, type: string): Record<string, any> {
    const found = registered.filter((resource) => resource.type === type);
    expect(found).toHaveLength(1);
    return found[0].inputs;
}

const INSTANCE = "aws:ec2/instance:Instance";
const SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";
const SCHEDULE = "aws:scheduler/schedule:Schedule";
const LOCAL_COMMAND = "command:local:Command";

describe("a machine on its own", () => {
    let made: Made;
    beforeAll(async () => {
        made = await make({
            files: [{ path: "/etc/bench.conf", content: "loops=3\n", permissions: "0640" }],
            commands: ["echo first", "bench --start"],
        });
    });
    const userData = () => unpackUserData(secretValue(only(made, INSTANCE).userData)).config;

    test("comes without a suite: nothing is run on it, nothing is copied to it", () => {
        const types = made.registered.map(({ type }) => type).sort();
        expect(types.filter((type) => !type.startsWith("ephemeral-gpu-ci:"))).toEqual([
            "aws:ec2/instance:Instance",
            "aws:ec2/keyPair:KeyPair",
            "aws:ec2/securityGroup:SecurityGroup",
            "aws:scheduler/schedule:Schedule",
            LOCAL_COMMAND,
            "random:index/randomBytes:RandomBytes",
            "random:index/randomBytes:RandomBytes",
        ]);
        expect(userData()).toMatch(/path: \S*health/);
        expect(userData()).not.toMatch(/path: \S*(server|suite)/);
    });

    test("has the files and, last, the commands that were asked for", () => {
        const text = userData();
        expect(text).toMatch(
            /- path: \/etc\/bench\.conf\n\s+content: \|\n\s+loops=3\n\s+permissions: "0640"\n/,
        );
        const order = ["echo first", "bench --start", "date -u +%s >"];
        const places = order.map((command) => text.indexOf(`- ${command}`));
        expect(places.every((place) => place > text.indexOf("runcmd:"))).toBe(true);
        expect(places).toEqual([...places].sort((a, b) => a - b));
    });

    test("is not published by its user data, which holds its host key", () => {
        const given = only(made, INSTANCE).userData;
        expect(given).not.toEqual(secretValue(given));
        expect(userData()).toContain("BEGIN OPENSSH PRIVATE KEY");
    });

    test("finds the foundation by its conventional names", () => {
        expect(only(made, INSTANCE).iamInstanceProfile).toBe("ephemeral-gpu-ci-machine");
        expect(only(made, SCHEDULE).target).toMatchObject({
            arn: "arn:mock:ephemeral-gpu-ci-terminator",
            roleArn: "arn:mock:ephemeral-gpu-ci-deadline",
        });
    });

    test("is on demand, with 150 GiB, in a default subnet and VPC, of the newest image", () => {
        const instance = only(made, INSTANCE);
        expect(instance.instanceMarketOptions).toBeUndefined();
        expect(instance.rootBlockDevice.volumeSize).toBe(150);
        expect(instance.subnetId).toBeUndefined();
        expect(only(made, SECURITY_GROUP).vpcId).toBeUndefined();
        expect(instance.ami).toBe("ami-0123456789abcdef0");
        expect(made.options[INSTANCE].ignoreChanges).toEqual(["ami"]);
    });

    test("tells how to reach it, and keeps the key to itself", async () => {
        const connection = made.gpu.connection();
        expect(connection.user).toBe("ubuntu");
        expect(await valueOf(connection.host)).toBe("203.0.113.9");
        expect(await valueOf(connection.hostKey)).toMatch(/^ssh-ed25519 \S+ host$/);
        expect(await valueOf(connection.privateKey)).toContain("BEGIN OPENSSH PRIVATE KEY");
        expect(await pulumi.isSecret(connection.privateKey)).toBe(true);
        expect(await pulumi.isSecret(connection.hostKey)).toBe(false);
        expect(await valueOf(made.gpu.deadline)).toBe("2026-11-24T07:00:00Z");
    });
});

describe("the deadline", () => {
    let made: Made;
    beforeAll(async () => {
        made = await make();
    });

    test("is told once: no later `up` runs the clock again, whatever its minutes", () => {
        const clock = only(made, LOCAL_COMMAND);
        expect(clock.create).toContain("30 * 60000");
        expect(clock.update).toBeUndefined();
        expect(clock.triggers).toBeUndefined();
        expect(clock.environment).toBeUndefined();
        expect(made.options[LOCAL_COMMAND].ignoreChanges).toEqual(["create"]);
    });

    test("outlives the stack in AWS, and does not end by itself before a day has passed", () => {
        expect(made.options[SCHEDULE].retainOnDelete).toBe(true);
        const { endDate, actionAfterCompletion, state } = only(made, SCHEDULE);
        expect(endDate).toBe("2026-11-25T07:00:00Z");
        expect(actionAfterCompletion).toBe("DELETE");
        expect(state ?? "ENABLED").toBe("ENABLED");
    });

    test.each([
        [1440, "2026-11-24T06:58:00Z", "2026-11-24T06:58:30Z"],
        [30, "2026-11-24T06:58:00Z", "2026-11-24T06:58:30Z"],
        [2, "2026-11-24T06:59:00Z", "2026-11-24T06:59:30Z"],
        [1, "2026-11-24T06:59:30Z", "2026-11-24T06:59:45Z"],
    ])(
        "of %i minutes: the machine goes at %s, AWS follows at %s, both in time",
        async (deadlineMinutes, machineAt, awsAt) => {
            const one = await make({ deadlineMinutes });
            const seconds = Date.parse(machineAt) / 1000;
            expect(secretValue(only(one, INSTANCE).userData)).toContain(`echo '${seconds}' >`);
            expect(only(one, SCHEDULE).startDate).toBe(awsAt);
        },
    );
});

describe("when it gives up before that", () => {
    test.each([
        ["an idle window beyond the deadline", { idleMinutes: 31 }, /idle window is 31 minutes/],
        ["a phase beyond it", { phaseMinutes: { test: 40 } }, /phase test is 40 minutes/],
        ["a heartbeat of 0", { heartbeatMinutes: 0 }, /heartbeat's window is 0 minutes/],
    ])("%s is refused before anything is made", async (_, args, message) => {
        const registered = await recordResources();
        const { EphemeralGpu: Component } = await import("../../components");
        expect(() => new Component("gpu", { ...ARGS, ...args })).toThrow(message);
        expect(registered.filter(({ type }) => !type.startsWith("ephemeral-gpu-ci:"))).toEqual([]);
    });

    test("nobody waits for a machine without a suite, so nobody is missed", async () => {
        const userData = secretValue(only(await make(), INSTANCE).userData);
        expect(unpackUserData(userData).config).toMatch(/^\s+heartbeat=$/m);
    });
});

describe("the report bucket", () => {
    const configOf = (made: Made) =>
        unpackUserData(secretValue(only(made, INSTANCE).userData)).config;

    test("the machine knows where in it its report goes, and how to push it", async () => {
        const config = configOf(await make({ reportBucket: "acme-reports" }));
        expect(config).toContain("/acme-reports/runs/bench-1/1/report.tar.gz\n");
        expect(config).toContain("path: /opt/ephemeral-gpu-ci/push.py\n");
    });

    test("without one the machine has nothing to push with", async () => {
        expect(configOf(await make())).not.toMatch(/path: \S*(push|report-bucket)/);
    });

    test.each([
        [{ reportBucket: "My_Reports" }, /"My_Reports"/],
        [{ reportBucket: "acme-reports", reportEndpoint: "http://10.0.0.1" }, /http:\/\/10.0.0.1/],
    ])("%j is refused before anything is made", async (args, message) => {
        const registered = await recordResources();
        const { EphemeralGpu: Component } = await import("../../components");
        expect(() => new Component("gpu", { ...ARGS, ...args })).toThrow(message);
        expect(registered.filter(({ type }) => !type.startsWith("ephemeral-gpu-ci:"))).toEqual([]);
    });
});

describe("access", () => {
    test("a subnet leads to its VPC", async () => {
        const made = await make({ subnetId: "subnet-0a1b" });
        expect(only(made, INSTANCE).subnetId).toBe("subnet-0a1b");
        expect(only(made, SECURITY_GROUP).vpcId).toBe("vpc-of-subnet-0a1b");
    });

    test("client and host have keys of their own, from bytes that stay in state", async () => {
        const made = await make();
        const seeds = made.registered.filter(({ type }) => type.endsWith(":RandomBytes"));
        expect(seeds.map(({ name }) => name).sort()).toEqual([
            "gpu-access-client-key",
            "gpu-access-host-key",
        ]);
        for (const { inputs } of seeds) {
            expect(inputs).toEqual({ length: 32 });
        }
        expect(only(made, "aws:ec2/keyPair:KeyPair").publicKey).toMatch(/^ssh-ed25519 \S+ client$/);
    });
});

describe("findFoundation", () => {
    async function refusal(failingCalls: Record<string, string>, names = {}): Promise<string> {
        await recordResources({ failingCalls });
        const { findFoundation } = await import("../../components");
        const error = await findFoundation(names).then(
            () => new Error("it was found"),
            (refused: Error) => refused,
        );
        expect({ error, isUserError: isUserError(error) }).toEqual({ error, isUserError: true });
        return error.message;
    }

    test.each([
        ["role", "aws:iam/getRole:getRole", "ephemeral-gpu-ci-deadline", "deadlineRoleName"],
        [
            "state machine",
            "aws:sfn/getStateMachine:getStateMachine",
            "ephemeral-gpu-ci-terminator",
            "terminatorName",
        ],
        [
            "instance profile",
            "aws:iam/getInstanceProfile:getInstanceProfile",
            "ephemeral-gpu-ci-machine",
            "instanceProfileName",
        ],
    ])("without the %s says so, and what to do", async (what, token, name, setting) => {
        // As the provider tells it, and as it does when it has only one line.
        const listed = `invoking ${token}: 1 error occurred:\n\t* NoSuchEntity: it cannot be found\n\n`;
        for (const [given, failure] of [
            [undefined, listed],
            ["mine", "NoSuchEntity: it cannot be found"],
        ]) {
            const message = await refusal(
                { [token]: failure! },
                given === undefined ? {} : { [setting]: given },
            );
            expect(message).toContain(`${what} ${given ?? name}`);
            expect(message).toContain("NoSuchEntity: it cannot be found");
            expect(message).toContain("cd foundation && pulumi up");
            expect(message).not.toContain("\n");
        }
    });

    test("without credentials speaks of credentials, not of the foundation", async () => {
        const message = await refusal({
            "aws:index/getCallerIdentity:getCallerIdentity": "No valid credential sources found",
            "aws:iam/getRole:getRole": "No valid credential sources found",
        });
        expect(message).toContain("No valid credential sources found");
        expect(message).toMatch(/AWS_ACCESS_KEY_ID.*AWS_PROFILE/);
        expect(message).not.toContain("foundation");
    });
});
