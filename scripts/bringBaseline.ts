import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";

import { parseBucketUrl } from "../common/bucketUrl";
import { UserError } from "../common/userError";
import { loadBaseline } from "../suite/baseline/loadBaseline";
import { errorText } from "./awsErrors";
import type { Cloud } from "./cloud";

const MOST_BASELINE_BYTES = 256 * 1024 * 1024;

export interface BringBaselineOptions {
    readonly cloud: Pick<Cloud, "storedObject">;
    readonly projectDir: string;
    /** Where one from a bucket is kept, until the stack has copied it. */
    readonly folder: string;
}

/**
 * The baseline of a run as a file on this computer, fetched where it is in a bucket.
 *
 * @param given a file, or s3://BUCKET/KEY.
 * @throws UserError where there is none, or it is no baseline: before anything is rented.
 * @example await bringBaseline("s3://acme-reports/baselines/known-good.json", options)
 */
export async function bringBaseline(
    given: string,
    { cloud, projectDir, folder }: BringBaselineOptions,
): Promise<string> {
    const place = parseBucketUrl(given);
    if (place === undefined) {
        const file = resolve(projectDir, given);
        loadBaseline(file);
        return file;
    }
    const bytes = await fetchBaseline(given, place, cloud);
    // Its name in the bucket is the baseline's; results.json is called after what stands before it.
    const own = basename(place.key, extname(place.key));
    const name = own === "results" ? basename(dirname(place.key)) : own;
    const file = join(folder, `${name}.json`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, bytes);
    loadBaseline(file);
    return file;
}

async function fetchBaseline(
    url: string,
    { bucket, key }: { readonly bucket: string; readonly key: string },
    cloud: Pick<Cloud, "storedObject">,
): Promise<Uint8Array> {
    let why = "there is none";
    try {
        const found = await cloud.storedObject(bucket, key, MOST_BASELINE_BYTES);
        if (found !== undefined) {
            return found.bytes;
        }
    } catch (error) {
        why = errorText(error);
    }
    throw new UserError(
        `the baseline ${url} cannot be fetched: ${why}`,
        "results.json of a run, which these credentials may read",
        "correct the setting baseline, or leave it out",
    );
}
