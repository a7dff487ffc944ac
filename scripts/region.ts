import { EC2Client } from "@aws-sdk/client-ec2";

import { UserError } from "../common/userError";
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
