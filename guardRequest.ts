import { UserError } from "./common/userError";
import { GuardArgs, Phase, PhaseMinutes, PHASES } from "./machine/guard";
import type { Settings } from "./settings";

type GuardSettingKeys = "phaseMinutes" | "heartbeatMinutes" | "heartbeatRule" | "idleMinutes";

/**
 * When the machine gives up, as these settings say. The driver and a plain `pulumi up` both ask this.
 *
 * @throws UserError for phases that there are not, and for what is no number of minutes.
 * @example guardRequest({ phaseMinutes: "weights=40, test=60" }).phaseMinutes // { weights: 40, test: 60 }
 */
export function guardRequest(settings: Pick<Settings, GuardSettingKeys>): GuardArgs {
    const { phaseMinutes, heartbeatMinutes, heartbeatRule, idleMinutes } = settings;
    return {
        phaseMinutes: parsePhaseMinutes(phaseMinutes ?? ""),
        heartbeatMinutes,
        heartbeatRule,
        idleMinutes,
    };
}

/**
 * The same settings for an attempt that has less time left than the run had: what was within the
 * run's deadline is cut short to the attempt's.
 */
export function guardSettingsWithin(
    settings: Pick<Settings, GuardSettingKeys>,
    deadlineMinutes: number,
): Partial<Record<GuardSettingKeys, string>> {
    const { phaseMinutes = {}, heartbeatMinutes, idleMinutes } = guardRequest(settings);
    const within = (minutes: number) => String(Math.min(minutes, deadlineMinutes));
    const phases = Object.entries(phaseMinutes).map(
        ([phase, minutes]) => `${phase}=${within(minutes)}`,
    );
    return {
        ...(phases.length > 0 && { phaseMinutes: phases.join(",") }),
        ...(heartbeatMinutes !== undefined && { heartbeatMinutes: within(heartbeatMinutes) }),
        ...(idleMinutes !== undefined && { idleMinutes: within(idleMinutes) }),
    };
}

function parsePhaseMinutes(text: string): PhaseMinutes {
    const words = text.split(",").map((word) => word.trim());
    return Object.fromEntries(words.filter((word) => word !== "").map(parsePhase));
}

function parsePhase(word: string): [Phase, number] {
    const [, name, minutes] = /^(\w+)\s*=\s*(\d+(?:\.\d+)?)$/.exec(word) ?? [];
    const phase = PHASES.find((one) => one === name);
    if (phase === undefined) {
        throw new UserError(
            `phaseMinutes has "${word}"`,
            `a phase and its minutes, such as test=60; phases: ${PHASES.join(", ")}`,
            "correct the stack's settings or the command's option",
        );
    }
    return [phase, Number(minutes)];
}
