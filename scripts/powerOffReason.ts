import type { Cloud, Machine } from "./cloud";

/** The state reason of a machine that powered itself off (EC2, type StateReason). */
export const OWN_SHUTDOWN = "Client.InstanceInitiatedShutdown";
/** How the machine's guard begins when the cloud takes a spot machine back. */
const SPOT_NOTICE = "spot notice";
const LONGEST = 200;

/**
 * Why a machine powered itself off, from its console or its power-off.log; undefined where neither
 * the machine's scripts nor their units say so.
 *
 * @example powerOffReason("ephemeral-gpu-ci: power off: phase pull: more than its 1200 s\r\n")
 */
export function powerOffReason(text: string): string | undefined {
    const own = /ephemeral-gpu-ci: (?:power off|the suite is stopped): (.+?)\s*$/m.exec(text)?.[1];
    // The guard is started again a few times: its last failure is the one that ended the machine.
    const failed = [...text.matchAll(/ephemeral-gpu-ci: (\S+\.service failed: .+?)\s*$/gm)].at(-1);
    return (own ?? failed?.[1])?.slice(0, LONGEST);
}

/** Whether that was because the cloud takes the machine back. */
export function isSpotNotice(reason: string | undefined): boolean {
    return reason?.startsWith(SPOT_NOTICE) ?? false;
}

/**
 * With what an attempt's report tells, where no console does: a machine that was about to power itself
 * off may have been ended from outside before it had.
 */
export function withReason(
    reasons: Readonly<Record<string, string>>,
    machines: readonly Pick<Machine, "instanceId">[],
    fromReport: string | undefined,
): Record<string, string> {
    const last = machines.at(-1);
    const isTold = last !== undefined && fromReport !== undefined;
    return { ...(isTold && { [last.instanceId]: fromReport }), ...reasons };
}

/**
 * Reasons by instance id, of the machines that powered themselves off and whose console the cloud
 * still shows. Never throws: a reason is worth having, and no more than that.
 */
export async function askPowerOffReasons(
    cloud: Pick<Cloud, "consoleOutput">,
    machines: readonly Machine[],
): Promise<Record<string, string>> {
    const ended = machines.filter(({ stateReasonCode }) => stateReasonCode === OWN_SHUTDOWN);
    const asked = await Promise.all(
        ended.map(async ({ instanceId }) => {
            const text = await cloud.consoleOutput(instanceId).catch(() => "");
            return [instanceId, powerOffReason(text)] as const;
        }),
    );
    return Object.fromEntries(
        asked.filter((each): each is [string, string] => each[1] !== undefined),
    );
}
