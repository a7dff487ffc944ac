import { Registered } from "./mocks";

const REPORTS = { reportBucketName: "acme-gpu-reports", reportRetentionDays: "30" };

/** Runs the foundation's program as if by the engine, each time from the start. */
async function deploy(config: Record<string, string>): Promise<{
    registered: Registered[];
    outputs: Record<string, any>;
}> {
    jest.resetModules();
    const pulumi = await import("@pulumi/pulumi");
    const { recordResources, valueOf } = await import("./mocks");
    const registered = await recordResources({ config });
    const program: any = await import("../../foundation");
    const outputs = await valueOf(pulumi.output({ ...(program.default ?? program) }));
    await pulumi.runtime.disconnect();
    return { registered, outputs };
}

let bare: Registered[];
let withBucket: Registered[];
let bareOutputs: Record<string, any>;
let bucketOutputs: Record<string, any>;

beforeAll(async () => {
    process.env.AWS_REGION = "us-east-1";
    ({ registered: bare, outputs: bareOutputs } = await deploy({}));
    ({ registered: withBucket, outputs: bucketOutputs } = await deploy(REPORTS));
}, 30_000);

function named(registered: Registered[], type: string, name: string): Record<string, any> {
    const found = registered.filter((one) => one.type === type && one.name === name);
    expect(found).toHaveLength(1);
    return found[0].inputs;
}

/** The statements of all policies of a role, inline ones and whatever else could be attached. */
function rights(registered: Registered[], role: string): any[] {
    expect(registered.filter(({ type }) => /PolicyAttachment|RolePolicyAttach/.test(type))).toEqual(
        [],
    );
    const { managedPolicyArns, inlinePolicies } = named(registered, "aws:iam/role:Role", role);
    expect({ managedPolicyArns, inlinePolicies }).toEqual({});
    return registered
        .filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy")
        .filter(({ inputs }) => inputs.role === `ephemeral-gpu-ci-${role}`)
        .flatMap(({ inputs }) => JSON.parse(inputs.policy).Statement);
}

describe("least privilege", () => {
    test("there are three roles, by names that runs rely on", () => {
        const roles = bare.filter(({ type }) => type === "aws:iam/role:Role");
        expect(roles.map(({ inputs }) => inputs.name).sort()).toEqual([
            "ephemeral-gpu-ci-deadline",
            "ephemeral-gpu-ci-machine",
            "ephemeral-gpu-ci-terminator",
        ]);
    });

    test.each([
        ["machine", "ec2.amazonaws.com", undefined],
        ["terminator", "states.amazonaws.com", "arn:aws:states:*:123456789012:stateMachine:*"],
        [
            "deadline",
            "scheduler.amazonaws.com",
            "arn:aws:scheduler:*:123456789012:schedule-group/default",
        ],
    ])(
        "only its own service takes the role of the %s, for this account",
        (role, service, source) => {
            const { Statement } = JSON.parse(
                named(bare, "aws:iam/role:Role", role).assumeRolePolicy,
            );
            expect(Statement).toEqual([
                {
                    Effect: "Allow",
                    Principal: { Service: service },
                    Action: "sts:AssumeRole",
                    ...(source && {
                        Condition: {
                            StringEquals: { "aws:SourceAccount": "123456789012" },
                            ArnLike: { "aws:SourceArn": source },
                        },
                    }),
                },
            ]);
        },
    );

    test("the terminator may look, end what carries our tag, go on to the next page, and tell", () => {
        expect(rights(bare, "terminator")).toEqual([
            { Effect: "Allow", Action: "ec2:DescribeInstances", Resource: "*" },
            {
                Effect: "Allow",
                Action: "ec2:TerminateInstances",
                Resource: "arn:aws:ec2:*:123456789012:instance/*",
                Condition: { StringEquals: { "aws:ResourceTag/product": "ephemeral-gpu-ci" } },
            },
            {
                Effect: "Allow",
                Action: "states:StartExecution",
                Resource: "arn:aws:states:*:123456789012:stateMachine:ephemeral-gpu-ci-terminator",
            },
            {
                Effect: "Allow",
                Action: "sns:Publish",
                Resource: "arn:aws:sns:*:123456789012:ephemeral-gpu-ci-alerts",
            },
        ]);
    });

    test("it may do what its definition asks for, and nothing else", async () => {
        const machine = named(bare, "aws:sfn/stateMachine:StateMachine", "terminator");
        const asked = [...machine.definition.matchAll(/:::(?:aws-sdk:)?(\w+):(\w+)"/g)].map(
            ([, service, action]) => `${service}:${action[0].toUpperCase()}${action.slice(1)}`,
        );
        expect(new Set(asked)).toEqual(
            new Set(rights(bare, "terminator").map(({ Action }) => Action)),
        );
    });

    test("a deadline may start this one state machine", () => {
        expect(rights(bare, "deadline")).toEqual([
            {
                Effect: "Allow",
                Action: "states:StartExecution",
                Resource: ["arn:mock:terminator"],
            },
        ]);
    });

    test("with more regions, one in each of them, and nothing else", async () => {
        const { registered } = await deploy({ regions: "us-east-1, eu-west-1,us-west-2" });
        const machines = registered.filter(({ type }) => type.endsWith(":StateMachine"));
        expect(machines.map(({ name, inputs }) => [name, inputs.name, inputs.region])).toEqual([
            ["terminator", "ephemeral-gpu-ci-terminator", undefined],
            ["terminator-eu-west-1", "ephemeral-gpu-ci-terminator", "eu-west-1"],
            ["terminator-us-west-2", "ephemeral-gpu-ci-terminator", "us-west-2"],
        ]);
        expect(rights(registered, "deadline")).toEqual([
            {
                Effect: "Allow",
                Action: "states:StartExecution",
                Resource: machines.map(({ name }) => `arn:mock:${name}`),
            },
        ]);
        expect(registered).toHaveLength(bare.length + 6);
    });

    test("a machine may do nothing; with a bucket, store its report there", () => {
        expect(rights(bare, "machine")).toEqual([]);
        expect(rights(withBucket, "machine")).toEqual([
            {
                Effect: "Allow",
                Action: "s3:PutObject",
                Resource: "arn:mock:reports-bucket/runs/*",
            },
        ]);
    });

    test("a bucket gives nobody else anything", () => {
        for (const role of ["terminator", "deadline"]) {
            expect(rights(withBucket, role)).toEqual(rights(bare, role));
        }
    });
});

describe("the terminator", () => {
    test("runs under its role, by the name that runs look for, with room for a long Map", () => {
        const machine = named(bare, "aws:sfn/stateMachine:StateMachine", "terminator");
        expect(machine.name).toBe("ephemeral-gpu-ci-terminator");
        expect(machine.roleArn).toBe("arn:mock:terminator");
        expect(machine.type ?? "STANDARD").toBe("STANDARD");
        expect(JSON.parse(machine.definition).StartAt).toBeDefined();
    });

    test("may end machines before it exists: the policy comes first", () => {
        const order = bare
            .filter(({ name }) => name === "terminator")
            .map(({ type }) => type.split(":").pop());
        expect(order).toEqual(["Role", "RolePolicy", "StateMachine"]);
    });
});

describe("the sweep", () => {
    const SCHEDULE = "aws:scheduler/schedule:Schedule";

    test("starts the terminator every five minutes, for ever, and tells it the time", () => {
        expect(named(bare, SCHEDULE, "sweep")).toEqual({
            name: "ephemeral-gpu-ci-sweep",
            description: expect.any(String),
            scheduleExpression: "rate(5 minutes)",
            flexibleTimeWindow: { mode: "OFF" },
            target: {
                arn: "arn:mock:terminator",
                roleArn: "arn:mock:deadline",
                input: '{"now":"<aws.scheduler.scheduled-time>"}',
                retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 240 },
            },
        });
    });

    test("runs in every region that has a terminator, and tells that region's topic", async () => {
        const { registered } = await deploy({
            regions: "eu-west-1",
            alertEmail: "on-call@acme.test",
        });
        for (const [suffix, region] of [
            ["", undefined],
            ["-eu-west-1", "eu-west-1"],
        ] as const) {
            const sweep = named(registered, SCHEDULE, `sweep${suffix}`);
            expect([sweep.region, sweep.target.arn]).toEqual([
                region,
                `arn:mock:terminator${suffix}`,
            ]);
            const topic = named(registered, "aws:sns/topic:Topic", `alerts${suffix}`);
            expect([topic.region, topic.name]).toEqual([region, "ephemeral-gpu-ci-alerts"]);
            const machine = named(
                registered,
                "aws:sfn/stateMachine:StateMachine",
                `terminator${suffix}`,
            );
            expect(machine.definition).toContain(`"arn:mock:alerts${suffix}"`);
            const subscription = named(
                registered,
                "aws:sns/topicSubscription:TopicSubscription",
                `alerts${suffix}-email`,
            );
            expect(subscription).toMatchObject({
                topic: `arn:mock:alerts${suffix}`,
                protocol: "email",
                endpoint: "on-call@acme.test",
            });
        }
    });

    test("may start the terminator before it tries to", () => {
        const position = (type: string, name: string) =>
            bare.findIndex((one) => one.type === type && one.name === name);
        expect(position(SCHEDULE, "sweep")).toBeGreaterThan(
            position("aws:iam/rolePolicy:RolePolicy", "deadline"),
        );
    });

    test("nobody is subscribed unless an address is given", () => {
        expect(bare.filter(({ type }) => type.includes("Subscription"))).toEqual([]);
    });
});

describe("the report bucket", () => {
    const bucket = (type: string) =>
        withBucket.filter((one) => one.type === `aws:s3/${type}`).map(({ inputs }) => inputs);

    test("is not there unless it is named", () => {
        expect(bare.filter(({ type }) => type.startsWith("aws:s3/"))).toEqual([]);
        expect(Object.keys(bareOutputs).sort()).toEqual([
            "alertsTopicArns",
            "deadlineRoleArn",
            "instanceProfileName",
            "terminatorArn",
            "terminatorArns",
        ]);
        expect(bucketOutputs.reportBucketArn).toBe("arn:mock:reports-bucket");
    });

    test("has the name that was given, and outlives no report by accident", () => {
        const [made, ...others] = bucket("bucket:Bucket");
        expect(others).toEqual([]);
        expect(made.bucket).toBe("acme-gpu-reports");
        expect(made.acl).toBeUndefined();
        expect(made.forceDestroy ?? false).toBe(false);
    });

    test("is private", () => {
        expect(bucket("bucketPublicAccessBlock:BucketPublicAccessBlock")).toEqual([
            {
                bucket: "reports-bucket-id",
                blockPublicAcls: true,
                blockPublicPolicy: true,
                ignorePublicAcls: true,
                restrictPublicBuckets: true,
            },
        ]);
    });

    test("is encrypted", () => {
        expect(
            bucket(
                "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            ),
        ).toMatchObject([
            {
                bucket: "reports-bucket-id",
                rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
            },
        ]);
    });

    test("deletes reports after the days that were asked for", () => {
        expect(bucket("bucketLifecycleConfiguration:BucketLifecycleConfiguration")).toMatchObject([
            {
                bucket: "reports-bucket-id",
                rules: [{ status: "Enabled", filter: { prefix: "" }, expiration: { days: 30 } }],
            },
        ]);
    });
});

test("everything that can carry tags says whose it is", () => {
    const tagged = withBucket.filter(({ type }) =>
        /:(Role|InstanceProfile|StateMachine|Bucket|Topic)$/.test(type),
    );
    expect(tagged).toHaveLength(7);
    for (const { inputs } of tagged) {
        expect(inputs.tags).toEqual({ product: "ephemeral-gpu-ci", part: "foundation" });
    }
});
