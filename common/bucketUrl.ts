/** How an object in a bucket is named. */
export const BUCKET_URLS = "s3://BUCKET/KEY";

/** True of what is meant as an object in a bucket, well-formed or not. */
export function isBucketUrl(text: string): boolean {
    return /^s3:/i.test(text);
}

/**
 * Bucket and key of such a URL; undefined of anything else.
 *
 * @example parseBucketUrl("s3://acme/baselines/a.json") // { bucket: "acme", key: "baselines/a.json" }
 */
export function parseBucketUrl(text: string): { bucket: string; key: string } | undefined {
    const found = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/([^/].*[^/]|[^/])$/.exec(text);
    return found ? { bucket: found[1] as string, key: found[2] as string } : undefined;
}
