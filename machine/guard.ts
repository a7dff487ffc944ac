import { UserError } from "../common/userError";
import type { MachineFile } from "./userData";

/** The steps of a machine's life that have a budget each, in their order. */
export const PHASES = ["boot", "pull", "weights", "start", "test", "upload"] as const;
export type Phase = (typeof PHASES)[number];

/** Minutes that a phase may take, after which the machine ends itself. */
export interface PhaseMinutes {
    /** cloud-init. */
    readonly boot?: number;
    /** Pulling the server's image. */
    readonly pull?: number;
    /** Downloading the weights and loading them onto the GPU. */
    readonly weights?: number;
    /** From there until the server answers. */
    readonly start?: number;
    /** The suite. */
    readonly test?: number;
    /** From the suite's end until somebody has fetched the report and ended the machine. */
    readonly upload?: number;
}

/**
 * What the machine does when nobody waits for it any more. `finish`: a suite that runs goes on to
 * its end, then the machine has the heartbeat's minutes left. `stop`: the suite is stopped as well.
 */
export const HEARTBEAT_RULES = ["finish", "stop"] as const;
export type HeartbeatRule = (typeof HEARTBEAT_RULES)[number];

/** When a machine gives up before its deadline. Minutes may be fractions. */
export interface GuardArgs {
    /** What the budgets that are not given follow from. Default: a usual server without a suite. */
    readonly expectedMinutes?: ExpectedMinutes;
    /** Budgets of phases. Default: multiples of what is expected. */
    readonly phaseMinutes?: PhaseMinutes;
    /** Minutes without anybody who waits. Default: 10 in a test run, else not looked at. */
    readonly heartbeatMinutes?: number;
    /** `finish` or `stop`. Default: finish. */
    readonly heartbeatRule?: string;
    /** Minutes in which the GPU does nothing while the suite runs. Default: 10. */
    readonly idleMinutes?: number;
}

/** What a run is expected to take, minutes. */
export interface ExpectedMinutes {
    /** From the launch until the server answers. */
    readonly startUp: number;
    readonly suite: number;
}

/** What the machine is told, in seconds. */
export interface GuardSettings {
    readonly phaseSeconds: Readonly<Record<Phase, number>>;
    readonly heartbeatSeconds: number | undefined;
    readonly heartbeatRule: HeartbeatRule;
    readonly idleSeconds: number;
}

// A budget ends what hangs, not what is slow: some multiples of what is expected, never below what
// a slow registry or disk has been seen to take (4 to 10 minutes for the image).
const LEAST_MINUTES: Readonly<Record<Phase, number>> = {
    boot: 10,
    pull: 20,
    weights: 20,
    start: 15,
    test: 15,
    upload: 10,
};
const IDLE_MINUTES = 10;
const HEARTBEAT_MINUTES = 10;

/** The heartbeat's window of a run that somebody waits for, where none is given. */
export function usualHeartbeatMinutes(deadlineMinutes: number): number {
    return Math.min(HEARTBEAT_MINUTES, deadlineMinutes);
}

/**
 * When a machine with this deadline gives up.
 *
 * @param deadlineMinutes No budget or window reaches beyond it: one that is given and does would
 *     switch its check off, and is refused; a default is cut short.
 * @param hasSuite Whether somebody waits for a suite: only then a heartbeat is the default.
 * @throws UserError for a budget or window of 0 minutes or less, or beyond the deadline, and for an
 *     unknown rule.
 * @example guardSettings({ phaseMinutes: { test: 20 } }, 45).phaseSeconds.test // 1200
 */
export function guardSettings(given: GuardArgs, deadlineMinutes: number): GuardSettings {
    const seconds = (what: string, minutes: number | undefined, usually = deadlineMinutes) =>
        Math.round(
            60 * checked(what, minutes ?? Math.min(usually, deadlineMinutes), deadlineMinutes),
        );
    const { phaseMinutes = {}, heartbeatMinutes, heartbeatRule = "finish", idleMinutes } = given;
    const usual = usualMinutes(given.expectedMinutes);
    if (!isHeartbeatRule(heartbeatRule)) {
        throw new UserError(
            `the heartbeat's rule is "${heartbeatRule}"`,
            HEARTBEAT_RULES.join(", "),
            "say what the machine does when nobody waits for it any more",
        );
    }
    return {
        phaseSeconds: Object.fromEntries(
            PHASES.map((phase) => [
                phase,
                seconds(`the budget of phase ${phase}`, phaseMinutes[phase], usual[phase]),
            ]),
        ) as Record<Phase, number>,
        heartbeatSeconds:
            heartbeatMinutes === undefined
                ? undefined
                : seconds("the heartbeat's window", heartbeatMinutes),
        heartbeatRule,
        idleSeconds: seconds("the GPU's idle window", idleMinutes, IDLE_MINUTES),
    };
}

function isHeartbeatRule(text: string): text is HeartbeatRule {
    return (HEARTBEAT_RULES as readonly string[]).includes(text);
}

function usualMinutes({ startUp, suite }: ExpectedMinutes = { startUp: 0, suite: 0 }) {
    return {
        ...LEAST_MINUTES,
        pull: Math.max(LEAST_MINUTES.pull, 2 * startUp),
        weights: Math.max(LEAST_MINUTES.weights, 2 * startUp),
        start: Math.max(LEAST_MINUTES.start, startUp),
        test: Math.max(LEAST_MINUTES.test, 3 * suite),
    };
}

function checked(what: string, minutes: number, deadlineMinutes: number): number {
    // Below a second nothing is left after rounding.
    if (!(minutes * 60 >= 1 && minutes <= deadlineMinutes)) {
        throw new UserError(
            `${what} is ${minutes} minutes`,
            `more than 0, at most the deadline's ${deadlineMinutes} minutes`,
            minutes > deadlineMinutes
                ? "beyond the deadline it would never act: shorten it, or raise deadlineMinutes"
                : "leave it out for its default; it cannot be switched off",
        );
    }
    return minutes;
}

/** The settings of the machine's guard.sh, which reads them as shell words. */
export function guardFile(settings: GuardSettings): MachineFile {
    const { phaseSeconds, heartbeatSeconds, heartbeatRule, idleSeconds } = settings;
    const { pull, weights, start, test, upload } = phaseSeconds;
    const words = {
        ...{ pull, weights, start, test, upload },
        idle: idleSeconds,
        heartbeat: heartbeatSeconds ?? "",
        heartbeat_rule: heartbeatRule,
    };
    return {
        path: "/etc/ephemeral-gpu-ci/guard",
        content: Object.entries(words)
            .map(([name, value]) => `${name}=${value}\n`)
            .join(""),
        permissions: "0644",
    };
}
