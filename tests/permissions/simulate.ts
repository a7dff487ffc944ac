import { runSimulation } from "@cloud-copilot/iam-simulate";

import type { PolicyDocument } from "../../foundation/policies/document";

export const ACCOUNT = { partition: "aws", id: "123456789012" } as const;

/** What IAM decides on: one action on one resource. A call to AWS may be several of these. */
export interface IamRequest {
    /** Such as `ec2:TerminateInstances`. */
    readonly action: string;
    /** An ARN, or `*` for an action that knows no resources. */
    readonly resource: string;
    /** Condition keys and their values, such as `aws:ResourceTag/product`. */
    readonly context: Readonly<Record<string, string | string[]>>;
}

/**
 * Decides as IAM would, conditions included: @cloud-copilot/iam-simulate (AGPL, for tests only) with
 * AWS's own list of actions, their resources and condition keys.
 *
 * @throws Error for an action, a resource or a condition key that AWS does not know there.
 */
export async function isAllowed(policy: PolicyDocument, request: IamRequest): Promise<boolean> {
    const { action, resource, context } = request;
    const answer = await runSimulation(
        {
            request: {
                principal: `arn:${ACCOUNT.partition}:iam::${ACCOUNT.id}:role/of-the-test`,
                action,
                resource: { resource, accountId: ACCOUNT.id },
                contextVariables: { ...context },
            },
            identityPolicies: [{ name: "policy", policy }],
            serviceControlPolicies: [],
            resourceControlPolicies: [],
        },
        {},
    );
    if (answer.resultType !== "single") {
        throw new Error(`no decision on ${action} on ${resource}: ${JSON.stringify(answer)}`);
    }
    const ignored = answer.result.ignoredContextKeys ?? [];
    if (ignored.length > 0) {
        throw new Error(`${action} on ${resource} has no condition keys ${ignored.join(", ")}`);
    }
    return answer.overallResult === "Allowed";
}
