import { didYouMean } from "../common/nearest";
import { UserError } from "../common/userError";

/**
 * AWS regions. Source: botocore 1.44.5, `data/endpoints.json` (partitions aws, aws-us-gov, aws-cn).
 * Whether one offers GPU machines is the cloud's to say: see `Cloud.zonesOffering`.
 */
// prettier-ignore
export const REGIONS = [
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    "ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1",
    "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2",
    "eu-west-1", "eu-west-2", "eu-west-3",
    "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
    "af-south-1", "il-central-1", "me-central-1", "me-south-1",
    "us-gov-east-1", "us-gov-west-1", "cn-north-1", "cn-northwest-1",
] as const;

export type Region = (typeof REGIONS)[number];

/**
 * @throws UserError for a name that is no region: nearest names offered.
 * @example parseRegion("eu-central1"); // UserError: ... did you mean eu-central-1 or ...?
 */
export function parseRegion(text: string): Region {
    if ((REGIONS as readonly string[]).includes(text)) return text as Region;
    throw new UserError(
        `"${text}" is not an AWS region.`,
        REGIONS.join(", "),
        didYouMean(text, REGIONS, "choose one of them"),
    );
}
