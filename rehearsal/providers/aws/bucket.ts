import type { S3Client } from "@aws-sdk/client-s3";
import { sameValue } from "../diff";
import { finishCreation, type ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { regionOf, s3 } from "./clients";
import { fromTagList, toTagList } from "./tags";
import { errorCode, hasCode } from "./waiting";

/** `aws.s3.Bucket`; everything about it is said by resources of its own, as AWS recommends. */
export const bucket: ResourceType = {
    inputs: {
        bucket: { replace: true, computed: true },
        bucketPrefix: { replace: true, computed: true },
        forceDestroy: { default: false },
        region: { replace: true, computed: true },
        tags: {},
    },
    autoName: { property: "bucket", maxLength: 63, prefixProperty: "bucketPrefix" },

    async create(inputs) {
        const region = regionOf(inputs);
        const client = await s3(region);
        const sdk = await import("@aws-sdk/client-s3");
        const name = String(inputs.bucket).toLowerCase();
        await client.send(
            new sdk.CreateBucketCommand({
                Bucket: name,
                // us-east-1 is the one region that may not be named.
                CreateBucketConfiguration:
                    region === "us-east-1"
                        ? undefined
                        : { LocationConstraint: region as "eu-west-1" },
            }),
        );
        return finishCreation(name, "S3 Bucket", async () => {
            await putTags(client, name, inputs.tags);
            return describe(client, region, name);
        });
    },

    async read(id, state) {
        const region = regionOf(state);
        const outs = await describe(await s3(region), region, id);
        return outs && { id, outs };
    },

    async update(id, olds, news) {
        const region = regionOf(news);
        const client = await s3(region);
        if (!sameValue(olds.tags, news.tags)) {
            await putTags(client, id, news.tags);
        }
        return (await describe(client, region, id)) ?? {};
    },

    async delete(id, state) {
        const client = await s3(regionOf(state));
        const sdk = await import("@aws-sdk/client-s3");
        try {
            if (state.forceDestroy === true) {
                await empty(client, id);
            }
            await client.send(new sdk.DeleteBucketCommand({ Bucket: id }));
        } catch (error) {
            if (hasCode(error, "BucketNotEmpty")) {
                throw new Error(
                    `deleting S3 Bucket (${id}): it is not empty; set forceDestroy to delete what is in it`,
                    { cause: error },
                );
            }
            if (!hasCode(error, "NoSuchBucket")) {
                throw error;
            }
        }
    },
};

async function empty(client: S3Client, name: string): Promise<void> {
    const sdk = await import("@aws-sdk/client-s3");
    for (;;) {
        const listed = await client.send(new sdk.ListObjectVersionsCommand({ Bucket: name }));
        const objects = [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])].map(
            ({ Key, VersionId }) => ({ Key, VersionId }),
        );
        if (objects.length === 0) {
            return;
        }
        await client.send(
            new sdk.DeleteObjectsCommand({ Bucket: name, Delete: { Objects: objects } }),
        );
    }
}

async function putTags(client: S3Client, name: string, tags: unknown): Promise<void> {
    const sdk = await import("@aws-sdk/client-s3");
    const list = toTagList(tags);
    if (list.length > 0) {
        await client.send(
            new sdk.PutBucketTaggingCommand({ Bucket: name, Tagging: { TagSet: list } }),
        );
    } else {
        await client.send(new sdk.DeleteBucketTaggingCommand({ Bucket: name }));
    }
}

async function describe(
    client: S3Client,
    region: string,
    name: string,
): Promise<Properties | undefined> {
    const sdk = await import("@aws-sdk/client-s3");
    try {
        await client.send(new sdk.HeadBucketCommand({ Bucket: name }));
    } catch (error) {
        if (hasCode(error, "NotFound", "NoSuchBucket")) {
            return undefined;
        }
        throw error;
    }
    let tags: Record<string, string> = {};
    try {
        const tagging = await client.send(new sdk.GetBucketTaggingCommand({ Bucket: name }));
        tags = fromTagList(tagging.TagSet);
    } catch (error) {
        if (errorCode(error) !== "NoSuchTagSet") {
            throw error;
        }
    }
    return {
        arn: `arn:aws:s3:::${name}`,
        bucket: name,
        bucketDomainName: `${name}.s3.amazonaws.com`,
        bucketRegion: region,
        bucketRegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
        region,
        tags: Object.keys(tags).length > 0 ? tags : undefined,
        tagsAll: tags,
    };
}
