import { appendFileSync } from "node:fs";

/** True inside a GitHub Actions job. */
export function inGitHubActions(env: NodeJS.ProcessEnv): boolean {
    return env.GITHUB_ACTIONS === "true";
}

/**
 * Step outputs for the jobs that follow (`steps.run.outputs.run-id`). Called before anything is
 * created, with the run id: the clean-up job needs it when this process is killed.
 */
export function writeGitHubOutputs(env: NodeJS.ProcessEnv, outputs: Record<string, string>): void {
    append(
        env.GITHUB_OUTPUT,
        Object.entries(outputs)
            .map(([name, value]) => `${name}=${value.replace(/\r?\n/g, " ")}\n`)
            .join(""),
    );
}

/** Markdown for the job's summary page. */
export function writeGitHubSummary(env: NodeJS.ProcessEnv, markdown: string): void {
    append(env.GITHUB_STEP_SUMMARY, `${markdown}\n`);
}

/** A Markdown table of two columns. */
export function summaryTable(title: string, rows: readonly (readonly [string, string])[]): string {
    const cell = (text: string) => text.replace(/\|/g, "\\|").replace(/\r?\n/g, " ");
    return [
        `### ${title}`,
        "",
        "| | |",
        "|---|---|",
        ...rows.map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`),
        "",
    ].join("\n");
}

function append(path: string | undefined, text: string): void {
    if (!path) {
        return;
    }
    try {
        appendFileSync(path, text);
    } catch {
        // A missing summary file must never stand between a run and its release.
    }
}
