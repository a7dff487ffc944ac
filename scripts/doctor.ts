import { isUserError, UserError } from "../common/userError";
import { parseSettings, type Settings } from "../settings";
import type { OwnSuite } from "../suiteRequest";
import { planRun, type Plan, type PlanRequest } from "../sizing";
import { parseRegion } from "../sizing/regions";
import { offeringCheck, quotaCheck } from "./capacityChecks";
import {
    budgetCheck,
    callerAddressCheck,
    clockCheck,
    credentialsCheck,
    engineCheck,
    foundationChecks,
    imageCheck,
    nodeCheck,
    runChecks,
    suiteCheck,
    type Check,
    type CheckResult,
    type Found,
} from "./checks";
import type { Cloud } from "./cloud";
import type { Engine } from "./engine";
import { EXIT } from "./exitCodes";
import { gatherFacts } from "./facts";
import { planSummary } from "./planTable";

export interface DoctorOptions {
    readonly readSettings: () => Settings;
    readonly resolveRegion: () => Promise<string>;
    /** What is planned for these settings, in a region where one is known. */
    readonly planRequest: (settings: Settings, region: string | undefined) => PlanRequest;
    /** The own suite that the settings name, if any. */
    readonly ownSuite: (settings: Settings) => OwnSuite | undefined;
    readonly engine: Engine;
    readonly openCloud: (region: string) => Cloud;
    readonly print: (line: string) => void;
    readonly findCallerCidr?: () => Promise<string>;
}

/**
 * Looks at everything that a run needs, creates nothing, and says what to do about what is missing.
 *
 * @returns exit code 0, or 2 when anything is missing; what the cloud did not tell is not missing.
 */
export async function doctor(options: DoctorOptions): Promise<number> {
    const [region] = await runChecks([regionCheck(options.resolveRegion)]);
    const { settings, plan, check } = planned(options, region.value as string | undefined);
    const results = await runChecks([
        nodeCheck(),
        engineCheck(options.engine),
        check,
        ...(plan ? [budgetCheck(plan)] : []),
        suiteCheck(() => settings && options.ownSuite(settings)),
    ]);
    results.push(region);

    const notes: string[] = [];
    if (region.state === "ok") {
        const cloud = options.openCloud(String(region.value));
        const account = await lookAtAccount(cloud, settings, plan);
        results.push(...account.results);
        notes.push(...account.notes);
    } else {
        results.push(notLookedAt("AWS account", "a region"));
    }
    results.push(
        ...(await runChecks([callerAddressCheck(settings?.callerCidr, options.findCallerCidr)])),
    );
    return report(results, notes, options.print);
}

async function lookAtAccount(
    cloud: Cloud,
    settings: Settings | undefined,
    plan: Plan | undefined,
): Promise<{ results: CheckResult[]; notes: readonly string[] }> {
    const inAccount: Check[] = [
        clockCheck(cloud),
        ...foundationChecks(cloud, settings ?? parseSettings({ tier: "dev" }, {})),
        imageCheck(cloud, settings?.amiId),
    ];
    const [credentials] = await runChecks([credentialsCheck(cloud)]);
    if (credentials.state !== "ok") {
        const names = [...inAccount.map(({ name }) => name), ...(plan ? ["machines, quota"] : [])];
        const skipped = names.map((name) => notLookedAt(name, "credentials"));
        return { results: [credentials, ...skipped], notes: [] };
    }
    if (plan === undefined) {
        return { results: [credentials, ...(await runChecks(inAccount))], notes: [] };
    }
    const types = [...new Set(plan.candidates.map(({ instanceType }) => instanceType))];
    const { facts, notes } = await gatherFacts(cloud, types);
    const capacity = [offeringCheck(facts, plan.candidates), quotaCheck(facts, plan.candidates)];
    return { results: [credentials, ...(await runChecks([...inAccount, ...capacity]))], notes };
}

function report(
    results: readonly CheckResult[],
    notes: readonly string[],
    print: (line: string) => void,
): number {
    const width = Math.max(...results.map(({ name }) => name.length));
    const signs = { ok: "ok  ", unknown: "?   ", failed: "FAIL" } as const;
    for (const { state, name, detail, error } of results) {
        print(`${signs[state]}  ${name.padEnd(width)}  ${error?.given ?? detail}`);
        for (const [label, text] of [
            ["Allowed", error?.allowed],
            ["Next", error?.next],
        ]) {
            if (text) {
                print(`      ${"".padEnd(width)}  ${label}: ${text}`);
            }
        }
    }
    notes.forEach((note) => print(`Note: ${note}.`));
    const count = (state: CheckResult["state"]) =>
        results.filter((result) => result.state === state).length;
    const unknown = count("unknown") > 0 ? ` ${count("unknown")} not known.` : "";
    if (count("failed") === 0) {
        print(`Everything that a run needs is there.${unknown}`);
        return EXIT.passed;
    }
    print(`${count("failed")} to be put right.${unknown}`);
    return EXIT.noVerdict;
}

function regionCheck(resolve: DoctorOptions["resolveRegion"]): Check<string> {
    return { name: "AWS region", run: async () => found(parseRegion(await resolve())) };
}

/** Settings and plan in one: neither needs the cloud. */
function planned(
    { readSettings, planRequest }: DoctorOptions,
    region: string | undefined,
): { settings?: Settings; plan?: Plan; check: Check } {
    let settings: Settings;
    try {
        settings = readSettings();
    } catch (error) {
        return { check: failing("settings", error) };
    }
    const name = `plan (${settings.tier})`;
    try {
        const plan = planRun(planRequest(settings, region));
        return { settings, plan, check: { name, run: async () => found(plan, planSummary) } };
    } catch (error) {
        return { settings, check: failing(name, error) };
    }
}

function failing(name: string, error: unknown): Check {
    const told = isUserError(error) ? error : new UserError(String(error));
    return { name, run: () => Promise.reject(told) };
}

function notLookedAt(name: string, want: string): CheckResult {
    const error = new UserError(`not looked at, for want of ${want}`);
    return { name, state: "failed", detail: error.message, error };
}

function found<T>(value: T, describe: (value: T) => string = String): Found<T> {
    return { detail: describe(value), value };
}
