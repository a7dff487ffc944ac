import { isUserError } from "../../common/userError";
import { parseRegion } from "../../sizing";
import { AwsCloud, errorText } from "../awsCloud";
import { credentialsCheck, runChecks, throwFirst } from "../checks";
import { EXIT } from "../exitCodes";
import { reap } from "../reap";
import { resolveRegion } from "../region";

export interface ReapCommandOptions {
    readonly run?: string;
    readonly expired?: boolean;
    readonly yes?: boolean;
    /** Comma-separated; a run that failed over names its own in its output `regions`. */
    readonly regions?: string;
}

/**
 * `gpu-ci reap`: finds machines of ours by tag and ends them, in one region after another.
 *
 * @returns the exit code of the region that looks worst; one that does not answer stops no other.
 */
export async function reapCommand(options: ReapCommandOptions): Promise<number> {
    const regions =
        options.regions === undefined
            ? [await resolveRegion({}, process.env)]
            : options.regions.split(",").map((text) => parseRegion(text.trim()));
    let worst: number = EXIT.passed;
    for (const region of regions) {
        worst = Math.max(worst, await reapRegion(region, options));
    }
    return worst;
}

async function reapRegion(region: string, options: ReapCommandOptions): Promise<number> {
    const cloud = new AwsCloud({ region });
    const [credentials] = await runChecks([credentialsCheck(cloud)]);
    throwFirst([credentials]);
    console.log(`Region ${region}, ${credentials.detail}`);
    return reap(
        { runId: options.run, expired: options.expired, yes: options.yes },
        { cloud, print: console.log },
    ).catch((error: unknown) => {
        if (isUserError(error)) {
            throw error;
        }
        console.error(`The cloud did not answer: ${errorText(error)}`);
        return EXIT.maybeRunning;
    });
}
