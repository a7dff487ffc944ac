import { join, resolve } from "node:path";

import { UserError } from "../../common/userError";
import { AwsCloud } from "../awsCloud";
import { credentialsCheck, runChecks } from "../checks";
import { LocalEngine } from "../engine";
import { freshCloud } from "../freshCloud";
import { inGitHubActions, summaryTable, writeGitHubSummary } from "../github";
import { Progress } from "../progress";
import { receiptRows } from "../receiptRows";
import { chooseRegions } from "../region";
import { releaseReceipt } from "../releaseReceipt";
import { releaseRun } from "../releaseRun";
import { ReportFolder } from "../reportFolder";
import { namedBucket, reportOfReleasedRun, settingsBucket } from "../reportOfReleasedRun";

export interface ReleaseCommandOptions {
    readonly run: string;
    /** Comma-separated; a run that failed over names its own in its output `regions`. */
    readonly regions?: string;
    readonly reports?: string;
    readonly reportBucket?: string;
}

/**
 * `gpu-ci release`: the second entry point, for a CI job that runs whatever became of the first.
 *
 * @returns 0 when the cloud says that nothing of the run is left, else 3.
 */
export async function releaseCommand(
    options: ReleaseCommandOptions,
    projectDir: string,
): Promise<number> {
    checkRunId(options.run);
    const given = namedBucket(options.reportBucket, process.env);
    const progress = new Progress({
        write: (line) => process.stdout.write(`${line}\n`),
        github: inGitHubActions(process.env),
    });
    const startedAt = Date.now();
    const regions = await chooseRegions(options.regions, process.env);
    const openCloud = (region: string) => freshCloud(() => new AwsCloud({ region }));
    const [credentials] = await runChecks([credentialsCheck(openCloud(regions[0]))]);
    const { account } = (credentials.value ?? { account: "" }) as { account: string };
    // Not known is not the same as none: what follows says so of everything it cannot ask about.
    if (credentials.error) {
        progress.warn(credentials.error.message);
    } else {
        progress.line(credentials.detail);
    }

    const engine = new LocalEngine(projectDir);
    const runId = options.run;
    const ended = await releaseRun({ runId, regions, projectDir, engine, openCloud, progress });
    const reports = resolve(options.reports ?? join(projectDir, "reports"));
    const folder = new ReportFolder(reports, runId);
    const bucket = given ?? settingsBucket(runId, ended, projectDir);
    const { released, hasCome } =
        bucket === undefined
            ? { released: ended, hasCome: false }
            : await reportOfReleasedRun(ended, {
                  ...{ bucket, runId, folder, progress },
                  cloud: openCloud(regions[0]),
              });
    const hasActed = released.regions.some((region) => region.hasActed) || hasCome;
    const earlier = folder.readReceipt();
    const stands = earlier?.leftovers.length === 0 && released.exitCode === 0 && !hasActed;
    const receipt = stands
        ? earlier
        : releaseReceipt({
              runId,
              released,
              home: folder.readResults(),
              account,
              awsEndpoint: process.env.AWS_ENDPOINT_URL || undefined,
              engineVersion: await engine.describe().then(
                  ({ version }) => version,
                  () => "none",
              ),
              startedAt,
              now: Date.now(),
          });
    if (stands) {
        progress.line("the driver's own receipt stands: nothing was left to release");
    } else {
        folder.replaceReceipt(receipt);
    }
    progress.phase("receipt");
    for (const [name, value] of receiptRows(receipt)) {
        progress.line(`${name}: ${value}`);
    }
    progress.end();
    writeGitHubSummary(process.env, summaryTable(`GPU run ${runId}`, receiptRows(receipt)));
    return released.exitCode;
}

function checkRunId(runId: string): void {
    if (!/^[a-z0-9][a-z0-9-]{0,35}$/.test(runId)) {
        throw new UserError(
            `the run id is "${runId}"`,
            "up to 36 lower-case letters, digits and hyphens",
            "take it from the run's first lines or its output run-id",
        );
    }
}
