import type { EC2Client, IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";
import { sameValue } from "../diff";
import { finishCreation, type ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { callerAccount } from "./account";
import { ec2, regionOf } from "./clients";
import { fromTagList, tagSpecification, updateEc2Tags } from "./tags";
import { hasCode, pollUntil } from "./waiting";

/** The real provider's delete timeout: an instance that is going still holds the group. */
const DELETE_TIMEOUT_SECONDS = 900;

/** One rule as programs write it. */
export interface Rule {
    readonly protocol: string;
    readonly fromPort: number;
    readonly toPort: number;
    readonly cidrBlocks?: string[];
    readonly ipv6CidrBlocks?: string[];
    readonly prefixListIds?: string[];
    readonly securityGroups?: string[];
    readonly self?: boolean;
    readonly description?: string;
}

const RULE = {
    computed: true,
    set: true,
    normalize: (rules: unknown) => (rules as Rule[]).map(normalRule),
    keys: [
        "cidrBlocks",
        "description",
        "fromPort",
        "ipv6CidrBlocks",
        "prefixListIds",
        "protocol",
        "securityGroups",
        "self",
        "toPort",
    ],
} as const;

/** `aws.ec2.SecurityGroup` with its rules given inline. */
export const securityGroup: ResourceType = {
    inputs: {
        description: { replace: true, default: "Managed by Pulumi" },
        egress: RULE,
        ingress: RULE,
        name: { replace: true, computed: true },
        namePrefix: { replace: true, computed: true },
        region: { replace: true, computed: true },
        revokeRulesOnDelete: {},
        tags: {},
        vpcId: { replace: true, computed: true },
    },
    autoName: { property: "name", maxLength: 255, prefixProperty: "namePrefix" },

    async create(inputs, context) {
        const region = regionOf(inputs);
        const client = await ec2(region);
        const sdk = await import("@aws-sdk/client-ec2");
        const { GroupId: id } = await client.send(
            new sdk.CreateSecurityGroupCommand({
                GroupName: String(inputs.name),
                Description: String(inputs.description),
                VpcId: inputs.vpcId as string | undefined,
                TagSpecifications: tagSpecification("security-group", inputs.tags),
            }),
        );
        if (!id) {
            throw new Error("creating Security Group: EC2 answered without an id");
        }
        return finishCreation(id, "Security Group", async () => {
            const found = await pollUntil(() => find(client, id), {
                signal: context.signal,
                timeoutSeconds: 60,
                what: `Security Group (${id})`,
            });
            // AWS lets everything out by default; a program says what may leave.
            const defaults = (found.IpPermissionsEgress ?? []).filter(isAllowAll);
            if (defaults.length > 0) {
                await client.send(
                    new sdk.RevokeSecurityGroupEgressCommand({
                        GroupId: id,
                        IpPermissions: defaults,
                    }),
                );
            }
            await authorize(client, id, "ingress", rulesOf(inputs.ingress));
            await authorize(client, id, "egress", rulesOf(inputs.egress));
            return describe(client, region, id);
        });
    },

    async read(id, state) {
        const region = regionOf(state);
        const client = await ec2(region);
        if (!(await find(client, id))) {
            return undefined;
        }
        return { id, outs: await describe(client, region, id) };
    },

    async update(id, olds, news) {
        const region = regionOf(news);
        const client = await ec2(region);
        await updateEc2Tags(region, [id], olds.tags, news.tags);
        for (const direction of ["ingress", "egress"] as const) {
            if (news[direction] !== undefined) {
                const before = rulesOf(olds[direction]);
                const after = rulesOf(news[direction]);
                await revoke(client, id, direction, without(before, after));
                await authorize(client, id, direction, without(after, before));
            }
        }
        return describe(client, region, id);
    },

    async delete(id, state, context) {
        const client = await ec2(regionOf(state));
        const sdk = await import("@aws-sdk/client-ec2");
        if (state.revokeRulesOnDelete === true) {
            await revoke(client, id, "ingress", rulesOf(state.ingress));
            await revoke(client, id, "egress", rulesOf(state.egress));
        }
        await pollUntil(
            async () => {
                try {
                    await client.send(new sdk.DeleteSecurityGroupCommand({ GroupId: id }));
                    return true;
                } catch (error) {
                    if (hasCode(error, "InvalidGroup.NotFound", "InvalidGroupId.NotFound")) {
                        return true;
                    }
                    if (hasCode(error, "DependencyViolation", "InvalidGroup.InUse")) {
                        return undefined;
                    }
                    throw error;
                }
            },
            {
                signal: context.signal,
                timeoutSeconds: DELETE_TIMEOUT_SECONDS,
                what: `nothing to use Security Group (${id}) any more`,
                intervalMilliseconds: 500,
            },
        );
    },
};

function rulesOf(value: unknown): Rule[] {
    return Array.isArray(value) ? (value as Rule[]).map(normalRule) : [];
}

/** A rule with every list sorted and every default written out. */
export function normalRule(rule: Rule): Rule {
    const sorted = (list: string[] | undefined) => [...(list ?? [])].sort();
    const protocol = String(rule.protocol).toLowerCase();
    return {
        protocol: protocol === "all" ? "-1" : protocol,
        fromPort: rule.fromPort,
        toPort: rule.toPort,
        cidrBlocks: sorted(rule.cidrBlocks),
        ipv6CidrBlocks: sorted(rule.ipv6CidrBlocks),
        prefixListIds: sorted(rule.prefixListIds),
        securityGroups: sorted(rule.securityGroups),
        self: rule.self ?? false,
        description: rule.description ?? "",
    };
}

function without(rules: Rule[], others: Rule[]): Rule[] {
    return rules.filter((rule) => !others.some((other) => sameValue(rule, other)));
}

/** A rule as EC2 wants it. */
export function toPermission(rule: Rule, groupId: string): IpPermission {
    const Description = rule.description || undefined;
    const anyPort = rule.protocol === "-1";
    const pairs = [...(rule.securityGroups ?? []), ...(rule.self ? [groupId] : [])];
    return {
        IpProtocol: rule.protocol,
        FromPort: anyPort ? undefined : rule.fromPort,
        ToPort: anyPort ? undefined : rule.toPort,
        IpRanges: listOrNone(rule.cidrBlocks, (CidrIp) => ({ CidrIp, Description })),
        Ipv6Ranges: listOrNone(rule.ipv6CidrBlocks, (CidrIpv6) => ({ CidrIpv6, Description })),
        PrefixListIds: listOrNone(rule.prefixListIds, (PrefixListId) => ({
            PrefixListId,
            Description,
        })),
        UserIdGroupPairs: listOrNone(pairs, (GroupId) => ({ GroupId, Description })),
    };
}

function listOrNone<T>(list: string[] | undefined, map: (item: string) => T): T[] | undefined {
    return list && list.length > 0 ? list.map(map) : undefined;
}

/** EC2's permissions as rules, one for each protocol, ports and description, as the provider groups them. */
export function toRules(permissions: readonly IpPermission[], groupId: string): Rule[] {
    const rules = new Map<string, Rule>();
    for (const permission of permissions) {
        const add = (description: string | undefined, part: Partial<Rule>) => {
            const key = [
                permission.IpProtocol,
                permission.FromPort,
                permission.ToPort,
                description,
            ].join("|");
            const rule = rules.get(key) ?? {
                protocol: permission.IpProtocol ?? "-1",
                fromPort: permission.FromPort ?? 0,
                toPort: permission.ToPort ?? 0,
                description: description ?? "",
            };
            rules.set(key, {
                ...rule,
                cidrBlocks: [...(rule.cidrBlocks ?? []), ...(part.cidrBlocks ?? [])],
                ipv6CidrBlocks: [...(rule.ipv6CidrBlocks ?? []), ...(part.ipv6CidrBlocks ?? [])],
                prefixListIds: [...(rule.prefixListIds ?? []), ...(part.prefixListIds ?? [])],
                securityGroups: [...(rule.securityGroups ?? []), ...(part.securityGroups ?? [])],
                self: rule.self || part.self,
            });
        };
        for (const range of permission.IpRanges ?? []) {
            add(range.Description, { cidrBlocks: [range.CidrIp ?? ""] });
        }
        for (const range of permission.Ipv6Ranges ?? []) {
            add(range.Description, { ipv6CidrBlocks: [range.CidrIpv6 ?? ""] });
        }
        for (const list of permission.PrefixListIds ?? []) {
            add(list.Description, { prefixListIds: [list.PrefixListId ?? ""] });
        }
        for (const pair of permission.UserIdGroupPairs ?? []) {
            add(
                pair.Description,
                pair.GroupId === groupId
                    ? { self: true }
                    : { securityGroups: [pair.GroupId ?? ""] },
            );
        }
    }
    return [...rules.values()].map(normalRule);
}

function isAllowAll(permission: IpPermission): boolean {
    return (
        permission.IpProtocol === "-1" &&
        [...(permission.IpRanges ?? [])].every((range) => range.CidrIp === "0.0.0.0/0") &&
        [...(permission.Ipv6Ranges ?? [])].every((range) => range.CidrIpv6 === "::/0")
    );
}

async function authorize(
    client: EC2Client,
    id: string,
    direction: "ingress" | "egress",
    rules: Rule[],
): Promise<void> {
    if (rules.length === 0) {
        return;
    }
    const sdk = await import("@aws-sdk/client-ec2");
    const input = { GroupId: id, IpPermissions: rules.map((rule) => toPermission(rule, id)) };
    await (direction === "ingress"
        ? client.send(new sdk.AuthorizeSecurityGroupIngressCommand(input))
        : client.send(new sdk.AuthorizeSecurityGroupEgressCommand(input)));
}

async function revoke(
    client: EC2Client,
    id: string,
    direction: "ingress" | "egress",
    rules: Rule[],
): Promise<void> {
    if (rules.length === 0) {
        return;
    }
    const sdk = await import("@aws-sdk/client-ec2");
    const input = { GroupId: id, IpPermissions: rules.map((rule) => toPermission(rule, id)) };
    try {
        await (direction === "ingress"
            ? client.send(new sdk.RevokeSecurityGroupIngressCommand(input))
            : client.send(new sdk.RevokeSecurityGroupEgressCommand(input)));
    } catch (error) {
        if (!hasCode(error, "InvalidGroup.NotFound", "InvalidPermission.NotFound")) {
            throw error;
        }
    }
}

async function find(client: EC2Client, id: string): Promise<SecurityGroup | undefined> {
    const { DescribeSecurityGroupsCommand } = await import("@aws-sdk/client-ec2");
    try {
        const answer = await client.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
        return answer.SecurityGroups?.[0];
    } catch (error) {
        if (hasCode(error, "InvalidGroup.NotFound", "InvalidGroupId.NotFound")) {
            return undefined;
        }
        throw error;
    }
}

async function describe(client: EC2Client, region: string, id: string): Promise<Properties> {
    const found = await find(client, id);
    if (!found) {
        throw new Error(`Security Group (${id}) is gone`);
    }
    const tags = fromTagList(found.Tags);
    return {
        arn: `arn:aws:ec2:${region}:${found.OwnerId ?? (await callerAccount())}:security-group/${id}`,
        description: found.Description,
        egress: toRules(found.IpPermissionsEgress ?? [], id),
        ingress: toRules(found.IpPermissions ?? [], id),
        name: found.GroupName,
        ownerId: found.OwnerId,
        region,
        tags: Object.keys(tags).length > 0 ? tags : undefined,
        tagsAll: tags,
        vpcId: found.VpcId,
    };
}
