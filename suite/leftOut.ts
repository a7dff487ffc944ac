import { existsSync, readFileSync } from "node:fs";
import { SuiteResults, suiteResultsSchema } from "./results";

/**
 * The cases to leave out after a run in whose course the server ran out of memory: the one that got no
 * answer because of that, and those that the run had left out before.
 *
 * @param setAside the results of that run; the suite stops at the case in which a server dies, so that
 * the last one without an answer is the one.
 * @example casesToLeaveOut(results) // ["throughput-16"]
 */
export function casesToLeaveOut({ cases }: SuiteResults): string[] {
    const errored = cases.filter(({ status }) => status === "errored");
    const before = errored.filter(({ problem }) => problem?.kind === "out-of-memory");
    const last = errored.filter((each) => !before.includes(each)).slice(-1);
    return [...before, ...last].map(({ id }) => id);
}

/** The same from a file of results; none where there is no such file, or it holds something else. */
export function readCasesToLeaveOut(file = ""): string[] {
    if (!existsSync(file)) {
        return [];
    }
    const parsed = suiteResultsSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return parsed.success ? casesToLeaveOut(parsed.data) : [];
}
