import { randomBytes } from "node:crypto";

import { TIER_NAMES } from "../sizing";

/**
 * A new run id, readable and unique: tier, UTC time, four hexadecimal digits.
 *
 * @example newRunId("commit", Date.UTC(2026, 10, 24, 6, 30)) // commit-20261124-063000-3f9a
 */
export function newRunId(tier: string, now: number, random = () => randomBytes(2)): string {
    const [date, time] = new Date(now).toISOString().slice(0, 19).split("T");
    return [tier, date.replace(/-/g, ""), time.replace(/:/g, ""), random().toString("hex")].join(
        "-",
    );
}

/**
 * Name of the ephemeral stack of one attempt, `<tier>-<run id>-<attempt>`; a run id that starts with
 * its tier does not repeat it. Always holds a hyphen, so it is never a tier's own stack and its
 * settings file is ignored by git; at most 48 of the 100 characters that Pulumi allows.
 *
 * @example stackName({ tier: "commit", runId: "commit-20261124-063000-3f9a", attempt: 1 })
 * // commit-20261124-063000-3f9a-1
 */
export function stackName(run: { tier: string; runId: string; attempt: number }): string {
    const repeats = run.runId === run.tier || run.runId.startsWith(`${run.tier}-`);
    return [...(repeats ? [] : [run.tier]), run.runId, run.attempt].join("-");
}

/**
 * The attempt of a run that an ephemeral stack of this name belongs to; undefined: it is not the run's.
 *
 * @example attemptOfStack("dev-x-2", "x") // 2
 */
export function attemptOfStack(name: string, runId: string): number | undefined {
    const attempt = Number(/-([1-9]\d{0,2})$/.exec(name)?.[1]);
    const isOurs = TIER_NAMES.some((tier) => stackName({ tier, runId, attempt }) === name);
    return isOurs ? attempt : undefined;
}
