import type { InstanceProfile } from "@aws-sdk/client-iam";
import { finishCreation, type ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { iam } from "./clients";
import { fromTagList, tagChanges, toTagList } from "./tags";
import { hasCode } from "./waiting";

/** `aws.iam.InstanceProfile` */
export const instanceProfile: ResourceType = {
    inputs: {
        name: { replace: true, computed: true },
        namePrefix: { replace: true, computed: true },
        path: { replace: true, default: "/" },
        role: {},
        tags: {},
    },
    autoName: { property: "name", maxLength: 128, prefixProperty: "namePrefix" },

    async create(inputs) {
        const { CreateInstanceProfileCommand } = await import("@aws-sdk/client-iam");
        const name = String(inputs.name);
        await (
            await iam()
        ).send(
            new CreateInstanceProfileCommand({
                InstanceProfileName: name,
                Path: inputs.path as string | undefined,
                Tags: toTagList(inputs.tags),
            }),
        );
        return finishCreation(name, "IAM Instance Profile", async () => {
            if (inputs.role !== undefined) {
                await addRole(name, String(inputs.role));
            }
            return describe(name);
        });
    },

    async read(id) {
        const outs = await describe(id);
        return outs && { id, outs };
    },

    async update(id, olds, news) {
        const sdk = await import("@aws-sdk/client-iam");
        const client = await iam();
        if (olds.role !== news.role) {
            if (olds.role) {
                await removeRole(id, String(olds.role));
            }
            if (news.role) {
                await addRole(id, String(news.role));
            }
        }
        const { set, remove } = tagChanges(olds.tags, news.tags);
        if (remove.length > 0) {
            await client.send(
                new sdk.UntagInstanceProfileCommand({ InstanceProfileName: id, TagKeys: remove }),
            );
        }
        if (Object.keys(set).length > 0) {
            await client.send(
                new sdk.TagInstanceProfileCommand({
                    InstanceProfileName: id,
                    Tags: toTagList(set),
                }),
            );
        }
        return (await describe(id)) ?? {};
    },

    async delete(id, state) {
        const { DeleteInstanceProfileCommand } = await import("@aws-sdk/client-iam");
        if (state.role) {
            await removeRole(id, String(state.role));
        }
        try {
            await (await iam()).send(new DeleteInstanceProfileCommand({ InstanceProfileName: id }));
        } catch (error) {
            if (!hasCode(error, "NoSuchEntity", "NoSuchEntityException")) {
                throw error;
            }
        }
    },
};

async function addRole(profile: string, role: string): Promise<void> {
    const { AddRoleToInstanceProfileCommand } = await import("@aws-sdk/client-iam");
    await (
        await iam()
    ).send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: profile, RoleName: role }));
}

async function removeRole(profile: string, role: string): Promise<void> {
    const { RemoveRoleFromInstanceProfileCommand } = await import("@aws-sdk/client-iam");
    try {
        await (
            await iam()
        ).send(
            new RemoveRoleFromInstanceProfileCommand({
                InstanceProfileName: profile,
                RoleName: role,
            }),
        );
    } catch (error) {
        if (!hasCode(error, "NoSuchEntity", "NoSuchEntityException")) {
            throw error;
        }
    }
}

/** Asks for an instance profile by name; undefined when there is none. */
export async function findInstanceProfile(name: string): Promise<InstanceProfile | undefined> {
    const { GetInstanceProfileCommand } = await import("@aws-sdk/client-iam");
    try {
        const answer = await (
            await iam()
        ).send(new GetInstanceProfileCommand({ InstanceProfileName: name }));
        return answer.InstanceProfile;
    } catch (error) {
        if (hasCode(error, "NoSuchEntity", "NoSuchEntityException")) {
            return undefined;
        }
        throw error;
    }
}

async function describe(name: string): Promise<Properties | undefined> {
    const found = await findInstanceProfile(name);
    if (!found) {
        return undefined;
    }
    const tags = fromTagList(found.Tags);
    return {
        arn: found.Arn,
        createDate: found.CreateDate?.toISOString(),
        name: found.InstanceProfileName,
        path: found.Path,
        role: found.Roles?.[0]?.RoleName,
        tags: Object.keys(tags).length > 0 ? tags : undefined,
        tagsAll: tags,
        uniqueId: found.InstanceProfileId,
    };
}
