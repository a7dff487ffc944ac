import type { Call } from "../../rehearsal/session";
import { ACCOUNT, type IamRequest } from "./simulate";

/** What a call says of itself; of a recorded one, or made up. */
export type Asked = Pick<Call, "service" | "action" | "region" | "params" | "resourceTags">;

type Params = Record<string, any>;
type Requests = (call: Asked, params: Params) => IamRequest[];

/** Its page says so: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const NEEDS_NO_PERMISSION = "sts:GetCallerIdentity";

/** IAM's word for a service, where botocore has another one. */
const PREFIXES: Readonly<Record<string, string>> = {
    stepfunctions: "states",
    "service-quotas": "servicequotas",
};

/** Calls that are allowed by another name: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const OTHER_NAMES: Readonly<Record<string, string>> = {
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
};

/** `ec2:RunInstances`, as a policy names the action of a call. */
export function actionOf({ service, action }: Pick<Call, "service" | "action">): string {
    const name = `${PREFIXES[service] ?? service}:${action}`;
    return OTHER_NAMES[name] ?? name;
}

/**
 * Everything that AWS authorises for a call: each resource that it makes, uses or changes, the tags
 * that it gives (`ec2:CreateTags`) and the role that it hands on (`iam:PassRole`).
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 *
 * @throws Error for a call of which nobody has said yet what it needs.
 */
export function requestsOf(call: Asked): IamRequest[] {
    const name = actionOf(call);
    const known = REQUESTS[name];
    if (known === undefined) {
        throw new Error(`what ${name} needs is not known: add it to tests/permissions/requests.ts`);
    }
    return known(call, (call.params ?? {}) as Params);
}

/** The types of things on which an action of EC2 is decided, by the parameter that names them. */
function existing(kind: string, idsIn: (params: Params) => unknown): Requests {
    return (call, params) =>
        listOf(idsIn(params)).map((id) => ({
            action: actionOf(call),
            resource: ec2Arn(call, kind, id),
            context: tagsAs("aws:ResourceTag", call.resourceTags[id] ?? {}),
        }));
}

const anything: Requests = (call) => [{ action: actionOf(call), resource: "*", context: {} }];

function single(arnOf: (call: Asked, params: Params) => string): Requests {
    return (call, params) => [
        { action: actionOf(call), resource: arnOf(call, params), context: {} },
    ];
}

const runInstances: Requests = (call, params) => {
    const nics = (params.NetworkInterfaces ?? []) as Params[];
    const groups = [
        ...listOf(params.SecurityGroupIds),
        ...nics.flatMap(({ Groups }) => listOf(Groups)),
    ];
    const subnet = params.SubnetId ?? nics[0]?.SubnetId ?? "subnet-default";
    const request = (resource: string, context: IamRequest["context"] = {}): IamRequest => ({
        ...{ action: "ec2:RunInstances", resource, context },
    });
    const used = (kind: string, id: string) =>
        request(ec2Arn(call, kind, id), tagsAs("aws:ResourceTag", call.resourceTags[id] ?? {}));
    const made = (kind: string, context: IamRequest["context"] = {}) =>
        request(ec2Arn(call, kind, "new"), { ...newTags(params, kind), ...context });
    const profile = params.IamInstanceProfile?.Name;
    return [
        made("instance", {
            "ec2:InstanceType": String(params.InstanceType),
            // EC2's own default, unless the image or the account says otherwise.
            "ec2:MetadataHttpTokens": params.MetadataOptions?.HttpTokens ?? "optional",
        }),
        made("volume"),
        made("network-interface"),
        request(`arn:${ACCOUNT.partition}:ec2:${call.region}::image/${params.ImageId}`),
        used("subnet", subnet),
        ...(groups.length > 0 ? groups : ["sg-default"]).map((id) => used("security-group", id)),
        ...listOf(params.KeyName).map((name) => used("key-pair", name)),
        ...tagging(call, params),
        // A foundation's profile and its role have one name.
        ...(profile === undefined ? [] : [passRole(iamArn(`role/${profile}`), "ec2")]),
    ];
};

const REQUESTS: Readonly<Record<string, Requests>> = {
    ...Object.fromEntries(
        [
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
            "states:ListStateMachines",
        ].map((action) => [action, anything]),
    ),
    [NEEDS_NO_PERMISSION]: () => [],

    "ec2:RunInstances": runInstances,
    "ec2:ImportKeyPair": (call, params) => [
        {
            action: "ec2:ImportKeyPair",
            resource: ec2Arn(call, "key-pair", params.KeyName),
            context: newTags(params, "key-pair"),
        },
        ...tagging(call, params, params.KeyName),
    ],
    "ec2:CreateSecurityGroup": (call, params) => [
        {
            action: "ec2:CreateSecurityGroup",
            resource: ec2Arn(call, "security-group", "new"),
            context: newTags(params, "security-group"),
        },
        {
            action: "ec2:CreateSecurityGroup",
            resource: ec2Arn(call, "vpc", params.VpcId ?? "vpc-default"),
            context: {},
        },
        ...tagging(call, params),
    ],
    "ec2:CreateTags": (call, params) =>
        listOf(params.Resources).map((id) => ({
            action: "ec2:CreateTags",
            resource: ec2Arn(call, KIND_OF_ID[id.split("-")[0]], id),
            context: {
                ...tagsAs("aws:ResourceTag", call.resourceTags[id] ?? {}),
                ...givenTags(params.Tags ?? []),
            },
        })),
    ...Object.fromEntries(
        [
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:DeleteSecurityGroup",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
        ].map((action) => [action, existing("security-group", ({ GroupId }) => GroupId)]),
    ),
    "ec2:CancelSpotInstanceRequests": existing(
        "spot-instances-request",
        ({ SpotInstanceRequestIds }) => SpotInstanceRequestIds,
    ),
    "ec2:DeleteKeyPair": existing("key-pair", ({ KeyName, KeyPairId }) => KeyName ?? KeyPairId),
    "ec2:DeleteNetworkInterface": existing(
        "network-interface",
        ({ NetworkInterfaceId }) => NetworkInterfaceId,
    ),
    "ec2:DeleteVolume": existing("volume", ({ VolumeId }) => VolumeId),
    "ec2:DescribeInstanceAttribute": existing("instance", ({ InstanceId }) => InstanceId),
    "ec2:GetConsoleOutput": existing("instance", ({ InstanceId }) => InstanceId),
    "ec2:ReleaseAddress": existing("elastic-ip", ({ AllocationId }) => AllocationId),
    "ec2:StopInstances": existing("instance", ({ InstanceIds }) => InstanceIds),
    "ec2:TerminateInstances": existing("instance", ({ InstanceIds }) => InstanceIds),

    "iam:GetInstanceProfile": single((_, { InstanceProfileName }) =>
        iamArn(`instance-profile/${InstanceProfileName}`),
    ),
    "iam:GetRole": single((_, { RoleName }) => iamArn(`role/${RoleName}`)),

    "s3:GetObject": single(objectArn),
    "s3:ListBucket": (call, { Bucket, Prefix }): IamRequest[] => [
        {
            action: actionOf(call),
            resource: `arn:${ACCOUNT.partition}:s3:::${Bucket}`,
            context: Prefix === undefined ? {} : { "s3:prefix": String(Prefix) },
        },
    ],
    "s3:PutObject": single(objectArn),

    "scheduler:CreateSchedule": (call, params) => [
        { action: "scheduler:CreateSchedule", resource: scheduleArn(call, params), context: {} },
        passRole(params.Target.RoleArn, "scheduler"),
    ],
    "scheduler:DeleteSchedule": single(scheduleArn),
    "scheduler:GetSchedule": single(scheduleArn),

    "servicequotas:GetServiceQuota": single((call, { ServiceCode, QuotaCode }) =>
        regionalArn(call, "servicequotas", `${ServiceCode}/${QuotaCode}`),
    ),
    // One of AWS's own stands in no account, for which AWS's list of resources has no form.
    "ssm:GetParameter": single((call, { Name }) => regionalArn(call, "ssm", `parameter${Name}`)),
    "sns:Publish": single((_, { TopicArn }) => TopicArn),
    "states:DescribeStateMachine": single((_, { stateMachineArn }) => stateMachineArn),
    "states:StartExecution": single((_, { stateMachineArn }) => stateMachineArn),
};

const KIND_OF_ID: Readonly<Record<string, string>> = {
    i: "instance",
    sg: "security-group",
    vol: "volume",
};

function regionalArn({ region }: Asked, service: string, resource: string): string {
    return `arn:${ACCOUNT.partition}:${service}:${region}:${ACCOUNT.id}:${resource}`;
}

function ec2Arn(call: Asked, kind: string, id: string): string {
    return regionalArn(call, "ec2", `${kind}/${id}`);
}

function iamArn(resource: string): string {
    return `arn:${ACCOUNT.partition}:iam::${ACCOUNT.id}:${resource}`;
}

function objectArn(_: Asked, { Bucket, Key }: Params): string {
    return `arn:${ACCOUNT.partition}:s3:::${Bucket}/${Key}`;
}

function scheduleArn(call: Asked, { GroupName = "default", Name }: Params): string {
    return regionalArn(call, "scheduler", `schedule/${GroupName}/${Name}`);
}

function passRole(role: string, service: "ec2" | "scheduler"): IamRequest {
    return {
        action: "iam:PassRole",
        resource: role,
        context: { "iam:PassedToService": `${service}.amazonaws.com` },
    };
}

function tagsAs(key: string, tags: Readonly<Record<string, string>>): IamRequest["context"] {
    return Object.fromEntries(Object.entries(tags).map(([name, text]) => [`${key}/${name}`, text]));
}

function givenTags(list: readonly { Key: string; Value: string }[]): IamRequest["context"] {
    return list.length === 0
        ? {}
        : {
              ...tagsAs(
                  "aws:RequestTag",
                  Object.fromEntries(list.map(({ Key, Value }) => [Key, Value])),
              ),
              "aws:TagKeys": list.map(({ Key }) => Key),
          };
}

/** The tags that a call gives to what it makes of one kind. */
function newTags(params: Params, kind: string): IamRequest["context"] {
    const specifications = (params.TagSpecifications ?? []) as Params[];
    return givenTags(
        specifications
            .filter(({ ResourceType }) => ResourceType === kind)
            .flatMap(({ Tags }) => Tags ?? []),
    );
}

/** Tags in a creating call are allowed apart from it, by the name of that call. */
function tagging(call: Asked, params: Params, id = "new"): IamRequest[] {
    const specifications = (params.TagSpecifications ?? []) as Params[];
    return specifications.map(({ ResourceType, Tags }) => ({
        action: "ec2:CreateTags",
        resource: ec2Arn(call, ResourceType, id),
        context: { ...givenTags(Tags ?? []), "ec2:CreateAction": call.action },
    }));
}

function listOf(value: unknown): string[] {
    if (value === undefined || value === null) {
        return [];
    }
    return (Array.isArray(value) ? value : [value]).map(String);
}
