import {
    GetPolicyCommand,
    GetPolicyVersionCommand,
    GetRolePolicyCommand,
    type IAMClient,
} from "@aws-sdk/client-iam";

import { FOUNDATION_NAMES } from "../../components/names";
import type { PolicyDocument } from "../../foundation/policies/document";
import type { Role } from "./callers";
import { ACCOUNT } from "./simulate";

/** Roles of the foundation, and the name of each one's policy. */
const INLINE = {
    terminator: [FOUNDATION_NAMES.terminatorName, "end-machines"],
    deadline: [FOUNDATION_NAMES.deadlineRoleName, "start-terminator"],
    machine: [FOUNDATION_NAMES.instanceProfileName, "store-reports"],
} as const;

/** A policy as the foundation has deployed it; the machine has one only where there is a bucket. */
export async function deployedPolicy(iam: IAMClient, role: Role): Promise<PolicyDocument> {
    if (role === "ci") {
        const PolicyArn = `arn:aws:iam::${ACCOUNT.id}:policy/${FOUNDATION_NAMES.ciPolicyName}`;
        const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
        const { PolicyVersion } = await iam.send(
            new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy!.DefaultVersionId }),
        );
        return JSON.parse(decodeURIComponent(PolicyVersion!.Document!));
    }
    const [RoleName, PolicyName] = INLINE[role];
    const found = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    return JSON.parse(decodeURIComponent(found.PolicyDocument!));
}
