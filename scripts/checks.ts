import { existsSync } from "node:fs";
import { join } from "node:path";

import { AMI_PARAMETER } from "../machine/image";
import { FOUNDATION_NAMES } from "../components/names";
import { findCallerCidr } from "../components/callerCidr";
import { isUserError, UserError } from "../common/userError";
import type { Settings } from "../settings";
import type { OwnSuite } from "../suiteRequest";
import type { Plan } from "../sizing";
import { loadCases } from "../suite/cases";
import { errorCode, errorText, isForbidden } from "./awsErrors";
import type { Cloud } from "./cloud";
import type { Engine } from "./engine";

/** Something that a run needs. */
export interface Check<T = unknown> {
    readonly name: string;
    /** Returns what it found. Throws UserError that says what to do. */
    readonly run: () => Promise<Found<T>>;
}

export interface Found<T = unknown> {
    readonly detail: string;
    readonly value: T;
    /** False: the cloud did not tell, which is no reason not to try. */
    readonly isKnown?: boolean;
}

export interface CheckResult {
    readonly name: string;
    readonly state: "ok" | "unknown" | "failed";
    readonly detail: string;
    readonly error?: UserError;
    readonly value?: unknown;
}

const NODE_MAJOR_MIN = 20;
// A deadline is at least a minute; this computer's tags, schedule and plan may be wrong by no more.
const CLOCK_SECONDS_MAX = 60;

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

/**
 * Deadlines are reckoned by this computer's clock and kept by the cloud's: one that is ahead would let
 * every layer act too late.
 */
export function clockCheck(cloud: Pick<Cloud, "clockAheadSeconds">): Check<number | undefined> {
    return check("clock", async () => {
        const ahead = await cloud.clockAheadSeconds().catch(() => undefined);
        if (ahead === undefined) {
            return { detail: "the cloud does not tell its time", value: ahead, isKnown: false };
        }
        const seconds = Math.round(Math.abs(ahead));
        if (seconds > CLOCK_SECONDS_MAX) {
            throw new UserError(
                `this computer's clock is ${seconds} s ${ahead > 0 ? "ahead of" : "behind"} AWS's`,
                `${CLOCK_SECONDS_MAX} s at most, because the deadline is reckoned by it`,
                "let it be set from the network (timedatectl set-ntp true)",
            );
        }
        return { detail: `within ${CLOCK_SECONDS_MAX} s of AWS's`, value: ahead };
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
        part("sweeper's schedule", FOUNDATION_NAMES.sweepName, (name) =>
            cloud.scheduleExists(name),
        ),
    ];
}

/** The image that components/instance.ts launches; public, so everyone may read the parameter. */
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

/** The suite's entry is there, and every case file is well-formed; of an own suite, its folder. */
export function suiteCheck(
    findOwn: () => OwnSuite | undefined = () => undefined,
    suiteDir = join(__dirname, "..", "suite"),
): Check {
    return check<unknown>("suite", async () => {
        const own = findOwn();
        if (own !== undefined) {
            const where = own.dir === undefined ? "in its image" : `with ${own.dir}`;
            return { detail: `an own one, ${where}: ${own.command.join(" ")}`, value: own };
        }
        if (!["main.ts", "main.js"].some((name) => existsSync(join(suiteDir, name)))) {
            throw new UserError(
                `${suiteDir} has no main.ts`,
                "the suite of this package",
                "install the package anew",
            );
        }
        const { length } = loadCases(join(suiteDir, "cases"));
        return { detail: `${length} cases`, value: length };
    });
}

/** The price of the plan, which refuses by itself what the budget does not cover. */
export function budgetCheck({ price, budgetUsd, deadlineMinutes }: Plan): Check<number> {
    return check("budget", async () => ({
        detail: `${price.ceilingUsd.toFixed(2)} of ${budgetUsd} USD if the run lasts until its deadline of ${deadlineMinutes} minutes`,
        value: price.ceilingUsd,
    }));
}

/** Runs all of them side by side; the answers come in the order of the checks. */
export async function runChecks(checks: readonly Check[]): Promise<CheckResult[]> {
    return Promise.all(
        checks.map(async ({ name, run }): Promise<CheckResult> => {
            try {
                const { detail, value, isKnown = true } = await run();
                return { name, state: isKnown ? "ok" : "unknown", detail, value };
            } catch (error) {
                const told = isUserError(error) ? error : new UserError(errorText(error));
                return { name, state: "failed", detail: told.message, error: told };
            }
        }),
    );
}

/** @throws the first error among the results. */
export function throwFirst(results: readonly CheckResult[]): void {
    const failed = results.find(({ error }) => error !== undefined);
    if (failed?.error) {
        throw failed.error;
    }
}

function check<T>(name: string, run: Check<T>["run"]): Check<T> {
    return { name, run };
}
