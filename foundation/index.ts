import "../common/safeInspect";

import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { FOUNDATION_NAMES, PRODUCT } from "../components/names";
import { ciPolicy } from "./policies/ci";
import { deadlinePolicy } from "./policies/deadline";
import { arnsOf, type Account } from "./policies/document";
import { terminatorPolicy } from "./policies/terminator";
import { ReportBucket } from "./reportBucket";
import { terminatorDefinition } from "./terminator";

/** Deployed once an account: the terminator, the roles that runs need, an optional report bucket. */
const config = new pulumi.Config();
const reportBucketName = config.get("reportBucketName") || undefined;
const alertEmail = config.get("alertEmail") || undefined;
const otherRegions = (config.get("regions") ?? "")
    .split(",")
    .map((region) => region.trim())
    .filter((region) => region !== "" && region !== aws.config.region);
const tags = { product: PRODUCT, part: "foundation" };

const caller = aws.getCallerIdentityOutput();
const account = caller.apply(({ accountId, arn }): Account => ({
    partition: arn.split(":")[1],
    id: accountId,
}));
const anyArn = (service: string, resource: string) =>
    account.apply((one) => arnsOf(one)(service, resource)[0]);

function trust(service: string, condition?: object) {
    return pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [
            {
                Effect: "Allow",
                Principal: { Service: service },
                Action: "sts:AssumeRole",
                ...(condition && { Condition: condition }),
            },
        ],
    });
}

/** So that the service acts for this account's own resources only, and for nobody else's. */
function onlyFor(sourceArn: pulumi.Input<string>) {
    return {
        StringEquals: { "aws:SourceAccount": caller.accountId },
        ArnLike: { "aws:SourceArn": sourceArn },
    };
}

// The machine itself may do nothing but, with a bucket, store its report.
const machineRole = new aws.iam.Role("machine", {
    name: FOUNDATION_NAMES.instanceProfileName,
    description: "A machine of a test run",
    assumeRolePolicy: trust("ec2.amazonaws.com"),
    tags,
});
const machineProfile = new aws.iam.InstanceProfile("machine", {
    name: FOUNDATION_NAMES.instanceProfileName,
    role: machineRole.name,
    tags,
});
const reportBucket =
    reportBucketName === undefined
        ? undefined
        : new ReportBucket("reports", {
              bucketName: reportBucketName,
              retentionDays: config.requireNumber("reportRetentionDays"),
              writerRoleName: machineRole.name,
              tags,
          });

// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
const terminatorRole = new aws.iam.Role("terminator", {
    name: FOUNDATION_NAMES.terminatorName,
    description: "Ends machines of test runs that are past their deadline",
    assumeRolePolicy: trust("states.amazonaws.com", onlyFor(anyArn("states", "stateMachine:*"))),
    tags,
});
const endMachines = new aws.iam.RolePolicy("terminator", {
    name: "end-machines",
    role: terminatorRole.name,
    policy: pulumi.jsonStringify(account.apply(terminatorPolicy)),
});

/** Told of everything that a person should know; one in each region, as Step Functions wants it. */
function alerts(name: string, region?: string) {
    const topic = new aws.sns.Topic(name, { name: FOUNDATION_NAMES.alertsName, region, tags });
    if (alertEmail !== undefined) {
        new aws.sns.TopicSubscription(`${name}-email`, {
            topic: topic.arn,
            protocol: "email",
            endpoint: alertEmail,
            region,
        });
    }
    return topic;
}

/** Roles are the account's; a state machine lives, and ends machines, in one region. */
function terminator(name: string, topic: aws.sns.Topic, region?: string) {
    return new aws.sfn.StateMachine(
        name,
        {
            name: FOUNDATION_NAMES.terminatorName,
            region,
            roleArn: terminatorRole.arn,
            definition: topic.arn.apply((alertsTopicArn) =>
                JSON.stringify(terminatorDefinition({ alertsTopicArn })),
            ),
            tags,
        },
        { dependsOn: endMachines },
    );
}
// The own region's keeps its name whatever is listed: renamed, it would be deleted after its twin of
// the same name was "made", and machines would be without it.
const regions = [
    { suffix: "", region: undefined },
    ...otherRegions.map((region) => ({ suffix: `-${region}`, region })),
];
const topics = regions.map(({ suffix, region }) => alerts(`alerts${suffix}`, region));
const terminators = regions.map(({ suffix, region }, index) =>
    terminator(`terminator${suffix}`, topics[index], region),
);

// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
const deadlineRole = new aws.iam.Role("deadline", {
    name: FOUNDATION_NAMES.deadlineRoleName,
    description: "With it schedules start the terminator: a run's deadline, and the sweep",
    assumeRolePolicy: trust(
        "scheduler.amazonaws.com",
        onlyFor(anyArn("scheduler", "schedule-group/default")),
    ),
    tags,
});
const startTerminator = new aws.iam.RolePolicy("deadline", {
    name: "start-terminator",
    role: deadlineRole.name,
    policy: pulumi.jsonStringify(
        pulumi.all(terminators.map(({ arn }) => arn)).apply(deadlinePolicy),
    ),
});

// Whatever becomes of a run's own schedule, its stack and its driver, these look every five minutes.
regions.forEach(({ suffix, region }, index) => {
    new aws.scheduler.Schedule(
        `sweep${suffix}`,
        {
            name: FOUNDATION_NAMES.sweepName,
            description: "Ends machines past their deadline, whatever becomes of their runs",
            region,
            scheduleExpression: "rate(5 minutes)",
            flexibleTimeWindow: { mode: "OFF" },
            target: {
                arn: terminators[index].arn,
                roleArn: deadlineRole.arn,
                // https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
                input: JSON.stringify({ now: "<aws.scheduler.scheduled-time>" }),
                // What has failed for four minutes is the next round's.
                retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 240 },
            },
        },
        { dependsOn: startTerminator },
    );
});

// For whatever role CI has: attached to it, that role may do runs, and nothing else.
const ci = new aws.iam.Policy("ci", {
    name: FOUNDATION_NAMES.ciPolicyName,
    description: "Runs of ephemeral-gpu-ci: rent, end and look at what is tagged as its own",
    policy: pulumi.jsonStringify(
        pulumi
            .all([account, reportBucket?.arn])
            .apply(([one, reportBucketArn]) => ciPolicy({ account: one, reportBucketArn })),
    ),
    tags,
});

export = {
    ciPolicyArn: ci.arn,
    terminatorArn: terminators[0].arn,
    terminatorArns: terminators.map((one) => one.arn),
    alertsTopicArns: topics.map((one) => one.arn),
    deadlineRoleArn: deadlineRole.arn,
    instanceProfileName: machineProfile.name,
    ...(reportBucket && { reportBucketArn: reportBucket.arn }),
};
