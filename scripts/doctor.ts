import { isUserError, UserError } from "../common/userError";
import { parseSettings, type Settings } from "../settings";
import { planRun, type Plan } from "../sizing";
import {
    callerAddressCheck,
    credentialsCheck,
    engineCheck,
    foundationChecks,
    imageCheck,
    nodeCheck,
    runChecks,
    type Check,
    type CheckResult,
} from "./checks";
import type { Cloud } from "./cloud";
import type { Engine } from "./engine";
import { EXIT } from "./exitCodes";
import { planSummary } from "./planTable";

export interface DoctorOptions {
    readonly readSettings: () => Settings;
    readonly resolveRegion: () => Promise<string>;
    readonly engine: Engine;
    readonly openCloud: (region: string) => Cloud;
    readonly print: (line: string) => void;
    readonly findCallerCidr?: () => Promise<string>;
}

/**
 * Looks at everything that a run needs, creates nothing, and says what to do about what is missing.
 *
 * @returns exit code 0, or 2 when anything is missing.
 */
export async function doctor(options: DoctorOptions): Promise<number> {
    const { settings, planned } = planCheck(options.readSettings);
    const region = await runChecks([
        { name: "AWS region", run: () => options.resolveRegion().then(found) },
    ]);
    const early = await runChecks([nodeCheck(), engineCheck(options.engine), planned]);
    const results = [...early, ...region];

    if (region[0].ok) {
        const cloud = options.openCloud(String(region[0].value));
        const credentials = await runChecks([credentialsCheck(cloud)]);
        const inAccount: Check[] = [
            ...foundationChecks(cloud, settings ?? parseSettings({ tier: "dev" }, {})),
            imageCheck(cloud, settings?.amiId),
        ];
        results.push(...credentials);
        results.push(
            ...(credentials[0].ok
                ? await runChecks(inAccount)
                : inAccount.map(({ name }) => notLookedAt(name, "credentials"))),
        );
    } else {
        results.push(notLookedAt("AWS account", "a region"));
    }
    results.push(
        ...(await runChecks([callerAddressCheck(settings?.callerCidr, options.findCallerCidr)])),
    );
    return report(results, options.print);
}

function report(results: readonly CheckResult[], print: (line: string) => void): number {
    const width = Math.max(...results.map(({ name }) => name.length));
    for (const { ok, name, detail, error } of results) {
        print(`${ok ? "ok  " : "FAIL"}  ${name.padEnd(width)}  ${error?.given ?? detail}`);
        for (const [label, text] of [
            ["Allowed", error?.allowed],
            ["Next", error?.next],
        ]) {
            if (text) {
                print(`      ${"".padEnd(width)}  ${label}: ${text}`);
            }
        }
    }
    const failed = results.filter(({ ok }) => !ok).length;
    print(failed === 0 ? "Everything that a run needs is there." : `${failed} to be put right.`);
    return failed === 0 ? EXIT.passed : EXIT.noVerdict;
}

/** Settings and plan in one: neither needs the cloud. */
function planCheck(readSettings: () => Settings): { settings?: Settings; planned: Check } {
    try {
        const settings = readSettings();
        return {
            settings,
            planned: {
                name: `plan (${settings.tier})`,
                run: async () => found<Plan>(planRun(settings), planSummary),
            },
        };
    } catch (error) {
        const told = isUserError(error) ? error : new UserError(String(error));
        return { planned: { name: "settings", run: () => Promise.reject(told) } };
    }
}

function notLookedAt(name: string, want: string): CheckResult {
    const error = new UserError(`not looked at, for want of ${want}`);
    return { name, ok: false, detail: error.message, error };
}

function found<T>(value: T, describe: (value: T) => string = String) {
    return { detail: describe(value), value };
}
