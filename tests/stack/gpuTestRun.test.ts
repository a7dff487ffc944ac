import * as pulumi from "@pulumi/pulumi";

import { unpackUserData } from "../../rehearsal/unpackUserData";
import { recordResources, Registered, secretValue, valueOf } from "./mocks";

const RUN = { runId: "commit-1", attempt: 2, tier: "commit", owner: "acme/vision" };
const TAGS = {
    Name: "ephemeral-gpu-ci-commit-1-2",
    product: "ephemeral-gpu-ci",
    owner: "acme/vision",
    run: "commit-1",
    attempt: "2",
    tier: "commit",
    "expires-at": "2026-11-24T07:00:00Z",
};

let registered: Registered[];
let verdict: string;
let reportPath: string;

beforeAll(async () => {
    registered = await recordResources();
    const { GpuTestRun } = await import("../../components");
    const run = new GpuTestRun("run", {
        run: RUN,
        instanceType: "g6.xlarge",
        market: "spot",
        deadlineMinutes: 20,
        callerCidr: "203.0.113.7/32",
        serverImage: `vllm/vllm-openai@sha256:${"a".repeat(64)}`,
        serverArgs: ["Qwen/Qwen3-VL-8B-Instruct", "--max-model-len", "8192"],
        serverLadder: [{ name: "eager", note: "no graphs", helps: ["oom"], args: ["--eager"] }],
        suiteImage: `node@sha256:${"b".repeat(64)}`,
        suiteDir: "suite",
        suiteCommand: ["node", "/suite/suite.js"],
        reportDir: "reports/commit-1",
    });
    [verdict, reportPath] = await Promise.all([valueOf(run.verdict), valueOf(run.reportPath)]);
});

function only(type: string): Registered {
    const found = registered.filter((resource) => resource.type === type);
    expect(found).toHaveLength(1);
    return found[0];
}

const instance = () => only("aws:ec2/instance:Instance").inputs;
const schedule = () => only("aws:scheduler/schedule:Schedule").inputs;

describe("the launch", () => {
    test("carries every tag, on the instance and on its volumes", () => {
        expect(instance().tags).toEqual(TAGS);
        expect(instance().volumeTags).toEqual(TAGS);
    });

    test("ends the machine on its own shutdown", () => {
        expect(instance().instanceInitiatedShutdownBehavior).toBe("terminate");
    });

    test("requires IMDSv2", () => {
        expect(instance().metadataOptions).toMatchObject({
            httpTokens: "required",
            httpPutResponseHopLimit: 1,
        });
    });

    test("encrypts the root volume, which goes with the machine", () => {
        expect(instance().rootBlockDevice).toMatchObject({
            encrypted: true,
            deleteOnTermination: true,
        });
    });

    test("asks for a spot machine once only", () => {
        expect(instance().instanceMarketOptions.spotOptions).toEqual({
            spotInstanceType: "one-time",
            instanceInterruptionBehavior: "terminate",
        });
    });

    test("arms the watchdog before anything that may fail", () => {
        const userData = secretValue(instance().userData);
        const [, firstPart, secondPart] = userData.split("--ephemeral-gpu-ci\n");
        expect(firstPart).toContain("text/cloud-boothook");
        expect(firstPart).toContain(String(Date.parse("2026-11-24T06:58:00Z") / 1000));
        expect(firstPart).toContain("systemctl start --no-block gpu-ci-watchdog.timer");
        expect(secondPart).toContain("application/gzip");
        expect(Buffer.byteLength(userData)).toBeLessThanOrEqual(16384);
    });
});

test("the machine knows what to try when the server runs out of memory", () => {
    const { config } = unpackUserData(secretValue(instance().userData));
    expect(config).toContain("rung eager oom 0");
    expect(config).toContain("arg --eager");
});

test("the machine gives up when nobody has waited for 10 minutes, and after its phases' budgets", () => {
    const { config } = unpackUserData(secretValue(instance().userData));
    expect(config).toMatch(/^\s+heartbeat=600\n\s+heartbeat_rule=finish$/m);
    expect(config).toMatch(/^\s+pull=1200\n\s+weights=1200\n\s+start=900\n\s+test=900$/m);
});

describe("arming before the launch", () => {
    test("the schedule is registered before the instance", () => {
        const order = registered
            .map((resource) => resource.type)
            .filter((type) => type.startsWith("aws:scheduler/") || type.includes(":Instance"));
        expect(order).toEqual(["aws:scheduler/schedule:Schedule", "aws:ec2/instance:Instance"]);
    });

    test("it starts the terminator in time for the deadline, again and again, and deletes itself", () => {
        expect(schedule()).toMatchObject({
            name: "ephemeral-gpu-ci-commit-1-2",
            scheduleExpression: "rate(5 minutes)",
            startDate: "2026-11-24T06:58:30Z",
            endDate: "2026-11-25T07:00:00Z",
            actionAfterCompletion: "DELETE",
            target: {
                arn: "arn:mock:ephemeral-gpu-ci-terminator",
                roleArn: "arn:mock:ephemeral-gpu-ci-deadline",
                input: '{"now":"2026-11-24T07:00:00Z"}',
            },
        });
    });
});

describe("access", () => {
    test("only the caller's address reaches the machine, and only by SSH", () => {
        const { ingress } = only("aws:ec2/securityGroup:SecurityGroup").inputs;
        expect(ingress).toHaveLength(1);
        expect(ingress[0]).toMatchObject({
            protocol: "tcp",
            fromPort: 22,
            toPort: 22,
            cidrBlocks: ["203.0.113.7/32"],
        });
    });

    test("the caller knows the machine's host key beforehand", () => {
        for (const { inputs } of registered.filter(({ type }) =>
            type.startsWith("command:remote:"),
        )) {
            expect(secretOf(inputs.connection).hostKey).toMatch(
                /^ssh-ed25519 [A-Za-z0-9+/=]+ host$/,
            );
        }
    });

    test("key pair and security group carry the tags", () => {
        expect(only("aws:ec2/keyPair:KeyPair").inputs.tags).toEqual(TAGS);
        expect(only("aws:ec2/securityGroup:SecurityGroup").inputs.tags).toEqual(TAGS);
    });
});

describe("the suite and its report", () => {
    test("no secret stands in the text of any command", () => {
        const texts = registered
            .filter(({ type }) => type.startsWith("command:"))
            .flatMap(({ inputs }) => [inputs.create, inputs.update, inputs.delete])
            .filter((text) => text !== undefined);
        expect(texts.length).toBeGreaterThanOrEqual(4);
        for (const text of texts) {
            expect(text).not.toMatch(/PRIVATE KEY|BEGIN|hf_|AKIA/);
        }
    });

    test("no remote command runs at destroy, when the machine may be gone", () => {
        for (const { inputs } of registered.filter(
            ({ type }) => type === "command:remote:Command",
        )) {
            expect(inputs.delete).toBeUndefined();
        }
    });

    test("a new machine gets everything anew", () => {
        const remote = registered.filter(({ type }) => type.startsWith("command:remote:"));
        expect(remote).toHaveLength(3);
        for (const { inputs } of remote) {
            expect(inputs.triggers).toEqual(["run-gpu-machine-instance-id"]);
        }
    });

    test("a failed suite is an output, not an error", () => {
        expect(verdict).toBe("failed");
        expect(reportPath).toBe("reports/commit-1");
    });
});

function secretOf(value: any): any {
    return pulumi.runtime.isRpcSecret?.(value) ? pulumi.runtime.unwrapRpcSecret(value) : value;
}
