import { isUserError } from "../common/userError";
import { BaselineRules, judgeByBaseline } from "./baseline/judgeByBaseline";
import { loadBaseline } from "./baseline/loadBaseline";
import { refuseWithoutBaseline } from "./baseline/refuseWithoutBaseline";
import { mergeShards } from "./mergeShards";
import { verdictLines } from "./progressLine";
import { readResults } from "./readResults";
import { EXIT_CODES } from "./verdict";
import { writeReports } from "./report/writeReports";

interface MergeCommandOptions extends BaselineRules {
    readonly out: string;
    readonly baseline?: string;
}

/** Joins the reports of shards, writes the joined one, and returns the exit code. */
export function mergeCommand(paths: readonly string[], options: MergeCommandOptions): number {
    try {
        refuseWithoutBaseline(options);
        const baseline =
            options.baseline === undefined ? undefined : loadBaseline(options.baseline);
        const merged = mergeShards(paths.map((path) => ({ path, results: readResults(path) })));
        const results = baseline ? judgeByBaseline(merged, baseline, options) : merged;
        writeReports(options.out, results);
        process.stdout.write(verdictLines(results));
        return EXIT_CODES[results.verdict];
    } catch (error) {
        if (!isUserError(error)) {
            throw error;
        }
        process.stderr.write(`error: ${error.message}\n`);
        return EXIT_CODES.none;
    }
}
