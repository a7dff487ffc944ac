import { FOUNDATION_NAMES, PRODUCT } from "../../components/names";
import { AMI_PARAMETER } from "../../machine/image";
import { REPORTS_PREFIX } from "../../machine/reportBucket";
import {
    arnsOf,
    iamArn,
    ON_OURS,
    policyDocument,
    type Account,
    type PolicyDocument,
    type PolicyStatement,
} from "./document";

/** Where results of known-good runs are kept in the report bucket, by people or another job. */
const BASELINES_PREFIX = "baselines/";

/** Names of a run's key pair and schedule. The sweep's has one part less, and does not match. */
const RUN_NAMES = `${PRODUCT}-*-*`;

/**
 * New things carry our tags from their first moment on: whose they are, and until when. The key is
 * asked for once more because the names of condition keys know no case, and `Product` is none of ours:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
 */
const WITH_OUR_TAGS = {
    StringEquals: { "aws:RequestTag/product": PRODUCT },
    "ForAnyValue:StringEquals": { "aws:TagKeys": "product" },
    Null: {
        "aws:RequestTag/run": "false",
        "aws:RequestTag/attempt": "false",
        "aws:RequestTag/expires-at": "false",
    },
} as const;

export interface CiPolicyArgs {
    readonly account: Account;
    /** Where reports are kept, such as `arn:aws:s3:::acme-gpu-reports`. Default: nowhere. */
    readonly reportBucketArn?: string;
}

/**
 * What whoever runs `gpu-ci`, or `pulumi up` of the stack, may do: rent tagged machines that demand
 * IMDSv2, change and end what carries our tag, and arm a run's deadline. Derived from the calls that
 * the rehearsal records (tests/rehearsal/leastPrivilege.test.ts), and from `NOT_SEEN_IN_REHEARSAL`.
 *
 * Stacks that give the foundation's parts names of their own need a policy of their own.
 */
export function ciPolicy({ account, reportBucketArn }: CiPolicyArgs): PolicyDocument {
    return policyDocument([
        ...looking(account),
        ...renting(account),
        ...releasing(account),
        ...arming(account),
        ...(reportBucketArn === undefined ? [] : readingReports(reportBucketArn)),
    ]);
}

function looking(account: Account): PolicyStatement[] {
    return [
        {
            // None of these can be limited to single things.
            Sid: "Look",
            Effect: "Allow",
            Action: [
                "ec2:DescribeAddresses",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeInstances",
                "ec2:DescribeKeyPairs",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSpotInstanceRequests",
                "ec2:DescribeSpotPriceHistory",
                "ec2:DescribeSubnets",
                "ec2:DescribeTags",
                "ec2:DescribeVolumes",
                "pricing:GetProducts",
                "scheduler:ListSchedules",
                "servicequotas:GetAWSDefaultServiceQuota",
                "servicequotas:GetServiceQuota",
                "states:ListStateMachines",
            ],
            Resource: ["*"],
        },
        {
            Sid: "LookAtTheImage",
            Effect: "Allow",
            Action: ["ssm:GetParameter"],
            // AWS's own parameters stand in no account.
            Resource: [`arn:${account.partition}:ssm:*:*:parameter${AMI_PARAMETER}`],
        },
    ];
}

/**
 * A launch is judged for each thing that it makes or uses. A spot request is not among them as long as
 * it gets no tags: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-spot-instances
 */
function renting(account: Account): PolicyStatement[] {
    const arns = arnsOf(account);
    const { instanceProfileName } = FOUNDATION_NAMES;
    return [
        {
            Sid: "LaunchTaggedWithIMDSv2",
            Effect: "Allow",
            Action: ["ec2:RunInstances"],
            Resource: arns("ec2", "instance/*"),
            Condition: {
                ...WITH_OUR_TAGS,
                StringEquals: {
                    ...WITH_OUR_TAGS.StringEquals,
                    "ec2:MetadataHttpTokens": "required",
                },
            },
        },
        {
            Sid: "LaunchWithTaggedVolumes",
            Effect: "Allow",
            Action: ["ec2:RunInstances"],
            Resource: arns("ec2", "volume/*"),
            Condition: WITH_OUR_TAGS,
        },
        {
            Sid: "LaunchWithOurAccess",
            Effect: "Allow",
            Action: ["ec2:RunInstances"],
            Resource: arns("ec2", `key-pair/${RUN_NAMES}`, "security-group/*"),
            Condition: ON_OURS,
        },
        {
            Sid: "LaunchAnywhere",
            Effect: "Allow",
            Action: ["ec2:RunInstances"],
            Resource: [
                `arn:${account.partition}:ec2:*::image/*`,
                ...arns("ec2", "network-interface/*", "subnet/*"),
            ],
        },
        {
            Sid: "MakeAccess",
            Effect: "Allow",
            Action: ["ec2:CreateSecurityGroup", "ec2:ImportKeyPair"],
            Resource: arns("ec2", `key-pair/${RUN_NAMES}`, "security-group/*"),
            Condition: WITH_OUR_TAGS,
        },
        {
            Sid: "MakeAccessAnywhere",
            Effect: "Allow",
            Action: ["ec2:CreateSecurityGroup"],
            Resource: arns("ec2", "vpc/*"),
        },
        {
            // What exists is never tagged: it would become ours to end.
            Sid: "TagWhatIsMade",
            Effect: "Allow",
            Action: ["ec2:CreateTags"],
            Resource: arns(
                "ec2",
                "instance/*",
                `key-pair/${RUN_NAMES}`,
                "security-group/*",
                "volume/*",
            ),
            Condition: {
                ...WITH_OUR_TAGS,
                StringEquals: {
                    ...WITH_OUR_TAGS.StringEquals,
                    "ec2:CreateAction": ["CreateSecurityGroup", "ImportKeyPair", "RunInstances"],
                },
            },
        },
        {
            Sid: "GiveTheMachineItsRole",
            Effect: "Allow",
            Action: ["iam:PassRole"],
            Resource: [iamArn(account, `role/${instanceProfileName}`)],
            Condition: {
                // China's EC2 has a name of its own; AWS's policies list both, as
                // https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSEC2SpotServiceRolePolicy.html
                StringEquals: {
                    "iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"],
                },
            },
        },
        {
            Sid: "LookAtTheMachinesProfile",
            Effect: "Allow",
            Action: ["iam:GetInstanceProfile"],
            Resource: [iamArn(account, `instance-profile/${instanceProfileName}`)],
        },
    ];
}

function releasing(account: Account): PolicyStatement[] {
    const arns = arnsOf(account);
    return [
        {
            Sid: "ChangeAndEndOurs",
            Effect: "Allow",
            Action: [
                "ec2:AuthorizeSecurityGroupEgress",
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:DeleteKeyPair",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteSecurityGroup",
                "ec2:DeleteVolume",
                // User data and the console tell more than others should know.
                "ec2:DescribeInstanceAttribute",
                "ec2:GetConsoleOutput",
                "ec2:ReleaseAddress",
                "ec2:RevokeSecurityGroupEgress",
                "ec2:RevokeSecurityGroupIngress",
                "ec2:TerminateInstances",
            ],
            Resource: arns(
                "ec2",
                "elastic-ip/*",
                "instance/*",
                "key-pair/*",
                "network-interface/*",
                "security-group/*",
                "volume/*",
            ),
            Condition: ON_OURS,
        },
        {
            // EC2 makes the request of a spot machine, without tags. Cancelling one ends no machine:
            // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CancelSpotInstanceRequests.html
            Sid: "CancelSpotRequests",
            Effect: "Allow",
            Action: ["ec2:CancelSpotInstanceRequests"],
            Resource: arns("ec2", "spot-instances-request/*"),
        },
    ];
}

function arming(account: Account): PolicyStatement[] {
    const arns = arnsOf(account);
    const { deadlineRoleName, sweepName, terminatorName } = FOUNDATION_NAMES;
    const deadlineRole = iamArn(account, `role/${deadlineRoleName}`);
    return [
        {
            Sid: "ArmDeadlines",
            Effect: "Allow",
            Action: [
                "scheduler:CreateSchedule",
                "scheduler:DeleteSchedule",
                "scheduler:GetSchedule",
            ],
            Resource: arns("scheduler", `schedule/default/${RUN_NAMES}`),
        },
        {
            Sid: "LookAtTheSweep",
            Effect: "Allow",
            Action: ["scheduler:GetSchedule"],
            Resource: arns("scheduler", `schedule/default/${sweepName}`),
        },
        {
            Sid: "GiveDeadlinesTheirRole",
            Effect: "Allow",
            Action: ["iam:PassRole"],
            Resource: [deadlineRole],
            Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
        },
        {
            Sid: "LookAtTheDeadlinesRole",
            Effect: "Allow",
            Action: ["iam:GetRole"],
            Resource: [deadlineRole],
        },
        {
            Sid: "LookAtTheTerminator",
            Effect: "Allow",
            Action: ["states:DescribeStateMachine"],
            Resource: arns("states", `stateMachine:${terminatorName}`),
        },
    ];
}

function readingReports(bucketArn: string): PolicyStatement[] {
    return [
        {
            Sid: "ReadReports",
            Effect: "Allow",
            Action: ["s3:GetObject"],
            Resource: [REPORTS_PREFIX, BASELINES_PREFIX].map((prefix) => `${bucketArn}/${prefix}*`),
        },
        {
            Sid: "FindReports",
            Effect: "Allow",
            Action: ["s3:ListBucket"],
            Resource: [bucketArn],
            Condition: { StringLike: { "s3:prefix": `${REPORTS_PREFIX}*` } },
        },
    ];
}
