import { reportKey, reportPrefix } from "../machine/reportBucket";
import { errorText, isForbidden } from "./awsErrors";
import type { Cloud, Machine } from "./cloud";
import type { Progress } from "./progress";
import type { ReportFolder } from "./reportFolder";
import { MOST_ARCHIVE_BYTES } from "./unpackReport";

export interface BucketReportOptions {
    readonly cloud: Pick<Cloud, "storedObject" | "storedKeys">;
    readonly bucket: string;
    readonly runId: string;
    readonly folder: ReportFolder;
    readonly progress: Progress;
}

/** An attempt whose report is looked for. */
export interface ReportedAttempt {
    readonly attempt: number;
    /** Machines of it that the cloud knows: another's report is not the attempt's. None: anybody's is. */
    readonly machines: readonly Pick<Machine, "instanceId">[];
}

/**
 * Brings an attempt's report home from the bucket that its machine has pushed it to.
 *
 * @param into the run's own folder, or that of an earlier attempt below it.
 * @returns whether it did. Never throws: why not is told.
 */
export async function bringFromBucket(
    { cloud, bucket, runId, folder, progress }: BucketReportOptions,
    { attempt, machines }: ReportedAttempt,
    into: "run" | "attempts" = "run",
): Promise<boolean> {
    const key = reportKey({ runId, attempt });
    const where = `s3://${bucket}/${key}`;
    try {
        const found = await cloud.storedObject(bucket, key, MOST_ARCHIVE_BYTES);
        if (found === undefined) {
            progress.line(`report: there is none in ${where}`);
            return false;
        }
        const isOurs = machines.some(({ instanceId }) => instanceId === found.instanceId);
        if (machines.length > 0 && !isOurs) {
            progress.warn(
                `report: ${where} is of machine ${found.instanceId ?? "unknown"}, not of this attempt`,
            );
            return false;
        }
        folder.takeArchive(found.bytes, into === "run" ? undefined : attempt);
        progress.line(`report: from ${where}, where the machine had pushed it`);
        return true;
    } catch (error) {
        // S3 says the same of a key that is not there to whoever may not list the bucket.
        const hint = isForbidden(error) ? " (or there is none, and listing is not allowed)" : "";
        progress.warn(`report: ${where} cannot be fetched: ${errorText(error)}${hint}`);
        return false;
    }
}

/**
 * Brings home what the bucket has of a run whose driver is gone: the newest attempt's report as the
 * run's, those of earlier ones below attempts/.
 *
 * @param known attempts of which the cloud or a stack tells.
 * @returns the attempts that came home. Never throws.
 */
export async function bringRunFromBucket(
    options: BucketReportOptions,
    known: readonly ReportedAttempt[],
): Promise<number[]> {
    const listed = await listedAttempts(options);
    const numbers = new Set([...known.map(({ attempt }) => attempt), ...listed]);
    const came: number[] = [];
    for (const attempt of [...numbers].sort((one, other) => other - one)) {
        const machines = known
            .filter((each) => each.attempt === attempt)
            .flatMap((each) => each.machines);
        const into = came.length === 0 ? "run" : "attempts";
        if (await bringFromBucket(options, { attempt, machines }, into)) {
            came.push(attempt);
        }
    }
    return came;
}

async function listedAttempts(options: BucketReportOptions): Promise<number[]> {
    const { cloud, bucket, runId, progress } = options;
    const prefix = reportPrefix(runId);
    try {
        const keys = await cloud.storedKeys(bucket, prefix);
        return keys.flatMap((key) => {
            const attempt = Number(key.slice(prefix.length).split("/")[0]);
            return key === reportKey({ runId, attempt }) ? [attempt] : [];
        });
    } catch (error) {
        progress.warn(`report: s3://${bucket}/${prefix} cannot be listed: ${errorText(error)}`);
        return [];
    }
}
