import { ciPolicy } from "../../foundation/policies/ci";
import { APPS, type Call } from "../../rehearsal/session";
import { actionsOf } from "./coverage";
import { actionOf, NEEDS_NO_PERMISSION } from "./requests";
import { ACCOUNT } from "./simulate";

export type Role = "ci" | "terminator" | "deadline" | "machine";

const ROLE_OF_CALLER: Readonly<Record<string, Role>> = {
    states: "terminator",
    scheduler: "deadline",
    machine: "machine",
};

/** Whose role a call was made with. Nobody's here: the foundation's administrator, and tests. */
export function roleOf({ caller, app }: Pick<Call, "caller" | "app">): Role | undefined {
    return ROLE_OF_CALLER[caller] ?? (app === APPS.ci ? "ci" : undefined);
}

/** The calls of a role. */
export function callsOf(role: Role, calls: readonly Call[]): Call[] {
    return calls.filter((call) => roleOf(call) === role);
}

/**
 * Actions, by name, that CI's role took and that its policy does not list. Only the names are looked
 * at: cheap enough for every session.
 */
export function unlistedActions(calls: readonly Call[]): string[] {
    const reportBucketArn = `arn:${ACCOUNT.partition}:s3:::any`;
    const listed = actionsOf(ciPolicy({ account: ACCOUNT, reportBucketArn }));
    const taken = new Set(callsOf("ci", calls).map(actionOf));
    return [...taken]
        .filter((action) => !listed.has(action) && action !== NEEDS_NO_PERMISSION)
        .sort();
}
