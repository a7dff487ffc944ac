import { join, resolve } from "node:path";

import { AwsCloud } from "../awsCloud";
import { LocalEngine } from "../engine";
import { freshCloud } from "../freshCloud";
import { inGitHubActions } from "../github";
import type { RunRequest } from "../readSettings";
import { Progress } from "../progress";
import { resolveRegion } from "../region";
import { run } from "../run";
import { Signals } from "../signals";

/** `gpu-ci run`: plan, rent, test, report, release, receipt. */
export async function runCommand(
    request: RunRequest,
    projectDir: string,
    options: { readonly reports?: string },
): Promise<number> {
    const progress = new Progress({
        write: (line) => process.stdout.write(`${line}\n`),
        github: inGitHubActions(process.env),
    });
    const signals = new Signals(progress);
    try {
        const end = await run(request, {
            projectDir,
            reportsRoot: resolve(options.reports ?? join(projectDir, "reports")),
            env: process.env,
            engine: new LocalEngine(projectDir),
            openCloud: (region, profile) => freshCloud(() => new AwsCloud({ region, profile })),
            resolveRegion,
            signals,
            progress,
            now: Date.now,
        });
        return end.exitCode;
    } finally {
        progress.end();
        signals.close();
    }
}
