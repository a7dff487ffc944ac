import type { Call } from "../session";

/** Whose call it is: the driver's own, or that of a provider which the engine has started. */
export type Caller = "driver" | "engine";

/** A moment of a run: right before or right after one of its calls. */
export interface Step {
    readonly by: Caller;
    readonly service: string;
    readonly action: string;
    /** How many calls of the same kind by the same caller came before it. */
    readonly skip: number;
    readonly when: "before" | "after";
    /** Where it stands among the run's calls, from 0. */
    readonly place: number;
}

/** `engine RunInstances, after`, or `driver DescribeInstances #3, before`. */
export function stepText({ by, action, skip, when }: Pick<Step, keyof Step>): string {
    return `${by} ${action}${skip > 0 ? ` #${skip + 1}` : ""}, ${when}`;
}

/** What a caller of a cell calls itself in AWS_SDK_UA_APP_ID. */
export function appName(caller: Caller | "second-job", cellId: string): string {
    return `${caller}-${cellId}`;
}

/**
 * The moments of a run, from the calls that a clean one made. A caller that asks the same again and
 * again until the answer changes counts once: how often it asks differs from run to run.
 *
 * @param calls of the emulated cloud, in their order.
 */
export function stepsOf(calls: readonly Call[], cellId: string): Step[] {
    const seen = new Map<string, number>();
    const lastOf = new Map<Caller, string>();
    const steps: Step[] = [];
    calls.forEach(({ app, service, action }) => {
        const by = (["driver", "engine"] as const).find((one) => app === appName(one, cellId));
        if (by === undefined) {
            return;
        }
        const key = `${by} ${service} ${action}`;
        const skip = seen.get(key) ?? 0;
        seen.set(key, skip + 1);
        if (lastOf.get(by) !== key) {
            const place = steps.length / 2;
            steps.push({ by, service, action, skip, when: "before", place });
            steps.push({ by, service, action, skip, when: "after", place });
        }
        lastOf.set(by, key);
    });
    return steps;
}

/** Whether the call changes something in the cloud. */
export function isChange({ action }: Pick<Step, "action">): boolean {
    return !/^(Describe|Get|List)/.test(action);
}
