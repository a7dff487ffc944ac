import { EC2Client } from "@aws-sdk/client-ec2";

import { UserError } from "../common/userError";
import { parseRegion } from "../sizing";
import { providerSetting, type StackFile } from "./stackFile";

/**
 * The one region of a run. The program launches where Pulumi's AWS provider says (`aws:region` of
 * the stack's settings, else the environment, else the profile); asking "is anything left?" in
 * another region would always be answered with "no".
 *
 * @throws UserError when nothing names a region.
 */
export async function resolveRegion(file: StackFile, env: NodeJS.ProcessEnv): Promise<string> {
    const named = providerSetting(file, "aws:region") || env.AWS_REGION || env.AWS_DEFAULT_REGION;
    if (named) {
        return named;
    }
    const profile = providerSetting(file, "aws:profile");
    const client = new EC2Client(profile ? { profile } : {});
    try {
        return await client.config.region();
    } catch {
        throw new UserError(
            "no AWS region was given",
            "a region such as us-east-1",
            "set AWS_REGION, or aws:region in the stack's settings",
        );
    } finally {
        client.destroy();
    }
}

/**
 * The regions of a command that looks for what is left: as listed, `a,b`, else the environment's.
 *
 * @throws UserError for an unknown region, or when nothing names one.
 */
export async function chooseRegions(
    listed: string | undefined,
    env: NodeJS.ProcessEnv,
): Promise<string[]> {
    // An output of a run that never got so far is an empty text.
    const named = (listed ?? "").split(",").flatMap((text) => text.trim() || []);
    return named.length === 0
        ? [await resolveRegion({}, env)]
        : [...new Set(named.map((text) => parseRegion(text)))];
}
