import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { stringify } from "yaml";

import type { MinimalRun } from "../bench/minimalRun";
import type { Program } from "./cellRun";

const PROJECT_DIR = resolve(__dirname, "..", "bench");

/**
 * The minimal program of the bench, started as one would without this project. Everything that it has
 * against leaks is a `destroy` in `finally`.
 */
export function plain(): Program & { readonly close: () => void } {
    const dir = mkdtempSync(join(tmpdir(), "gpu-ci-plain-"));
    const suiteDir = join(dir, "suite");
    mkdirSync(suiteDir);
    writeFileSync(join(suiteDir, "suite.js"), "");
    const run: MinimalRun = {
        ...{ instanceType: "g6.xlarge", volumeGiB: 150, callerCidr: "127.0.0.1/32" },
        ...{ serverImage: "none", serverArgs: [], suiteImage: "none", suiteDir, suiteCommand: [] },
    };
    const settings = (runId: string) => join(PROJECT_DIR, `Pulumi.plain-${runId}.yaml`);
    return {
        // A destroy that waits for what it cannot see waits for a quarter of an hour.
        longestSeconds: 120,
        command: (runId) => [
            ...["node", "--require", "tsx/cjs", join(__dirname, "plainDriver.ts")],
            ...[PROJECT_DIR, `plain-${runId}`],
        ],
        prepare: (runId) =>
            writeFileSync(
                settings(runId),
                stringify({ config: { "ephemeral-gpu-ci-bench:run": run } }),
            ),
        forget: (runId) => rmSync(settings(runId), { force: true }),
        close: () => rmSync(dir, { recursive: true, force: true }),
    };
}
