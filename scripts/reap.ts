import { UserError } from "../common/userError";
import { isLive, type Cloud, type Machine } from "./cloud";
import { EXIT } from "./exitCodes";
import { parseExpiresAt } from "./instants";
import { missingProof } from "./ownership";
import { Sweep } from "./sweep";

export interface ReapRequest {
    /** Only this run's things, whether or not their deadline has passed. */
    readonly runId?: string;
    /** Only things past their deadline. */
    readonly expired?: boolean;
    /** Really end them; else only list. */
    readonly yes?: boolean;
}

export interface ReapOptions {
    readonly cloud: Cloud;
    readonly print: (line: string) => void;
    readonly now?: () => number;
    readonly sleep?: (milliseconds: number) => Promise<void>;
}

/** What is done about one thing, and why. */
export interface Decision {
    readonly action: "end" | "keep" | "report";
    readonly reason: string;
}

/**
 * Whether a thing may be ended: only what is proven ours. A deadline that cannot be read is reported
 * and ended by nobody: what wrote it is not known.
 */
export function decide(
    tags: Readonly<Record<string, string>>,
    request: ReapRequest,
    now: number,
): Decision {
    const missing = missingProof(tags);
    if (missing !== undefined) {
        return { action: "report", reason: missing };
    }
    if (request.runId !== undefined && tags.run !== request.runId) {
        return { action: "keep", reason: "another run" };
    }
    const expiresAt = parseExpiresAt(tags["expires-at"]);
    if (expiresAt === undefined) {
        return {
            action: "report",
            reason: `its expires-at ${JSON.stringify(tags["expires-at"] ?? "")} is not an instant`,
        };
    }
    const isExpired = expiresAt <= now;
    const isNamed = request.runId !== undefined && !request.expired;
    if (!isExpired && !isNamed) {
        return { action: "keep", reason: `its deadline is ${tags["expires-at"]}` };
    }
    return { action: "end", reason: isExpired ? `past ${tags["expires-at"]}` : "its run is named" };
}

/**
 * Lists everything of ours in a region, in every state, with what would be done about it, and why.
 *
 * @returns how much would be ended, and how many kinds the cloud did not tell about.
 */
export async function survey(
    request: ReapRequest,
    { cloud, print, now = Date.now }: ReapOptions,
): Promise<{ doomed: number; unanswered: number }> {
    const query = { runId: request.runId };
    const machines = (await cloud.machines(query)).filter(isLive);
    const { found, unanswered } = await cloud.resources(query);
    for (const { kind, reason } of unanswered) {
        print(`?       ${kind}: the cloud did not answer: ${reason}`);
    }
    let doomed = 0;
    const judge = (what: string, tags: Machine["tags"]) => {
        const { action, reason } = decide(tags, request, now());
        const whose = `run ${tags.run ?? "?"} attempt ${tags.attempt ?? "?"} of ${tags.owner ?? "?"}`;
        print(`${action.padEnd(6)}  ${what}, ${whose}: ${reason}`);
        doomed += action === "end" ? 1 : 0;
    };
    for (const { instanceId, state, instanceType, tags } of machines) {
        judge(`machine ${instanceId}, ${state}, ${instanceType}`, tags);
    }
    for (const { kind, id, name, tags } of found) {
        if (kind === "schedule") {
            print(
                `keep    schedule ${id}: goes when no machine of its run is left, else by itself`,
            );
        } else {
            judge([`${kind} ${id}`, name].filter(Boolean).join(", "), tags);
        }
    }
    if (machines.length + found.length === 0) {
        print("Nothing of ours is there.");
    }
    return { doomed, unanswered: unanswered.length };
}

/**
 * `gpu-ci reap` in one region: lists, and with `yes` ends what is past its deadline, whosever it is.
 * Needs no Pulumi state, no checkout of the run and nothing of the machine that started it.
 *
 * @returns exit code 0, or 3 when something could not be ended or the cloud did not answer.
 * @throws UserError for `yes` without saying what.
 */
export async function reap(request: ReapRequest, options: ReapOptions): Promise<number> {
    refuseAll(request);
    const { doomed, unanswered } = await survey(request, options);
    if (!request.yes) {
        const isChosen = request.runId !== undefined || request.expired;
        if (doomed > 0) {
            const add = isChosen ? "--yes" : "--expired --yes (or --run ID --yes)";
            options.print(`${doomed} would be ended. Nothing was done; add ${add} to do it.`);
        }
        return unanswered === 0 ? EXIT.passed : EXIT.maybeRunning;
    }
    const sweep = new Sweep({
        ...options,
        query: { runId: request.runId },
        spare: spare(request, options.now),
        progress: { line: options.print, warn: (text) => options.print(`! ${text}`) },
    });
    // A schedule goes with its run (gpu-ci release), or by itself a day after its deadline.
    const left = await sweep.untilEmpty(1);
    for (const { kind, id, detail } of left) {
        options.print(`LEFT    ${kind} ${id}: ${detail}`);
    }
    return left.length === 0 ? EXIT.passed : EXIT.maybeRunning;
}

/** Why a thing is left alone by this request; for a sweep. */
export function spare(request: ReapRequest, now: () => number = Date.now) {
    return (tags: Machine["tags"]): string | undefined => {
        const { action, reason } = decide(tags, request, now());
        return action === "end" ? undefined : reason;
    };
}

/** @throws UserError for `yes` without saying what. */
export function refuseAll({ yes, runId, expired }: ReapRequest): void {
    if (yes && runId === undefined && !expired) {
        throw new UserError(
            "--yes alone would end the machines of every run, those at work included",
            "--run ID, or --expired",
            "run gpu-ci reap without --yes to see the runs",
        );
    }
}
