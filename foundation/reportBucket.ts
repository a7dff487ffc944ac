import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface ReportBucketArgs {
    readonly bucketName: string;
    /** Days after which a report is deleted. */
    readonly retentionDays: number;
    /** The role that may store reports, and nothing else. */
    readonly writerRoleName: pulumi.Input<string>;
    readonly tags: Record<string, string>;
}

/** A private, encrypted bucket in which reports survive everything for a while. */
export class ReportBucket extends pulumi.ComponentResource {
    public readonly arn: pulumi.Output<string>;

    constructor(name: string, args: ReportBucketArgs, opts?: pulumi.ComponentResourceOptions) {
        super("ephemeral-gpu-ci:foundation:ReportBucket", name, {}, opts);
        const parent = { parent: this };

        const bucket = new aws.s3.Bucket(
            `${name}-bucket`,
            { bucket: args.bucketName, tags: args.tags },
            parent,
        );
        new aws.s3.BucketPublicAccessBlock(
            `${name}-private`,
            {
                bucket: bucket.id,
                blockPublicAcls: true,
                blockPublicPolicy: true,
                ignorePublicAcls: true,
                restrictPublicBuckets: true,
            },
            parent,
        );
        new aws.s3.BucketServerSideEncryptionConfiguration(
            `${name}-encryption`,
            {
                bucket: bucket.id,
                rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
            },
            parent,
        );
        new aws.s3.BucketLifecycleConfiguration(
            `${name}-retention`,
            {
                bucket: bucket.id,
                rules: [
                    {
                        id: "delete-old-reports",
                        status: "Enabled",
                        filter: { prefix: "" },
                        expiration: { days: args.retentionDays },
                    },
                ],
            },
            parent,
        );
        new aws.iam.RolePolicy(
            `${name}-writer`,
            {
                name: "store-reports",
                role: args.writerRoleName,
                policy: bucket.arn.apply((arn) =>
                    JSON.stringify({
                        Version: "2012-10-17",
                        Statement: [
                            { Effect: "Allow", Action: "s3:PutObject", Resource: `${arn}/runs/*` },
                        ],
                    }),
                ),
            },
            parent,
        );

        this.arn = bucket.arn;
        this.registerOutputs({ arn: this.arn });
    }
}
