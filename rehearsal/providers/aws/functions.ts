import type { ProviderFunction } from "../resourceType";
import { secret } from "../wire";
import { ec2, regionOf, sfn, ssm, sts } from "./clients";
import { findInstanceProfile } from "./instanceProfile";
import { findRole } from "./role";
import { findStateMachine } from "./stateMachine";
import { fromTagList } from "./tags";

function partitionOf(region: string): { partition: string; dnsSuffix: string; reverse: string } {
    if (region.startsWith("cn-")) {
        return {
            partition: "aws-cn",
            dnsSuffix: "amazonaws.com.cn",
            reverse: "cn.com.amazonaws",
        };
    }
    const partition = region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
    return { partition, dnsSuffix: "amazonaws.com", reverse: "com.amazonaws" };
}

const getCallerIdentity: ProviderFunction = async () => {
    const { GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
    const answer = await (await sts()).send(new GetCallerIdentityCommand({}));
    return {
        accountId: answer.Account,
        arn: answer.Arn,
        id: answer.Account,
        userId: answer.UserId,
    };
};

const getRegion: ProviderFunction = async (args) => {
    const region = regionOf({ region: args.region ?? args.name });
    return {
        description: region,
        endpoint: `ec2.${region}.${partitionOf(region).dnsSuffix}`,
        id: region,
        name: region,
        region,
    };
};

const getPartition: ProviderFunction = async () => {
    const { partition, dnsSuffix, reverse } = partitionOf(regionOf({}));
    return { dnsSuffix, id: partition, partition, reverseDnsPrefix: reverse };
};

const getParameter: ProviderFunction = async (args) => {
    const region = regionOf(args);
    const { GetParameterCommand } = await import("@aws-sdk/client-ssm");
    const withDecryption = (args.withDecryption as boolean | undefined) ?? true;
    const name = String(args.name);
    const { Parameter: found } = await (
        await ssm(region)
    ).send(new GetParameterCommand({ Name: name, WithDecryption: withDecryption }));
    return {
        arn: found?.ARN,
        id: found?.Name ?? name,
        insecureValue: found?.Type === "SecureString" ? "" : found?.Value,
        name: found?.Name ?? name,
        region,
        type: found?.Type,
        // Sensitive in the real provider's schema, whatever the parameter's type.
        value: secret(found?.Value ?? ""),
        version: found?.Version,
        withDecryption,
    };
};

/** By its id alone, as this project's programs ask for one. */
const getSubnet: ProviderFunction = async (args) => {
    const region = regionOf(args);
    const { DescribeSubnetsCommand } = await import("@aws-sdk/client-ec2");
    const id = String(args.id);
    const { Subnets } = await (
        await ec2(region)
    ).send(new DescribeSubnetsCommand({ SubnetIds: [id] }));
    const found = Subnets?.[0];
    if (!found) {
        throw new Error(`reading EC2 Subnet (${id}): couldn't find resource`);
    }
    return {
        arn: found.SubnetArn,
        availabilityZone: found.AvailabilityZone,
        availabilityZoneId: found.AvailabilityZoneId,
        cidrBlock: found.CidrBlock,
        defaultForAz: found.DefaultForAz,
        id,
        mapPublicIpOnLaunch: found.MapPublicIpOnLaunch,
        ownerId: found.OwnerId,
        region,
        state: found.State,
        tags: fromTagList(found.Tags),
        vpcId: found.VpcId,
    };
};

const getRole: ProviderFunction = async (args) => {
    const name = String(args.name);
    const found = await findRole(name);
    if (!found) {
        throw new Error(`reading IAM Role (${name}): couldn't find resource`);
    }
    return {
        arn: found.Arn,
        assumeRolePolicy: decodeURIComponent(found.AssumeRolePolicyDocument ?? ""),
        createDate: found.CreateDate?.toISOString(),
        description: found.Description ?? "",
        id: found.RoleName,
        maxSessionDuration: found.MaxSessionDuration,
        name: found.RoleName,
        path: found.Path,
        permissionsBoundary: found.PermissionsBoundary?.PermissionsBoundaryArn ?? "",
        roleLastUseds: [],
        tags: fromTagList(found.Tags),
        uniqueId: found.RoleId,
    };
};

const getInstanceProfile: ProviderFunction = async (args) => {
    const name = String(args.name);
    const found = await findInstanceProfile(name);
    if (!found) {
        throw new Error(`reading IAM Instance Profile (${name}): couldn't find resource`);
    }
    const role = found.Roles?.[0];
    return {
        arn: found.Arn,
        createDate: found.CreateDate?.toISOString(),
        id: found.InstanceProfileId,
        name: found.InstanceProfileName,
        path: found.Path,
        roleArn: role?.Arn ?? "",
        roleId: role?.RoleId ?? "",
        roleName: role?.RoleName ?? "",
    };
};

const getStateMachine: ProviderFunction = async (args) => {
    const region = regionOf(args);
    const name = String(args.name);
    const { paginateListStateMachines } = await import("@aws-sdk/client-sfn");
    const arns: string[] = [];
    for await (const page of paginateListStateMachines({ client: await sfn(region) }, {})) {
        for (const machine of page.stateMachines ?? []) {
            if (machine.name === name && machine.stateMachineArn) {
                arns.push(machine.stateMachineArn);
            }
        }
    }
    const [arn] = arns;
    const found = arn === undefined ? undefined : await findStateMachine(region, arn);
    if (!found) {
        throw new Error(`reading Step Functions State Machine (${name}): couldn't find resource`);
    }
    return {
        arn: found.stateMachineArn,
        creationDate: found.creationDate?.toISOString(),
        definition: found.definition,
        description: found.description ?? "",
        id: found.stateMachineArn,
        name: found.name,
        region,
        revisionId: found.revisionId ?? "",
        roleArn: found.roleArn,
        status: found.status,
    };
};

/** The data sources that this project's programs ask. */
export const awsFunctions: Readonly<Record<string, ProviderFunction>> = {
    "aws:ec2/getSubnet:getSubnet": getSubnet,
    "aws:iam/getInstanceProfile:getInstanceProfile": getInstanceProfile,
    "aws:iam/getRole:getRole": getRole,
    "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
    "aws:index/getPartition:getPartition": getPartition,
    "aws:index/getRegion:getRegion": getRegion,
    "aws:sfn/getStateMachine:getStateMachine": getStateMachine,
    "aws:ssm/getParameter:getParameter": getParameter,
};
