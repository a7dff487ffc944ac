import { finishCreation, type ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { regionOf, sns } from "./clients";
import { fromTagList, tagChanges, toTagList } from "./tags";
import { hasCode } from "./waiting";

/** `aws.sns.Topic` of the standard kind, with its default policy, unencrypted. */
export const topic: ResourceType = {
    inputs: {
        displayName: {},
        name: { replace: true, computed: true },
        namePrefix: { replace: true, computed: true },
        region: { replace: true, computed: true },
        tags: {},
    },
    autoName: { property: "name", maxLength: 256, prefixProperty: "namePrefix" },

    async create(inputs) {
        const region = regionOf(inputs);
        const { CreateTopicCommand } = await import("@aws-sdk/client-sns");
        const made = await (
            await sns(region)
        ).send(
            new CreateTopicCommand({
                Name: String(inputs.name),
                Attributes: attributesOf(inputs),
                Tags: toTagList(inputs.tags),
            }),
        );
        const arn = made.TopicArn ?? "";
        return finishCreation(arn, "SNS Topic", () => describe(region, arn));
    },

    async read(id, state) {
        const outs = await describe(regionOf(state), id);
        return outs && { id, outs };
    },

    async update(id, olds, news) {
        const region = regionOf(news);
        const client = await sns(region);
        const sdk = await import("@aws-sdk/client-sns");
        if (olds.displayName !== news.displayName) {
            await client.send(
                new sdk.SetTopicAttributesCommand({
                    TopicArn: id,
                    AttributeName: "DisplayName",
                    AttributeValue: String(news.displayName ?? ""),
                }),
            );
        }
        const { set, remove } = tagChanges(olds.tags, news.tags);
        if (remove.length > 0) {
            await client.send(new sdk.UntagResourceCommand({ ResourceArn: id, TagKeys: remove }));
        }
        if (Object.keys(set).length > 0) {
            await client.send(
                new sdk.TagResourceCommand({ ResourceArn: id, Tags: toTagList(set) }),
            );
        }
        return (await describe(region, id)) ?? {};
    },

    async delete(id, state) {
        const { DeleteTopicCommand } = await import("@aws-sdk/client-sns");
        // Deleting a topic that is not there is a success for SNS, too.
        await (await sns(regionOf(state))).send(new DeleteTopicCommand({ TopicArn: id }));
    },
};

function attributesOf(inputs: Properties): Record<string, string> {
    return inputs.displayName === undefined ? {} : { DisplayName: String(inputs.displayName) };
}

async function describe(region: string, arn: string): Promise<Properties | undefined> {
    const sdk = await import("@aws-sdk/client-sns");
    const client = await sns(region);
    try {
        const { Attributes = {} } = await client.send(
            new sdk.GetTopicAttributesCommand({ TopicArn: arn }),
        );
        const { Tags } = await client.send(
            new sdk.ListTagsForResourceCommand({ ResourceArn: arn }),
        );
        const tags = fromTagList(Tags);
        return {
            arn,
            displayName: Attributes.DisplayName || undefined,
            name: arn.split(":").pop(),
            owner: Attributes.Owner,
            region,
            tags: Object.keys(tags).length > 0 ? tags : undefined,
            tagsAll: tags,
        };
    } catch (error) {
        if (hasCode(error, "NotFoundException", "NotFound")) {
            return undefined;
        }
        throw error;
    }
}
