import { isUserError } from "../../common/userError";
import { AwsCloud } from "../awsCloud";
import { errorText } from "../awsErrors";
import { credentialsCheck, runChecks, throwFirst } from "../checks";
import { LocalEngine } from "../engine";
import { EXIT } from "../exitCodes";
import { freshCloud } from "../freshCloud";
import { Progress } from "../progress";
import { reap, refuseAll, spare, survey, type ReapRequest } from "../reap";
import { chooseRegions } from "../region";
import { releaseRun } from "../releaseRun";

export interface ReapCommandOptions {
    readonly run?: string;
    readonly expired?: boolean;
    readonly yes?: boolean;
    /** Comma-separated; a run that failed over names its own in its output `regions`. */
    readonly regions?: string;
}

/**
 * `gpu-ci reap`: finds everything of ours by tag, and with `--yes` ends it, in one region after
 * another. A run that is named is released with its stacks, as `gpu-ci release` does, but for what
 * has a deadline that cannot be read.
 *
 * @returns the exit code of the region that looks worst; one that does not answer stops no other.
 */
export async function reapCommand(
    { run, expired, yes, regions: listed }: ReapCommandOptions,
    projectDir: string,
): Promise<number> {
    const request: ReapRequest = { runId: run, expired, yes };
    refuseAll(request);
    const regions = await chooseRegions(listed, process.env);
    const isWholeRun = run !== undefined && yes === true && !expired;
    let worst: number = EXIT.passed;
    for (const region of regions) {
        worst = Math.max(worst, await reapRegion(region, request, isWholeRun));
    }
    if (!isWholeRun) {
        return worst;
    }
    const progress = new Progress({ write: (line) => process.stdout.write(`${line}\n`) });
    const released = await releaseRun({
        ...{ runId: run, regions, projectDir, progress, openCloud },
        engine: new LocalEngine(projectDir),
        spare: spare(request),
    });
    progress.end();
    return Math.max(worst, released.exitCode);
}

async function reapRegion(
    region: string,
    request: ReapRequest,
    isWholeRun: boolean,
): Promise<number> {
    const cloud = openCloud(region);
    const [credentials] = await runChecks([credentialsCheck(cloud)]);
    throwFirst([credentials]);
    console.log(`Region ${region}, ${credentials.detail}`);
    const options = { cloud, print: console.log };
    try {
        if (!isWholeRun) {
            return await reap(request, options);
        }
        await survey(request, options);
        return EXIT.passed;
    } catch (error) {
        if (isUserError(error)) {
            throw error;
        }
        console.error(`The cloud did not answer: ${errorText(error)}`);
        return EXIT.maybeRunning;
    }
}

function openCloud(region: string) {
    return freshCloud(() => new AwsCloud({ region }));
}
