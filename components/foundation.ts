import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { UserError } from "../common/userError";
import { FOUNDATION_NAMES } from "./names";

/** What a run needs of the account's foundation, which is deployed once from `foundation/`. */
export interface Foundation {
    /** The state machine that ends machines past their deadline. */
    readonly terminatorArn: string;
    /** The role with which a schedule starts it. */
    readonly deadlineRoleArn: string;
    /** The machine's instance profile. */
    readonly instanceProfileName: string;
}

export interface FoundationNames {
    /** Default `ephemeral-gpu-ci-terminator`. */
    readonly terminatorName?: string;
    /** Default `ephemeral-gpu-ci-deadline`. */
    readonly deadlineRoleName?: string;
    /** Default `ephemeral-gpu-ci-machine`. */
    readonly instanceProfileName?: string;
}

/**
 * Finds the account's foundation.
 *
 * @throws UserError when there are no credentials or a part of the foundation is missing; nothing
 * has been created by then.
 */
export async function findFoundation(
    names: FoundationNames = {},
    opts?: pulumi.InvokeOptions,
): Promise<Foundation> {
    const {
        terminatorName = FOUNDATION_NAMES.terminatorName,
        deadlineRoleName = FOUNDATION_NAMES.deadlineRoleName,
        instanceProfileName = FOUNDATION_NAMES.instanceProfileName,
    } = names;

    await aws.getCallerIdentity({}, opts).catch((error: Error) => {
        throw new UserError(
            `AWS did not accept the caller: ${reason(error)}`,
            "credentials by environment (AWS_ACCESS_KEY_ID, ...), profile (AWS_PROFILE) or OIDC",
            "log in, then check with `gpu-ci doctor`",
        );
    });
    const missing = (what: string) => (error: Error) => {
        throw new UserError(
            `the account has no ${what}: ${reason(error)}`,
            "an account in which the foundation is deployed",
            "deploy it once: cd foundation && pulumi up",
        );
    };
    const [role, terminator] = await Promise.all([
        aws.iam
            .getRole({ name: deadlineRoleName }, opts)
            .catch(missing(`role ${deadlineRoleName}`)),
        aws.sfn
            .getStateMachine({ name: terminatorName }, opts)
            .catch(missing(`state machine ${terminatorName}`)),
        aws.iam
            .getInstanceProfile({ name: instanceProfileName }, opts)
            .catch(missing(`instance profile ${instanceProfileName}`)),
    ]);
    return { terminatorArn: terminator.arn, deadlineRoleArn: role.arn, instanceProfileName };
}

const ENVELOPE = /^(Error:\s*)?(invocation of \S+ returned an error:\s*)?/i;

/** The provider's own words: it puts a list around them, "... 1 error occurred:\n\t* NoSuchEntity: ...". */
function reason(error: Error): string {
    const [, listed] = /errors? occurred:\s*\*\s*(.+)/.exec(error.message) ?? [];
    return listed ?? error.message.split("\n")[0].replace(ENVELOPE, "");
}
