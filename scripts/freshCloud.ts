import { isCredentialError } from "./awsErrors";
import type { Cloud } from "./cloud";

/**
 * A cloud that is opened anew when its credentials are refused, and asked once more. A run outlives
 * an hour's credentials (iterative/cml#987, pulumi/pulumi#20801): a new client reads the token file,
 * the profile or the environment as they are now. Where nothing fresh is there, the same refusal
 * comes back.
 *
 * @example freshCloud(() => new AwsCloud({ region }))
 */
export function freshCloud(open: () => Cloud): Cloud {
    let cloud = open();
    return new Proxy(cloud, {
        get(_, key: keyof Cloud) {
            const member: unknown = cloud[key];
            if (typeof member !== "function") {
                return member;
            }
            return async (...given: unknown[]) => {
                const used = cloud;
                try {
                    return await member.apply(used, given);
                } catch (error) {
                    if (!isCredentialError(error)) {
                        throw error;
                    }
                    // Of many calls that are refused at once, the first opens it.
                    cloud = cloud === used ? open() : cloud;
                    return (cloud[key] as typeof member).apply(cloud, given);
                }
            };
        },
    });
}
