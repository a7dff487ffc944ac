import { comparisonLine } from "./baseline/comparison";
import { CaseResult, SuiteResults } from "./results";

const STATUS_WORDS = {
    passed: "pass",
    flaky: "FLAKY",
    failed: "FAIL",
    errored: "ERROR",
    skipped: "skip",
} as const;
const LONGEST_REASON = 160;

/**
 * One line for a case that has ended.
 *
 * @param index how many ended before it.
 * @example progressLine(result, 2, 35) // "[ 3/35] pass  multimodal/count-circles  36 ms\n"
 */
export function progressLine(result: CaseResult, index: number, count: number): string {
    const position = String(index + 1).padStart(String(count).length);
    const failed = result.checks.find(({ passed }) => !passed);
    const notes = [
        result.status === "flaky" && `passed ${result.repeats?.passed} of ${result.repeats?.total}`,
        result.quarantine &&
            `quarantine ${result.quarantine.expired ? "expired" : "until"} ${result.quarantine.expires}`,
        result.problem?.message ?? failed?.message,
    ].filter(Boolean);
    const reason = notes.length > 0 ? notes.join("; ") : undefined;
    return (
        `[${position}/${count}] ${STATUS_WORDS[result.status].padEnd(5)} ` +
        `${result.dimension}/${result.id}  ${Math.round(result.seconds * 1000)} ms` +
        `${reason === undefined ? "" : `  ${reason.slice(0, LONGEST_REASON)}`}\n`
    );
}

/** The last lines of a run: what came of the comparison, where there is one, and the verdict. */
export function verdictLines({ comparison, verdict, why }: SuiteResults): string {
    const compared = comparison ? `${comparisonLine(comparison)}\n` : "";
    return `${compared}${verdict === "none" ? "no verdict" : verdict}: ${why}\n`;
}
