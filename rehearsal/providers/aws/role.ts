import type { Role } from "@aws-sdk/client-iam";
import { sameValue } from "../diff";
import { finishCreation, type ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { iam } from "./clients";
import { keepSpelling, normalJson } from "./json";
import { fromTagList, tagChanges, toTagList } from "./tags";
import { hasCode } from "./waiting";

/** `aws.iam.Role`; policies are attached by resources of their own. */
export const role: ResourceType = {
    inputs: {
        assumeRolePolicy: { required: true, normalize: normalJson },
        description: {},
        forceDetachPolicies: {},
        maxSessionDuration: { default: 3600 },
        name: { replace: true, computed: true },
        namePrefix: { replace: true, computed: true },
        path: { replace: true, default: "/" },
        permissionsBoundary: {},
        tags: {},
    },
    autoName: { property: "name", maxLength: 64, prefixProperty: "namePrefix" },

    async create(inputs) {
        const { CreateRoleCommand } = await import("@aws-sdk/client-iam");
        const name = String(inputs.name);
        await (
            await iam()
        ).send(
            new CreateRoleCommand({
                RoleName: name,
                AssumeRolePolicyDocument: String(inputs.assumeRolePolicy),
                Description: inputs.description as string | undefined,
                MaxSessionDuration: inputs.maxSessionDuration as number | undefined,
                Path: inputs.path as string | undefined,
                PermissionsBoundary: inputs.permissionsBoundary as string | undefined,
                Tags: toTagList(inputs.tags),
            }),
        );
        return finishCreation(name, "IAM Role", () => describe(name, inputs));
    },

    async read(id, state) {
        const outs = await describe(id, state);
        return outs && { id, outs };
    },

    async update(id, olds, news) {
        const sdk = await import("@aws-sdk/client-iam");
        const client = await iam();
        const changed = (key: string) => !sameValue(olds[key], news[key]);
        if (!sameValue(normalJson(olds.assumeRolePolicy), normalJson(news.assumeRolePolicy))) {
            await client.send(
                new sdk.UpdateAssumeRolePolicyCommand({
                    RoleName: id,
                    PolicyDocument: String(news.assumeRolePolicy),
                }),
            );
        }
        if (changed("description") || changed("maxSessionDuration")) {
            await client.send(
                new sdk.UpdateRoleCommand({
                    RoleName: id,
                    Description: String(news.description ?? ""),
                    MaxSessionDuration: news.maxSessionDuration as number | undefined,
                }),
            );
        }
        if (changed("permissionsBoundary")) {
            await (news.permissionsBoundary
                ? client.send(
                      new sdk.PutRolePermissionsBoundaryCommand({
                          RoleName: id,
                          PermissionsBoundary: String(news.permissionsBoundary),
                      }),
                  )
                : client.send(new sdk.DeleteRolePermissionsBoundaryCommand({ RoleName: id })));
        }
        const { set, remove } = tagChanges(olds.tags, news.tags);
        if (remove.length > 0) {
            await client.send(new sdk.UntagRoleCommand({ RoleName: id, TagKeys: remove }));
        }
        if (Object.keys(set).length > 0) {
            await client.send(new sdk.TagRoleCommand({ RoleName: id, Tags: toTagList(set) }));
        }
        return (await describe(id, news)) ?? {};
    },

    async delete(id, state) {
        const sdk = await import("@aws-sdk/client-iam");
        const client = await iam();
        try {
            const { InstanceProfiles } = await client.send(
                new sdk.ListInstanceProfilesForRoleCommand({ RoleName: id }),
            );
            for (const profile of InstanceProfiles ?? []) {
                await client.send(
                    new sdk.RemoveRoleFromInstanceProfileCommand({
                        RoleName: id,
                        InstanceProfileName: profile.InstanceProfileName,
                    }),
                );
            }
            if (state.forceDetachPolicies === true) {
                await detachAll(id);
            }
            await client.send(new sdk.DeleteRoleCommand({ RoleName: id }));
        } catch (error) {
            if (!hasCode(error, "NoSuchEntity", "NoSuchEntityException")) {
                throw error;
            }
        }
    },
};

async function detachAll(name: string): Promise<void> {
    const sdk = await import("@aws-sdk/client-iam");
    const client = await iam();
    const attached = await client.send(new sdk.ListAttachedRolePoliciesCommand({ RoleName: name }));
    for (const { PolicyArn } of attached.AttachedPolicies ?? []) {
        await client.send(new sdk.DetachRolePolicyCommand({ RoleName: name, PolicyArn }));
    }
    const inline = await client.send(new sdk.ListRolePoliciesCommand({ RoleName: name }));
    for (const PolicyName of inline.PolicyNames ?? []) {
        await client.send(new sdk.DeleteRolePolicyCommand({ RoleName: name, PolicyName }));
    }
}

/** Asks for a role by name; undefined when there is none. */
export async function findRole(name: string): Promise<Role | undefined> {
    const { GetRoleCommand } = await import("@aws-sdk/client-iam");
    try {
        return (await (await iam()).send(new GetRoleCommand({ RoleName: name }))).Role;
    } catch (error) {
        if (hasCode(error, "NoSuchEntity", "NoSuchEntityException")) {
            return undefined;
        }
        throw error;
    }
}

async function describe(name: string, inputs: Properties): Promise<Properties | undefined> {
    const found = await findRole(name);
    if (!found) {
        return undefined;
    }
    const tags = fromTagList(found.Tags);
    return {
        arn: found.Arn,
        assumeRolePolicy: keepSpelling(
            inputs.assumeRolePolicy,
            decodeURIComponent(found.AssumeRolePolicyDocument ?? ""),
        ),
        createDate: found.CreateDate?.toISOString(),
        description: found.Description || undefined,
        maxSessionDuration: found.MaxSessionDuration,
        name: found.RoleName,
        path: found.Path,
        permissionsBoundary: found.PermissionsBoundary?.PermissionsBoundaryArn,
        tags: Object.keys(tags).length > 0 ? tags : undefined,
        tagsAll: tags,
        uniqueId: found.RoleId,
    };
}
