import "../common/safeInspect";

import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { FOUNDATION_NAMES, PRODUCT } from "../components/names";
import { ReportBucket } from "./reportBucket";
import { terminatorDefinition } from "./terminator";

/** Deployed once an account: the terminator, the roles that runs need, an optional report bucket. */
const config = new pulumi.Config();
const reportBucketName = config.get("reportBucketName") || undefined;
const otherRegions = (config.get("regions") ?? "")
    .split(",")
    .map((region) => region.trim())
    .filter((region) => region !== "" && region !== aws.config.region);
const tags = { product: PRODUCT, part: "foundation" };

function trust(service: string) {
    return JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
    });
}

function policy(...statements: object[]) {
    return JSON.stringify({ Version: "2012-10-17", Statement: statements });
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

const terminatorRole = new aws.iam.Role("terminator", {
    name: FOUNDATION_NAMES.terminatorName,
    description: "Ends machines of test runs that are past their deadline",
    assumeRolePolicy: trust("states.amazonaws.com"),
    tags,
});
const terminatorPolicy = new aws.iam.RolePolicy("terminator", {
    name: "end-machines",
    role: terminatorRole.name,
    policy: policy(
        { Effect: "Allow", Action: "ec2:DescribeInstances", Resource: "*" },
        {
            Effect: "Allow",
            Action: "ec2:TerminateInstances",
            Resource: "*",
            Condition: { StringEquals: { "aws:ResourceTag/product": PRODUCT } },
        },
    ),
});

/** Roles are the account's; a state machine lives, and ends machines, in one region. */
function terminator(name: string, region?: string) {
    return new aws.sfn.StateMachine(
        name,
        {
            name: FOUNDATION_NAMES.terminatorName,
            region,
            roleArn: terminatorRole.arn,
            definition: JSON.stringify(terminatorDefinition()),
            tags,
        },
        { dependsOn: terminatorPolicy },
    );
}
// The own region's keeps its name whatever is listed: renamed, it would be deleted after its twin of
// the same name was "made", and machines would be without it.
const terminators = [
    terminator("terminator"),
    ...otherRegions.map((region) => terminator(`terminator-${region}`, region)),
];

const deadlineRole = new aws.iam.Role("deadline", {
    name: FOUNDATION_NAMES.deadlineRoleName,
    description: "With it a run's deadline schedule starts the terminator",
    assumeRolePolicy: trust("scheduler.amazonaws.com"),
    tags,
});
new aws.iam.RolePolicy("deadline", {
    name: "start-terminator",
    role: deadlineRole.name,
    policy: pulumi.jsonStringify({
        Version: "2012-10-17",
        Statement: [
            {
                Effect: "Allow",
                Action: "states:StartExecution",
                Resource: terminators.map(({ arn }) => arn),
            },
        ],
    }),
});

export = {
    terminatorArn: terminators[0].arn,
    terminatorArns: terminators.map(({ arn }) => arn),
    deadlineRoleArn: deadlineRole.arn,
    instanceProfileName: machineProfile.name,
    ...(reportBucket && { reportBucketArn: reportBucket.arn }),
};
