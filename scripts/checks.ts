import { AMI_PARAMETER } from "../machine/image";
import { findCallerCidr } from "../components/callerCidr";
import { isUserError, UserError } from "../common/userError";
import type { Settings } from "../settings";
import { errorCode, errorText, isForbidden } from "./awsCloud";
import type { Cloud } from "./cloud";
import type { Engine } from "./engine";

/** Something that a run needs. */
export interface Check<T = unknown> {
    readonly name: string;
    /** Returns what it found. Throws UserError that says what to do. */
    readonly run: () => Promise<{ detail: string; value: T }>;
}

export interface CheckResult {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
    readonly error?: UserError;
    readonly value?: unknown;
}

// The image that components/instance.ts launches; public, so everyone may read the parameter.
const NODE_MAJOR_MIN = 20;

export function nodeCheck(version = process.versions.node): Check {
    return check("Node.js", async () => {
        if (Number(version.split(".")[0]) < NODE_MAJOR_MIN) {
            throw new UserError(
                `Node.js is ${version}`,
                `${NODE_MAJOR_MIN} or later`,
                "install a current Node.js",
            );
        }
        return { detail: version, value: version };
    });
}

export function engineCheck(engine: Engine): Check {
    return check("Pulumi engine", async () => {
        const found = await engine.describe();
        return { detail: `${found.version}, state in ${found.backend}`, value: found };
    });
}

export function credentialsCheck(cloud: Cloud): Check {
    return check("AWS credentials", async () => {
        try {
            const caller = await cloud.caller();
            return { detail: `account ${caller.account}, ${caller.arn}`, value: caller };
        } catch (error) {
            const isMissing = errorCode(error) === "CredentialsProviderError";
            throw new UserError(
                isMissing
                    ? "there are no AWS credentials"
                    : `AWS did not accept the credentials: ${errorText(error)}`,
                "environment variables (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, with " +
                    "AWS_SESSION_TOKEN for temporary ones), a profile (AWS_PROFILE) or OIDC " +
                    "(AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE)",
                "log in, then run gpu-ci doctor",
            );
        }
    });
}

/** The account's foundation: two roles' worth of names, each looked up by itself. */
export function foundationChecks(
    cloud: Cloud,
    names: Pick<Settings, "deadlineRoleName" | "instanceProfileName" | "terminatorName">,
): Check[] {
    const part = (what: string, name: string, exists: (name: string) => Promise<boolean>) =>
        check(`foundation: ${what}`, async () => {
            const isThere = await exists(name).catch((error: unknown) => {
                throw new UserError(
                    `the ${what} ${name} cannot be looked up: ${errorText(error)}`,
                    undefined,
                    isForbidden(error)
                        ? "let the role of this caller read it (see the permissions in the README)"
                        : "try again; gpu-ci doctor looks at each part",
                );
            });
            if (!isThere) {
                throw new UserError(
                    `the account has no ${what} ${name} in ${cloud.region}`,
                    "an account and region in which the foundation is deployed",
                    "deploy it once: cd foundation && pulumi up",
                );
            }
            return { detail: name, value: name };
        });
    return [
        part("deadline role", names.deadlineRoleName, (name) => cloud.roleExists(name)),
        part("instance profile", names.instanceProfileName, (name) =>
            cloud.instanceProfileExists(name),
        ),
        part("terminator state machine", names.terminatorName, (name) =>
            cloud.stateMachineExists(name),
        ),
    ];
}

export function imageCheck(cloud: Cloud, amiId: string | undefined): Check {
    return check("machine image", async () => {
        if (amiId !== undefined) {
            return { detail: `${amiId}, from the settings`, value: amiId };
        }
        const found = await cloud.parameter(AMI_PARAMETER).catch((error: unknown) => {
            throw new UserError(
                `the SSM parameter ${AMI_PARAMETER} cannot be read: ${errorText(error)}`,
                undefined,
                "allow ssm:GetParameter on it, or set ephemeral-gpu-ci:amiId",
            );
        });
        if (found === undefined) {
            throw new UserError(
                `${cloud.region} has no SSM parameter ${AMI_PARAMETER}`,
                "a region with the Deep Learning Base AMI",
                "choose another region, or set ephemeral-gpu-ci:amiId",
            );
        }
        return { detail: found, value: found };
    });
}

export function callerAddressCheck(
    callerCidr: string | undefined,
    find: () => Promise<string> = findCallerCidr,
): Check<string> {
    return check("caller address", async () => {
        const value = callerCidr ?? (await find());
        return { detail: `${value}${callerCidr ? ", from the settings" : ""}`, value };
    });
}

/** Runs all of them side by side; the answers come in the order of the checks. */
export async function runChecks(checks: readonly Check[]): Promise<CheckResult[]> {
    return Promise.all(
        checks.map(async ({ name, run }) => {
            try {
                const { detail, value } = await run();
                return { name, ok: true, detail, value };
            } catch (error) {
                const told = isUserError(error) ? error : new UserError(errorText(error));
                return { name, ok: false, detail: told.message, error: told };
            }
        }),
    );
}

function check<T>(name: string, run: Check<T>["run"]): Check<T> {
    return { name, run };
}
