import { isIP } from "node:net";

import { UserError } from "../common/userError";
import { type MachineFile, machineScript } from "./userData";

/** Where a machine pushes its report, beside whoever fetches it. */
export interface ReportBucketArgs {
    /** Name of a bucket that the machine's role may write to. Default: nothing is pushed. */
    readonly reportBucket?: string;
    /**
     * Where the machine reaches the bucket's store, such as a VPC endpoint. Default: S3 of the
     * machine's own region.
     */
    readonly reportEndpoint?: string;
}

/** What a bucket's name may be, for people. */
export const BUCKET_NAMES =
    "3 to 63 lower-case letters, digits, hyphens and dots, as AWS names buckets";
/** What an endpoint may be, for people. */
export const REPORT_ENDPOINTS =
    "https://HOST or https://HOST:PORT, without a path; http:// only to this machine itself, such as http://127.0.0.1:9000";

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const RESERVED_BUCKET_NAME = /\.\.|^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3)$/;

/** Whether AWS would take this as the name of a bucket. */
export function isBucketName(text: string): boolean {
    return BUCKET_NAME.test(text) && !RESERVED_BUCKET_NAME.test(text) && isIP(text) === 0;
}

/**
 * Whether a report may be pushed there: a session token goes with it, so nothing but loopback is
 * spoken to in the clear.
 *
 * @example isReportEndpoint("https://bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com") // true
 */
export function isReportEndpoint(text: string): boolean {
    // The machine reads it as one word, and signs its host as it is written.
    if (!/^https?:\/\/[a-z0-9.:[\]-]+$/.test(text) || !URL.canParse(text)) {
        return false;
    }
    const { protocol, hostname } = new URL(text);
    const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
    return protocol === "https:" || isLoopback;
}

/** Below this, by run, the reports lie in the bucket. */
export const REPORTS_PREFIX = "runs/";

/** Where in the bucket the reports of a run are. */
export function reportPrefix(runId: string): string {
    return `${REPORTS_PREFIX}${runId}/`;
}

/**
 * The key of an attempt's report.
 *
 * @example reportKey({ runId: "commit-1", attempt: 2 }) // runs/commit-1/2/report.tar.gz
 */
export function reportKey({ runId, attempt }: { runId: string; attempt: number }): string {
    return `${reportPrefix(runId)}${attempt}/report.tar.gz`;
}

/**
 * Refuses what the machine could not push to, before anything is made.
 *
 * @throws UserError for a name that is no bucket's, or an endpoint that no report may go to.
 */
export function checkReportBucket({ reportBucket, reportEndpoint }: ReportBucketArgs): void {
    const next = "correct reportBucket or reportEndpoint, or leave them out";
    if (reportBucket !== undefined && !isBucketName(reportBucket)) {
        throw new UserError(`the report bucket is "${reportBucket}"`, BUCKET_NAMES, next);
    }
    if (reportEndpoint !== undefined && !isReportEndpoint(reportEndpoint)) {
        throw new UserError(`the report endpoint is "${reportEndpoint}"`, REPORT_ENDPOINTS, next);
    }
}

/** Files with which the machine pushes its report; none without a bucket. */
export function pushFiles(
    { reportBucket, reportEndpoint = "" }: ReportBucketArgs,
    run: { runId: string; attempt: number },
): MachineFile[] {
    if (reportBucket === undefined) {
        return [];
    }
    return [
        {
            path: "/etc/ephemeral-gpu-ci/report-bucket",
            content: `/${reportBucket}/${reportKey(run)}\n${reportEndpoint}\n`,
            permissions: "0644",
        },
        machineScript("push.py"),
    ];
}
