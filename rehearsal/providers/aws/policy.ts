import { sameValue } from "../diff";
import { finishCreation, type ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { iam } from "./clients";
import { keepSpelling, normalJson } from "./json";
import { fromTagList, tagChanges, toTagList } from "./tags";
import { hasCode } from "./waiting";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MOST_VERSIONS = 5;

/** `aws.iam.Policy`: a managed policy; its id is its ARN. Attachments are resources of their own. */
export const policy: ResourceType = {
    inputs: {
        description: { replace: true },
        name: { replace: true, computed: true },
        namePrefix: { replace: true, computed: true },
        path: { replace: true, default: "/" },
        policy: { required: true, normalize: normalJson },
        tags: {},
    },
    autoName: { property: "name", maxLength: 128, prefixProperty: "namePrefix" },

    async create(inputs) {
        const { CreatePolicyCommand } = await import("@aws-sdk/client-iam");
        const { Policy } = await (
            await iam()
        ).send(
            new CreatePolicyCommand({
                PolicyName: String(inputs.name),
                PolicyDocument: String(inputs.policy),
                Description: inputs.description as string | undefined,
                Path: inputs.path as string | undefined,
                Tags: toTagList(inputs.tags),
            }),
        );
        const arn = Policy?.Arn ?? "";
        return finishCreation(arn, "IAM Policy", () => describe(arn, inputs));
    },

    async read(id, state) {
        const outs = await describe(id, state);
        return outs && { id, outs };
    },

    async update(id, olds, news) {
        const sdk = await import("@aws-sdk/client-iam");
        const client = await iam();
        if (!sameValue(normalJson(olds.policy), normalJson(news.policy))) {
            await makeRoom(id);
            await client.send(
                new sdk.CreatePolicyVersionCommand({
                    PolicyArn: id,
                    PolicyDocument: String(news.policy),
                    SetAsDefault: true,
                }),
            );
        }
        const { set, remove } = tagChanges(olds.tags, news.tags);
        if (remove.length > 0) {
            await client.send(new sdk.UntagPolicyCommand({ PolicyArn: id, TagKeys: remove }));
        }
        if (Object.keys(set).length > 0) {
            await client.send(new sdk.TagPolicyCommand({ PolicyArn: id, Tags: toTagList(set) }));
        }
        return (await describe(id, news)) ?? {};
    },

    async delete(id) {
        const { DeletePolicyCommand } = await import("@aws-sdk/client-iam");
        try {
            await deleteVersions(id, await olderVersions(id));
            await (await iam()).send(new DeletePolicyCommand({ PolicyArn: id }));
        } catch (error) {
            if (!isGone(error)) {
                throw error;
            }
        }
    },
};

function isGone(error: unknown): boolean {
    return hasCode(error, "NoSuchEntity", "NoSuchEntityException");
}

/** Those that are not in force, the oldest first. */
async function olderVersions(arn: string): Promise<string[]> {
    const { paginateListPolicyVersions } = await import("@aws-sdk/client-iam");
    const found: { id: string; at: number }[] = [];
    const pages = paginateListPolicyVersions({ client: await iam() }, { PolicyArn: arn });
    for await (const { Versions } of pages) {
        for (const { VersionId, CreateDate, IsDefaultVersion } of Versions ?? []) {
            if (VersionId !== undefined && !IsDefaultVersion) {
                found.push({ id: VersionId, at: CreateDate?.getTime() ?? 0 });
            }
        }
    }
    return found.sort((one, other) => one.at - other.at).map(({ id }) => id);
}

async function deleteVersions(arn: string, versions: readonly string[]): Promise<void> {
    const { DeletePolicyVersionCommand } = await import("@aws-sdk/client-iam");
    for (const VersionId of versions) {
        await (await iam()).send(new DeletePolicyVersionCommand({ PolicyArn: arn, VersionId }));
    }
}

async function makeRoom(arn: string): Promise<void> {
    const older = await olderVersions(arn);
    if (older.length + 1 >= MOST_VERSIONS) {
        await deleteVersions(arn, older.slice(0, 1));
    }
}

async function describe(arn: string, inputs: Properties): Promise<Properties | undefined> {
    const { GetPolicyCommand, GetPolicyVersionCommand } = await import("@aws-sdk/client-iam");
    const client = await iam();
    try {
        const { Policy: found } = await client.send(new GetPolicyCommand({ PolicyArn: arn }));
        const { PolicyVersion } = await client.send(
            new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: found?.DefaultVersionId }),
        );
        const tags = fromTagList(found?.Tags);
        return {
            arn: found?.Arn,
            attachmentCount: found?.AttachmentCount,
            description: found?.Description || undefined,
            name: found?.PolicyName,
            path: found?.Path,
            policy: keepSpelling(inputs.policy, decodeURIComponent(PolicyVersion?.Document ?? "")),
            policyId: found?.PolicyId,
            tags: Object.keys(tags).length > 0 ? tags : undefined,
            tagsAll: tags,
        };
    } catch (error) {
        if (isGone(error)) {
            return undefined;
        }
        throw error;
    }
}
