import { UserError } from "../common/userError";
import { environmentName, parseSettings, type SettingKey, type Settings } from "../settings";
import { planRun, type Plan } from "../sizing";
import {
    callerAddressCheck,
    credentialsCheck,
    engineCheck,
    foundationChecks,
    imageCheck,
    runChecks,
} from "./checks";
import type { Cloud } from "./cloud";
import type { Engine, EngineDescription } from "./engine";
import { planSummary } from "./planTable";
import type { Progress } from "./progress";
import { newRunId } from "./runIdentity";
import { ownSettings, providerSetting, readStackFile, type StackFile } from "./stackFile";

/** What a person asked for, as text; checked here. */
export interface RunRequest {
    readonly tier: string;
    /** Settings given on the command line; they win over the environment and the tier's file. */
    readonly given: Partial<Record<SettingKey, string>>;
}

/** Everything about a run that is known before anything is created. */
export interface PreparedRun {
    readonly settings: Settings;
    readonly plan: Plan;
    readonly base: StackFile;
    readonly runId: string;
    readonly region: string;
    readonly cloud: Cloud;
    readonly account: string;
    readonly engine: EngineDescription;
    /** Settings of the run's stacks, whatever the candidate. */
    readonly stackSettings: Readonly<Record<string, string>>;
}

export interface PrepareOptions {
    readonly projectDir: string;
    readonly env: NodeJS.ProcessEnv;
    readonly engine: Engine;
    readonly openCloud: (region: string, profile?: string) => Cloud;
    readonly resolveRegion: (file: StackFile, env: NodeJS.ProcessEnv) => Promise<string>;
    readonly findCallerCidr?: () => Promise<string>;
    readonly progress: Progress;
    readonly now: () => number;
}

/**
 * The settings of a tier: the command line wins over the environment, which wins over the tier's
 * file.
 *
 * @throws UserError that names the first bad value.
 */
export function readSettings(
    request: RunRequest,
    projectDir: string,
    env: NodeJS.ProcessEnv,
): { settings: Settings; base: StackFile } {
    // The tier becomes part of a file's name: checked before it is used as one.
    const { tier } = parseSettings({ tier: request.tier }, {});
    const base = readStackFile(projectDir, tier);
    const given = { ...request.given, tier };
    const others = { ...env };
    for (const key of Object.keys(given)) {
        delete others[environmentName(key)];
    }
    return { settings: parseSettings({ ...ownSettings(base), ...given }, others), base };
}

/**
 * Settings, plan and pre-flight. Creates nothing: a process that dies in here has cost nothing.
 *
 * @throws UserError for bad input, a budget that is too small, missing credentials, a missing part
 * of the foundation.
 */
export async function prepare(request: RunRequest, options: PrepareOptions): Promise<PreparedRun> {
    const { progress, env, projectDir } = options;
    progress.phase("plan");
    const { settings, base } = readSettings(request, projectDir, env);
    const region = await options.resolveRegion(base, env);
    const plan = planRun({ ...settings, region });
    progress.line(planSummary(plan));
    for (const note of plan.notes) {
        progress.line(`note: ${note}`);
    }

    progress.phase("pre-flight");
    const cloud = options.openCloud(region, providerSetting(base, "aws:profile"));
    const found = await preflight(settings, cloud, options);
    const runId = settings.runId ?? newRunId(settings.tier, options.now());
    return {
        settings,
        plan,
        base,
        runId,
        region,
        cloud,
        ...found,
        stackSettings: stackSettings(settings, plan, { runId, callerCidr: found.callerCidr }),
    };
}

async function preflight(settings: Settings, cloud: Cloud, options: PrepareOptions) {
    // Credentials first: without them every other question of the account fails the same way.
    const first = await runChecks([engineCheck(options.engine), credentialsCheck(cloud)]);
    throwFirst(first);
    const rest = await runChecks([
        ...foundationChecks(cloud, settings),
        imageCheck(cloud, settings.amiId),
        callerAddressCheck(settings.callerCidr, options.findCallerCidr),
    ]);
    throwFirst(rest);
    for (const { name, detail } of [...first, ...rest]) {
        options.progress.line(`${name}: ${detail}`);
    }
    return {
        engine: first[0].value as EngineDescription,
        account: (first[1].value as { account: string }).account,
        callerCidr: rest[rest.length - 1].value as string,
    };
}

function throwFirst(results: readonly { readonly error?: UserError }[]): void {
    const failed = results.find(({ error }) => error !== undefined);
    if (failed?.error) {
        throw failed.error;
    }
}

/** Every setting that has a value, with what was found out; the deadline is the plan's. */
function stackSettings(
    settings: Settings,
    plan: Plan,
    found: { runId: string; callerCidr: string },
): Record<string, string> {
    const all = { ...settings, ...found, deadlineMinutes: plan.deadlineMinutes };
    return Object.fromEntries(
        Object.entries(all)
            .filter(([, value]) => value !== undefined)
            .map(([key, value]) => [key, String(value)]),
    );
}
