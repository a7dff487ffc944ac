import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Baseline } from "./loadBaseline";

const FOLDER = "baseline";

/** Where a baseline lies in the folder of a bundled suite. @example "baseline/known-good.json" */
export function placeOfBaseline({ name }: Pick<Baseline, "name">): string {
    return `${FOLDER}/${name.replace(/[^\w.+-]/g, "-")}.json`;
}

/**
 * Puts a baseline into the folder of a bundled suite, in place of another one, without what a comparison
 * does not read: pictures, and its own comparison. The same baseline gives the same bytes.
 */
export function putBaseline(suiteDir: string, baseline: Baseline | undefined): void {
    rmSync(join(suiteDir, FOLDER), { recursive: true, force: true });
    if (baseline === undefined) {
        return;
    }
    const cases = baseline.results.cases.map((each) => ({ ...each, images: [] }));
    // JSON leaves out what is undefined.
    const slim = { ...baseline.results, cases, comparison: undefined };
    mkdirSync(join(suiteDir, FOLDER), { recursive: true });
    writeFileSync(join(suiteDir, placeOfBaseline(baseline)), `${JSON.stringify(slim)}\n`);
}
