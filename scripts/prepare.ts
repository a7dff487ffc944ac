import { join } from "node:path";

import { guardRequest } from "../guardRequest";
import { guardSettings } from "../machine/guard";
import { planRequestFromHistory } from "../planRequest";
import type { Settings } from "../settings";
import { planRun, type Plan } from "../sizing";
import { ownSuite } from "../suiteRequest";
import {
    callerAddressCheck,
    clockCheck,
    credentialsCheck,
    engineCheck,
    foundationChecks,
    imageCheck,
    runChecks,
    suiteCheck,
    throwFirst,
} from "./checks";
import { bringBaseline } from "./bringBaseline";
import type { Cloud } from "./cloud";
import type { Engine, EngineDescription } from "./engine";
import { lookAround } from "./places";
import { planSummary } from "./planTable";
import type { Progress } from "./progress";
import { newRunId } from "./runIdentity";
import { readSettings, type RunRequest } from "./readSettings";
import { providerSetting, type StackFile } from "./stackFile";

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
 * Settings, plan and pre-flight. Creates nothing: a process that dies in here has cost nothing.
 *
 * Planned twice: first from the tables alone, which refuses what cannot work before anyone is asked,
 * then with what the cloud says of quotas, zones and spot prices.
 *
 * @throws UserError for bad input, a budget that is too small, missing credentials, a missing part
 * of the foundation, a quota that allows none of the machines.
 */
export async function prepare(request: RunRequest, options: PrepareOptions): Promise<PreparedRun> {
    const { progress, env, projectDir } = options;
    progress.phase("plan");
    const { settings, base } = readSettings(request, projectDir, env);
    const region = await options.resolveRegion(base, env);
    const wanted = planRequestFromHistory(settings, projectDir, region, env);
    const offline = planRun(wanted);
    // What would switch a check of the machine off is refused here, before anyone is asked.
    guardSettings(guardRequest(settings), offline.deadlineMinutes);
    ownSuite(settings, projectDir);

    progress.phase("pre-flight");
    const profile = providerSetting(base, "aws:profile");
    const cloud = options.openCloud(region, profile);
    const found = await preflight(settings, cloud, options);
    const runId = settings.runId ?? newRunId(settings.tier, options.now());
    const baseline = await broughtBaseline(settings, cloud, { runId, projectDir, progress });
    const places = await lookAround(settings, offline, cloud, {
        openCloud: (other) => options.openCloud(other, profile),
        progress,
    });
    const plan = onlyWhere(settings, planRun({ ...wanted, ...places }));
    progress.line(planSummary(plan));
    for (const note of plan.notes) {
        progress.line(`note: ${note}`);
    }
    return {
        settings,
        plan,
        base,
        runId,
        region,
        cloud,
        ...found,
        stackSettings: stackSettings(settings, plan, {
            runId,
            callerCidr: found.callerCidr,
            ...(baseline !== undefined && { baseline }),
        }),
    };
}

async function broughtBaseline(
    { baseline }: Settings,
    cloud: Cloud,
    { runId, projectDir, progress }: { runId: string; projectDir: string; progress: Progress },
): Promise<string | undefined> {
    if (baseline === undefined) {
        return undefined;
    }
    const folder = join(projectDir, "dist", "baselines", runId);
    const file = await bringBaseline(baseline, { cloud, projectDir, folder });
    progress.line(`baseline: ${baseline}`);
    return file;
}

async function preflight(settings: Settings, cloud: Cloud, options: PrepareOptions) {
    // Credentials first: without them every other question of the account fails the same way.
    const first = await runChecks([engineCheck(options.engine), credentialsCheck(cloud)]);
    throwFirst(first);
    const rest = await runChecks([
        clockCheck(cloud),
        ...foundationChecks(cloud, settings),
        imageCheck(cloud, settings.amiId),
        suiteCheck(() => ownSuite(settings, options.projectDir)),
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

/**
 * A subnet lies in one zone of one region, an image in one region: then no other place is a candidate.
 */
function onlyWhere({ subnetId, amiId }: Settings, plan: Plan): Plan {
    const [first, ...rest] = plan.candidates;
    const candidates = rest.filter(
        ({ region, zone }) =>
            (region === null || (subnetId === undefined && amiId === undefined)) &&
            (zone === first.zone || subnetId === undefined),
    );
    return { ...plan, candidates: [first, ...candidates] };
}

/** Every setting that has a value, with what was found out; the deadline is the plan's. */
function stackSettings(
    settings: Settings,
    plan: Plan,
    found: { runId: string; callerCidr: string; baseline?: string },
): Record<string, string> {
    const all = { ...settings, ...found, deadlineMinutes: plan.deadlineMinutes };
    return Object.fromEntries(
        Object.entries(all)
            .filter(([, value]) => value !== undefined)
            .map(([key, value]) => [
                key,
                Array.isArray(value) ? JSON.stringify(value) : String(value),
            ]),
    );
}
