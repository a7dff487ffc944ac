import type { EC2Client } from "@aws-sdk/client-ec2";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SchedulerClient } from "@aws-sdk/client-scheduler";
import type { SFNClient } from "@aws-sdk/client-sfn";
import type { SNSClient } from "@aws-sdk/client-sns";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { STSClient } from "@aws-sdk/client-sts";

/** Low on purpose: failing over is the driver's work, not the provider's. */
const MAX_ATTEMPTS = 3;

/**
 * The region of the environment; the settings of an explicit provider resource do not reach a
 * TypeScript provider.
 *
 * @throws Error when neither AWS_REGION nor AWS_DEFAULT_REGION is set.
 */
export function defaultRegion(): string {
    const region = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
    if (!region) {
        throw new Error(
            "the stand-in for the aws provider knows no region: set AWS_REGION " +
                "(aws:region in the stack's settings does not reach a stand-in)",
        );
    }
    return region;
}

const settings = (region: string) => ({ region, maxAttempts: MAX_ATTEMPTS });
const clients = new Map<string, unknown>();

async function client<T>(service: string, region: string, make: () => Promise<T>): Promise<T> {
    const key = `${service}/${region}`;
    let made = clients.get(key) as Promise<T> | undefined;
    if (!made) {
        made = make();
        clients.set(key, made);
    }
    return made;
}

/** The region asked for by a resource's own `region` input, else the environment's. */
export function regionOf(properties: { readonly region?: unknown }): string {
    return typeof properties.region === "string" && properties.region !== ""
        ? properties.region
        : defaultRegion();
}

// Each SDK package is loaded when it is first needed: the plugin starts for every engine command.
export const ec2 = (region: string): Promise<EC2Client> =>
    client("ec2", region, async () => {
        const { EC2Client } = await import("@aws-sdk/client-ec2");
        return new EC2Client(settings(region));
    });

export const iam = (): Promise<IAMClient> =>
    client("iam", defaultRegion(), async () => {
        const { IAMClient } = await import("@aws-sdk/client-iam");
        return new IAMClient(settings(defaultRegion()));
    });

export const s3 = (region: string): Promise<S3Client> =>
    client("s3", region, async () => {
        const { S3Client } = await import("@aws-sdk/client-s3");
        // An emulator on a loopback address has no bucket host names.
        const forcePathStyle = Boolean(
            process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL,
        );
        return new S3Client({ ...settings(region), forcePathStyle });
    });

export const scheduler = (region: string): Promise<SchedulerClient> =>
    client("scheduler", region, async () => {
        const { SchedulerClient } = await import("@aws-sdk/client-scheduler");
        return new SchedulerClient(settings(region));
    });

export const sfn = (region: string): Promise<SFNClient> =>
    client("sfn", region, async () => {
        const { SFNClient } = await import("@aws-sdk/client-sfn");
        return new SFNClient(settings(region));
    });

export const sns = (region: string): Promise<SNSClient> =>
    client("sns", region, async () => {
        const { SNSClient } = await import("@aws-sdk/client-sns");
        return new SNSClient(settings(region));
    });

export const ssm = (region: string): Promise<SSMClient> =>
    client("ssm", region, async () => {
        const { SSMClient } = await import("@aws-sdk/client-ssm");
        return new SSMClient(settings(region));
    });

export const sts = (): Promise<STSClient> =>
    client("sts", defaultRegion(), async () => {
        const { STSClient } = await import("@aws-sdk/client-sts");
        return new STSClient(settings(defaultRegion()));
    });
