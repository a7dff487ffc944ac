import { REPORTS_PREFIX } from "../../machine/reportBucket";
import { policyDocument, type PolicyDocument } from "./document";

/**
 * What a rented machine may do: store its report. Whoever breaks into one can read nothing, not even
 * other reports, and end or start nothing. Without a bucket a machine has no policy at all.
 *
 * @param reportBucketArn such as `arn:aws:s3:::acme-gpu-reports`.
 */
export function machinePolicy(reportBucketArn: string): PolicyDocument {
    return policyDocument([
        {
            Sid: "StoreReports",
            Effect: "Allow",
            Action: ["s3:PutObject"],
            Resource: [`${reportBucketArn}/${REPORTS_PREFIX}*`],
        },
    ]);
}
