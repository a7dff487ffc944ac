import { CaseResult, SuiteResults } from "../../../../suite/results";

const DIMENSION_OF = ["single-modality", "multimodal", "boundary"] as const;

/** The n-th case of a made-up run; dimensions take turns. */
export function caseResult(
    index: number,
    passed: boolean,
    more: Partial<CaseResult> = {},
): CaseResult {
    return {
        id: `case-${index}`,
        dimension: DIMENSION_OF[index % 3] as CaseResult["dimension"],
        title: "",
        language: "en",
        status: passed ? "passed" : "failed",
        seconds: 1,
        checks: [],
        prompt: "",
        answer: "",
        turns: [],
        images: [],
        lane: "deterministic",
        digest: `digest-${index}`,
        cluster: `cluster-${index}`,
        ...more,
    };
}

/** A made-up run of these cases. */
export function suite(cases: CaseResult[], more: Partial<SuiteResults> = {}): SuiteResults {
    const failed = cases.filter(({ status }) => status !== "passed").length;
    return {
        schemaVersion: 2,
        tier: "merge",
        model: "m",
        server: { url: "http://x", version: "1", standIn: false },
        startedAt: "2026-11-24T06:00:00.000Z",
        endedAt: "2026-11-24T06:01:00.000Z",
        seconds: 60,
        verdict: failed > 0 ? "failed" : "passed",
        why: failed > 0 ? `${failed} failed` : "all passed",
        totals: { passed: cases.length - failed, flaky: 0, failed, errored: 0, skipped: 0 },
        cases,
        performance: { latency: [], throughput: [] },
        ...more,
    };
}
