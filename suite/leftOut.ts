import { existsSync, readFileSync } from "node:fs";
import { mostAtOnce } from "./atOnce";
import { TestCase } from "./caseSchema";
import { SuiteResults, suiteResultsSchema } from "./results";

/**
 * The cases to leave out after a run in whose course the server ran out of memory: the one that got no
 * answer because of that, and those that the run had left out before. Where several were asked side by side
 * it was none of them alone, so that none is left out: one at a time they may fit.
 *
 * @param setAside the results of that run.
 * @returns undefined where the run says of no case that the server was gone in it.
 * @example casesToLeaveOut(results) // ["throughput-16"]
 */
export function casesToLeaveOut({ cases, stoppedDuring }: SuiteResults): string[] | undefined {
    const errored = cases.filter(({ status }) => status === "errored");
    const before = errored
        .filter(({ problem }) => problem?.kind === "out-of-memory")
        .map(({ id }) => id);
    const asked = errored.map(({ id }) => id).filter((id) => !before.includes(id));
    // Older results do not name it; they were asked in order, up to the one in which the server died.
    const during = stoppedDuring ?? asked.slice(-1);
    return during.length + before.length === 0
        ? undefined
        : [...before, ...(during.length === 1 ? during : [])];
}

/**
 * The cases left out, with those that ask as many requests at once as one of them, or more: what the server had
 * no memory for, it has none for there. Each that it has to die of costs a start.
 *
 * @example withAlike(["throughput-4"], cases) // ["throughput-4", "throughput-16", "load-text"]
 */
export function withAlike(
    leftOut: readonly string[],
    cases: readonly Pick<TestCase, "id" | "measure">[],
): string[] {
    const tooMany = Math.min(
        ...cases
            .filter((each) => leftOut.includes(each.id) && mostAtOnce(each) > 1)
            .map(mostAtOnce),
    );
    const alike = cases.filter((each) => mostAtOnce(each) >= tooMany).map(({ id }) => id);
    return [...new Set([...leftOut, ...alike])];
}

/** The cases to leave out after the results of a file; undefined where there is no such file, or it holds something else. */
export function readSetAside(file = ""): string[] | undefined {
    if (!existsSync(file)) {
        return undefined;
    }
    const parsed = suiteResultsSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return parsed.success ? casesToLeaveOut(parsed.data) : undefined;
}
