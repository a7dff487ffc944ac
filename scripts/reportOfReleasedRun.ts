import { parseSettings, environmentName } from "../settings";
import { bringRunFromBucket, type BucketReportOptions } from "./bucketReport";
import { withReason } from "./powerOffReason";
import { readSettings } from "./readSettings";
import type { ReleasedRegion, ReleasedRun } from "./releaseRun";

const ENVIRONMENT_NAME = environmentName("reportBucket");

/**
 * The bucket that a command was told of, or the environment.
 *
 * @throws UserError for a name that no bucket has.
 */
export function namedBucket(given: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
    const reportBucket = given ?? env[ENVIRONMENT_NAME];
    // Nothing but the bucket is looked at, so any tier does.
    return parseSettings({ tier: "dev", reportBucket }, {}).reportBucket;
}

/** The bucket that the settings of the run's tier name; what cannot be read names none. Never throws. */
export function settingsBucket(
    runId: string,
    released: ReleasedRun,
    projectDir: string,
): string | undefined {
    const tagged = released.regions.flatMap(({ attempts }) => attempts.map(({ tier }) => tier));
    // A run that nobody named begins with its tier.
    const tiers = [...tagged, runId.split("-")[0]];
    for (const tier of new Set(tiers)) {
        try {
            const { settings } = readSettings({ tier, given: {} }, projectDir, {});
            if (settings.reportBucket !== undefined) {
                return settings.reportBucket;
            }
        } catch {
            // No tier of ours, or settings that a run of it would have refused.
        }
    }
    return undefined;
}

/**
 * Brings home what the machines of a released run have pushed, where the driver brought nothing that
 * says how the suite went; and why they powered themselves off, where their consoles do not tell.
 */
export async function reportOfReleasedRun(
    released: ReleasedRun,
    options: BucketReportOptions,
): Promise<{ readonly released: ReleasedRun; readonly hasCome: boolean }> {
    const { results } = options.folder.readResults();
    if (results !== undefined && results.verdict !== "none") {
        return { released, hasCome: false };
    }
    const known = released.regions.flatMap(({ attempts, outcome }) =>
        attempts.map(({ attempt }) => ({
            attempt,
            machines: outcome.machines.filter(({ tags }) => Number(tags.attempt) === attempt),
        })),
    );
    const came = await bringRunFromBucket(options, known);
    const regions = came.reduce(
        (sofar, attempt, index) =>
            sofar.map((region) =>
                withReportsReason(
                    region,
                    attempt,
                    options.folder.powerOffReason(index === 0 ? undefined : attempt),
                ),
            ),
        released.regions,
    );
    return { released: { ...released, regions }, hasCome: came.length > 0 };
}

function withReportsReason(
    region: ReleasedRegion,
    attempt: number,
    reason: string | undefined,
): ReleasedRegion {
    const { outcome } = region;
    const machines = outcome.machines.filter(({ tags }) => Number(tags.attempt) === attempt);
    const powerOffReasons = withReason(outcome.powerOffReasons, machines, reason);
    return { ...region, outcome: { ...outcome, powerOffReasons } };
}
