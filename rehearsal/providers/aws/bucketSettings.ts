import type { LifecycleRule, S3Client, ServerSideEncryptionRule } from "@aws-sdk/client-s3";
import type { ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { regionOf, s3 } from "./clients";
import { hasCode } from "./waiting";

/** What differs between the resources that each say one thing about a bucket. */
interface BucketSetting {
    readonly inputs: ResourceType["inputs"];
    readonly put: (client: S3Client, bucket: string, inputs: Properties) => Promise<unknown>;
    /** The setting's properties as S3 has them. */
    readonly get: (client: S3Client, bucket: string, inputs: Properties) => Promise<Properties>;
    readonly remove: (client: S3Client, bucket: string) => Promise<unknown>;
    /** The errors that mean that there is no such setting. */
    readonly missing: readonly string[];
}

function bucketSetting(setting: BucketSetting): ResourceType {
    const describe = async (id: string, inputs: Properties): Promise<Properties> => {
        const region = regionOf(inputs);
        return {
            ...(await setting.get(await s3(region), id, inputs)),
            bucket: id,
            region,
        };
    };
    const isMissing = (error: unknown) =>
        hasCode(error, "NoSuchBucket", "NotFound", ...setting.missing);
    return {
        inputs: {
            bucket: { replace: true, required: true },
            region: { replace: true, computed: true },
            ...setting.inputs,
        },

        async create(inputs) {
            const id = String(inputs.bucket);
            await setting.put(await s3(regionOf(inputs)), id, inputs);
            return { id, outs: await describe(id, inputs) };
        },

        async read(id, state) {
            try {
                return { id, outs: await describe(id, state) };
            } catch (error) {
                if (isMissing(error)) {
                    return undefined;
                }
                throw error;
            }
        },

        async update(id, _olds, news) {
            await setting.put(await s3(regionOf(news)), id, news);
            return describe(id, news);
        },

        async delete(id, state) {
            try {
                await setting.remove(await s3(regionOf(state)), id);
            } catch (error) {
                if (!isMissing(error)) {
                    throw error;
                }
            }
        },
    };
}

/** `aws.s3.BucketPublicAccessBlock` */
export const bucketPublicAccessBlock = bucketSetting({
    inputs: {
        blockPublicAcls: { default: false },
        blockPublicPolicy: { default: false },
        ignorePublicAcls: { default: false },
        restrictPublicBuckets: { default: false },
    },
    missing: ["NoSuchPublicAccessBlockConfiguration"],
    put: async (client, bucket, inputs) => {
        const { PutPublicAccessBlockCommand } = await import("@aws-sdk/client-s3");
        return client.send(
            new PutPublicAccessBlockCommand({
                Bucket: bucket,
                PublicAccessBlockConfiguration: {
                    BlockPublicAcls: inputs.blockPublicAcls as boolean,
                    BlockPublicPolicy: inputs.blockPublicPolicy as boolean,
                    IgnorePublicAcls: inputs.ignorePublicAcls as boolean,
                    RestrictPublicBuckets: inputs.restrictPublicBuckets as boolean,
                },
            }),
        );
    },
    get: async (client, bucket) => {
        const { GetPublicAccessBlockCommand } = await import("@aws-sdk/client-s3");
        const { PublicAccessBlockConfiguration: found } = await client.send(
            new GetPublicAccessBlockCommand({ Bucket: bucket }),
        );
        return {
            blockPublicAcls: found?.BlockPublicAcls,
            blockPublicPolicy: found?.BlockPublicPolicy,
            ignorePublicAcls: found?.IgnorePublicAcls,
            restrictPublicBuckets: found?.RestrictPublicBuckets,
        };
    },
    remove: async (client, bucket) => {
        const { DeletePublicAccessBlockCommand } = await import("@aws-sdk/client-s3");
        return client.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
    },
});

interface EncryptionRule {
    applyServerSideEncryptionByDefault?: { sseAlgorithm: string; kmsMasterKeyId?: string };
    bucketKeyEnabled?: boolean;
}

const encryptionDefaults = (rules: unknown) =>
    (rules as EncryptionRule[]).map((rule) => ({
        ...rule,
        bucketKeyEnabled: rule.bucketKeyEnabled ?? false,
    }));

/** `aws.s3.BucketServerSideEncryptionConfiguration` */
export const bucketEncryption = bucketSetting({
    inputs: {
        rules: {
            required: true,
            set: true,
            keys: ["applyServerSideEncryptionByDefault", "bucketKeyEnabled"],
            normalize: encryptionDefaults,
        },
    },
    missing: ["ServerSideEncryptionConfigurationNotFoundError"],
    put: async (client, bucket, inputs) => {
        const { PutBucketEncryptionCommand } = await import("@aws-sdk/client-s3");
        return client.send(
            new PutBucketEncryptionCommand({
                Bucket: bucket,
                ServerSideEncryptionConfiguration: {
                    Rules: (inputs.rules as EncryptionRule[]).map(
                        (rule): ServerSideEncryptionRule => ({
                            ApplyServerSideEncryptionByDefault:
                                rule.applyServerSideEncryptionByDefault && {
                                    SSEAlgorithm: rule.applyServerSideEncryptionByDefault
                                        .sseAlgorithm as "AES256",
                                    KMSMasterKeyID:
                                        rule.applyServerSideEncryptionByDefault.kmsMasterKeyId,
                                },
                            BucketKeyEnabled: rule.bucketKeyEnabled,
                        }),
                    ),
                },
            }),
        );
    },
    get: async (client, bucket) => {
        const { GetBucketEncryptionCommand } = await import("@aws-sdk/client-s3");
        const { ServerSideEncryptionConfiguration: found } = await client.send(
            new GetBucketEncryptionCommand({ Bucket: bucket }),
        );
        return {
            rules: (found?.Rules ?? []).map((rule) => ({
                applyServerSideEncryptionByDefault: rule.ApplyServerSideEncryptionByDefault && {
                    sseAlgorithm: rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm,
                    kmsMasterKeyId:
                        rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID || undefined,
                },
                bucketKeyEnabled: rule.BucketKeyEnabled ?? false,
            })),
        };
    },
    remove: async (client, bucket) => {
        const { DeleteBucketEncryptionCommand } = await import("@aws-sdk/client-s3");
        return client.send(new DeleteBucketEncryptionCommand({ Bucket: bucket }));
    },
});

interface ExpiryRule {
    id: string;
    status: "Enabled" | "Disabled";
    filter?: { prefix?: string };
    expiration?: { days?: number; date?: string; expiredObjectDeleteMarker?: boolean };
    abortIncompleteMultipartUpload?: { daysAfterInitiation?: number };
    noncurrentVersionExpiration?: { noncurrentDays?: number; newerNoncurrentVersions?: number };
}

/** `aws.s3.BucketLifecycleConfiguration`: rules that let things expire; no transitions. */
export const bucketLifecycle = bucketSetting({
    inputs: {
        rules: {
            required: true,
            keys: [
                "abortIncompleteMultipartUpload",
                "expiration",
                "filter",
                "id",
                "noncurrentVersionExpiration",
                "status",
            ],
            normalize: (rules) =>
                (rules as ExpiryRule[]).map((rule) => ({
                    ...rule,
                    filter: { prefix: rule.filter?.prefix || undefined },
                })),
        },
    },
    missing: ["NoSuchLifecycleConfiguration"],
    put: async (client, bucket, inputs) => {
        const { PutBucketLifecycleConfigurationCommand } = await import("@aws-sdk/client-s3");
        return client.send(
            new PutBucketLifecycleConfigurationCommand({
                Bucket: bucket,
                LifecycleConfiguration: { Rules: (inputs.rules as ExpiryRule[]).map(toLifecycle) },
            }),
        );
    },
    get: async (client, bucket) => {
        const { GetBucketLifecycleConfigurationCommand } = await import("@aws-sdk/client-s3");
        const { Rules } = await client.send(
            new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }),
        );
        return { rules: (Rules ?? []).map(fromLifecycle) };
    },
    remove: async (client, bucket) => {
        const { DeleteBucketLifecycleCommand } = await import("@aws-sdk/client-s3");
        return client.send(new DeleteBucketLifecycleCommand({ Bucket: bucket }));
    },
});

function toLifecycle(rule: ExpiryRule): LifecycleRule {
    return {
        ID: rule.id,
        Status: rule.status,
        Filter: { Prefix: rule.filter?.prefix ?? "" },
        Expiration: rule.expiration && {
            Days: rule.expiration.days,
            Date: rule.expiration.date ? new Date(rule.expiration.date) : undefined,
            ExpiredObjectDeleteMarker: rule.expiration.expiredObjectDeleteMarker,
        },
        AbortIncompleteMultipartUpload: rule.abortIncompleteMultipartUpload && {
            DaysAfterInitiation: rule.abortIncompleteMultipartUpload.daysAfterInitiation,
        },
        NoncurrentVersionExpiration: rule.noncurrentVersionExpiration && {
            NoncurrentDays: rule.noncurrentVersionExpiration.noncurrentDays,
            NewerNoncurrentVersions: rule.noncurrentVersionExpiration.newerNoncurrentVersions,
        },
    };
}

function fromLifecycle(rule: LifecycleRule): Properties {
    return {
        id: rule.ID,
        status: rule.Status,
        filter: { prefix: rule.Filter?.Prefix ?? "" },
        expiration: rule.Expiration && {
            days: rule.Expiration.Days,
            date: rule.Expiration.Date?.toISOString(),
            expiredObjectDeleteMarker: rule.Expiration.ExpiredObjectDeleteMarker,
        },
        abortIncompleteMultipartUpload: rule.AbortIncompleteMultipartUpload && {
            daysAfterInitiation: rule.AbortIncompleteMultipartUpload.DaysAfterInitiation,
        },
        noncurrentVersionExpiration: rule.NoncurrentVersionExpiration && {
            noncurrentDays: rule.NoncurrentVersionExpiration.NoncurrentDays,
            newerNoncurrentVersions: rule.NoncurrentVersionExpiration.NewerNoncurrentVersions,
        },
    };
}
