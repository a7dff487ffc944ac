import { errorText } from "./awsErrors";
import type { Cloud, CloudResource, Machine } from "./cloud";
import type { Engine, RunStack } from "./engine";
import { EXIT } from "./exitCodes";
import type { Progress } from "./progress";
import { Release, type ReleaseOutcome } from "./release";
import { findRunStacks, type FoundStack, type KnownAttempt } from "./runStacks";
import type { SweepOptions } from "./sweep";

export interface ReleaseRunOptions {
    readonly runId: string;
    /** Where to look; a stack that says another region adds it. */
    readonly regions: readonly string[];
    readonly projectDir: string;
    readonly engine: Engine;
    readonly openCloud: (region: string) => Cloud;
    readonly progress: Progress;
    /** See Sweep. */
    readonly spare?: SweepOptions["spare"];
    readonly now?: () => number;
    readonly sleep?: (milliseconds: number) => Promise<void>;
}

/** What a run's release found and did in one region. */
export interface ReleasedRegion {
    readonly region: string;
    readonly outcome: ReleaseOutcome;
    /** True where something was still there to be ended or removed. */
    readonly hasActed: boolean;
    /** Attempts of the run, as tags and stacks tell, with what the tags say of them. */
    readonly attempts: readonly AttemptTags[];
}

export interface AttemptTags extends KnownAttempt {
    readonly owner: string;
    readonly stack: string | undefined;
}

export interface ReleasedRun {
    readonly regions: readonly ReleasedRegion[];
    /** What kept the stacks from being found; the cloud was asked by tag all the same. */
    readonly problems: readonly string[];
    /** 0: the cloud says that nothing is left; 3: something may be. */
    readonly exitCode: number;
}

/** One region, while it is being released. */
interface Place {
    readonly region: string;
    readonly release: Release;
    readonly things: readonly (Machine | CloudResource)[];
}

/**
 * Everything that the driver's release does, for a run whose driver is gone: from any computer with
 * credentials and the run's id. Machines first, by tag, in every region; then the stacks, where an
 * engine and their state can be reached; then the cloud is asked by tag until nothing is left.
 *
 * May be called again at any time, also beside a driver that is still at work: that run ends.
 */
export async function releaseRun(options: ReleaseRunOptions): Promise<ReleasedRun> {
    const { runId, projectDir, engine, progress } = options;
    const places = new Map<string, Place>();
    const enter = async (region: string) => {
        const place = await enterRegion(region, options);
        places.set(region, place);
    };
    progress.phase("machines");
    await Promise.all(options.regions.map(enter));

    progress.phase("stacks");
    const known = [...places.values()].flatMap(({ things }) => knownAttempts(things));
    const { stacks, problems } = await findRunStacks(engine, projectDir, runId, known);
    for (const problem of problems) {
        progress.warn(`${problem}; everything is released by tag alone`);
    }
    for (const { region } of stacks) {
        if (region !== undefined && !places.has(region)) {
            await enter(region);
        }
    }

    progress.phase("release");
    const regions: ReleasedRegion[] = [];
    for (const place of places.values()) {
        const here = stacks.filter((stack) => regionOf(stack, [...places.values()]) === place);
        regions.push(await releaseRegion(place, here, progress));
    }
    const isClean = regions.every(({ outcome }) => outcome.clean);
    return { regions, problems, exitCode: isClean ? EXIT.passed : EXIT.maybeRunning };
}

/** Ends the region's machines at once, and notes what there is of the run. */
async function enterRegion(region: string, options: ReleaseRunOptions): Promise<Place> {
    const { runId, progress, spare, now, sleep } = options;
    const cloud = options.openCloud(region);
    const release = new Release({ cloud, progress, runId, spare, now, sleep });
    const machines = await release.endMachines();
    const { found } = await cloud.resources({ runId }).catch(() => ({ found: [] }));
    return { region, release, things: [...(machines ?? []), ...found] };
}

async function releaseRegion(
    { region, release, things }: Place,
    stacks: readonly FoundStack[],
    progress: Progress,
): Promise<ReleasedRegion> {
    progress.line(`region ${region}`);
    const opened: RunStack[] = [];
    for (const stack of stacks) {
        try {
            opened.push(await stack.openIn(region));
        } catch (error) {
            progress.warn(`stack ${stack.name} cannot be opened: ${errorText(error)}`);
        }
    }
    // Nobody here knows whether a launch was on its way when the driver died.
    const outcome = await release.finish(opened, true);
    const all = [...things, ...outcome.machines];
    return { region, outcome, hasActed: release.hasActed, attempts: attemptTags(all, stacks) };
}

/** Its own region's; else that in which the cloud knows its attempt, else the first. */
function regionOf(stack: FoundStack, places: readonly Place[]): Place {
    const isThere = ({ things }: Place) =>
        knownAttempts(things).some(({ attempt }) => attempt === stack.attempt);
    return (
        places.find(({ region }) => region === stack.region) ?? places.find(isThere) ?? places[0]
    );
}

function knownAttempts(things: Place["things"]): KnownAttempt[] {
    return things.map(({ tags }) => ({ attempt: Number(tags.attempt), tier: tags.tier ?? "" }));
}

function attemptTags(things: Place["things"], stacks: readonly FoundStack[]): AttemptTags[] {
    const attempts = new Set([
        ...things.map(({ tags }) => Number(tags.attempt)),
        ...stacks.map(({ attempt }) => attempt),
    ]);
    const isNumbered = (attempt: number) => Number.isInteger(attempt) && attempt > 0;
    return [...attempts]
        .filter(isNumbered)
        .sort((one, other) => one - other)
        .map((attempt) => {
            const tags = things
                .map((thing) => thing.tags)
                .filter((each) => Number(each.attempt) === attempt);
            return {
                attempt,
                tier: tags.find(({ tier }) => tier)?.tier ?? "",
                owner: tags.find(({ owner }) => owner)?.owner ?? "",
                stack: stacks.find((stack) => stack.attempt === attempt)?.name,
            };
        });
}
