import { CaseResult, SuiteResults, Verdict } from "../results";

/** How a verdict reads, with a mark that needs no colour. */
export const VERDICTS: Readonly<Record<Verdict, { word: string; mark: string }>> = {
    passed: { word: "Passed", mark: "✓" },
    failed: { word: "Failed", mark: "✗" },
    none: { word: "No verdict", mark: "?" },
};

type Status = CaseResult["status"];

/** How a case's status reads. */
export const STATUSES: Readonly<Record<Status, { word: string; mark: string }>> = {
    passed: { word: "passed", mark: "✓" },
    flaky: { word: "flaky", mark: "≈" },
    failed: { word: "failed", mark: "✗" },
    errored: { word: "not judged", mark: "!" },
    skipped: { word: "skipped", mark: "–" },
};
export const STATUS_ORDER = Object.keys(STATUSES) as Status[];

const DIMENSION_WORDS: Readonly<Record<CaseResult["dimension"], string>> = {
    "single-modality": "Single modality",
    multimodal: "Multimodal",
    boundary: "Boundary",
    performance: "Performance",
    own: "Own suite",
};

/** What was run, as a heading. */
export function suiteWord({ ownSuite }: SuiteResults): string {
    return ownSuite ? "Own suite" : "Qwen3-VL regression suite";
}

/** How a dimension reads; one that is not known here by its own name. */
export function dimensionWord(dimension: string): string {
    return (DIMENSION_WORDS as Record<string, string>)[dimension] ?? dimension;
}

/** Whether a reader has to look at such a case. */
export function isTrouble(status: Status): boolean {
    return status === "failed" || status === "flaky" || status === "errored";
}

/** Why a case did not pass, in one line; empty where it did. */
export function reasonOf({ problem, checks }: CaseResult): string {
    return problem?.message ?? checks.find(({ passed }) => !passed)?.message ?? "";
}
