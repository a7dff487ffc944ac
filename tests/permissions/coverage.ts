import type { PolicyDocument, PolicyStatement } from "../../foundation/policies/document";
import { isAllowed, type IamRequest } from "./simulate";

/** `ec2:RunInstances on arn:... with {...}`, of every request that the policy does not allow. */
export async function missing(
    policy: PolicyDocument,
    requests: readonly IamRequest[],
): Promise<string[]> {
    const found: string[] = [];
    for (const request of distinct(requests)) {
        if (!(await isAllowed(policy, request))) {
            const { action, resource, context } = request;
            found.push(`${action} on ${resource} with ${JSON.stringify(context)}`);
        }
    }
    return found;
}

/**
 * The parts of a policy by which no request is allowed: `Look: ec2:DescribeTags`, the action of a
 * statement, or `Look: *`, a resource of it.
 */
export async function unused(
    policy: PolicyDocument,
    requests: readonly IamRequest[],
): Promise<string[]> {
    const found: string[] = [];
    const kinds = distinct(requests);
    for (const statement of policy.Statement) {
        for (const action of statement.Action) {
            if (!(await isUsed({ ...statement, Action: [action] }, kinds))) {
                found.push(`${statement.Sid}: ${action}`);
            }
        }
        for (const resource of statement.Resource) {
            if (!(await isUsed({ ...statement, Resource: [resource] }, kinds))) {
                found.push(`${statement.Sid}: ${resource}`);
            }
        }
    }
    return found;
}

/** What is left of a policy without these actions. */
export function withoutActions(policy: PolicyDocument, actions: readonly string[]): PolicyDocument {
    const left = policy.Statement.map((statement) => ({
        ...statement,
        Action: statement.Action.filter((action) => !actions.includes(action)),
    }));
    return { ...policy, Statement: left.filter(({ Action }) => Action.length > 0) };
}

/** Every action that a policy allows at all. */
export function actionsOf(policy: PolicyDocument): Set<string> {
    return new Set(policy.Statement.flatMap(({ Action }) => Action));
}

async function isUsed(
    statement: PolicyStatement,
    requests: readonly IamRequest[],
): Promise<boolean> {
    const policy: PolicyDocument = { Version: "2012-10-17", Statement: [statement] };
    for (const request of requests) {
        if (statement.Action.includes(request.action) && (await isAllowed(policy, request))) {
            return true;
        }
    }
    return false;
}

function distinct(requests: readonly IamRequest[]): IamRequest[] {
    return [...new Map(requests.map((one) => [JSON.stringify(one), one])).values()];
}
