/** The tag value that marks everything of ours; the terminator and `gpu-ci reap` look for it. */
export const PRODUCT = "ephemeral-gpu-ci";

/** The parts of the account's foundation, by the names that it gives them. */
export const FOUNDATION_NAMES = {
    /** The state machine that ends machines past their deadline; its role has the same name. */
    terminatorName: `${PRODUCT}-terminator`,
    /** The role with which a schedule starts it. */
    deadlineRoleName: `${PRODUCT}-deadline`,
    /** The schedule that starts the terminator every five minutes, whatever becomes of the runs. */
    sweepName: `${PRODUCT}-sweep`,
    /** The topic on which the terminator tells what it ended, and what it could not. */
    alertsName: `${PRODUCT}-alerts`,
    /** The machines' instance profile; its role has the same name. */
    instanceProfileName: `${PRODUCT}-machine`,
    /** The policy that a CI role needs for runs. */
    ciPolicyName: `${PRODUCT}-ci`,
} as const;

/** What identifies a run, for its tags and names. */
export interface RunIdentity {
    /** Lower-case letters, digits and hyphens, at most 36. */
    readonly runId: string;
    /** Which try of the run, from 1. */
    readonly attempt: number;
    /** dev, commit, merge or release; any word for a suite of your own. */
    readonly tier: string;
    /** Who or what pays. */
    readonly owner: string;
}

/** Name of the run's key pair, security group and schedule: `ephemeral-gpu-ci-<run>-<attempt>`. */
export function resourceName(run: Pick<RunIdentity, "runId" | "attempt">): string {
    return `${PRODUCT}-${run.runId}-${run.attempt}`;
}

/**
 * The tags of every resource of a run; a public contract.
 *
 * @param expiresAt deadline as `2026-11-24T07:00:00Z`: what is past it may be ended by anyone of ours.
 */
export function runTags(run: RunIdentity, expiresAt: string): Record<string, string> {
    return {
        Name: resourceName(run),
        product: PRODUCT,
        owner: run.owner,
        run: run.runId,
        attempt: String(run.attempt),
        tier: run.tier,
        "expires-at": expiresAt,
    };
}
