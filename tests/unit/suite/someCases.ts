import { parseCaseFile } from "../../../suite/cases";
import { Dimension, Lane, TestCase } from "../../../suite/caseSchema";
import { CaseResult } from "../../../suite/results";

interface Wanted {
    readonly dimension?: Dimension;
    readonly lane?: Lane;
    readonly tags?: string;
    readonly maxTokens?: number;
    readonly more?: string;
}

/** A case that asks "Question ID" and wants "right" in the answer. */
export function someCase(id: string, wanted: Wanted = {}): TestCase {
    const { dimension = "single-modality", lane = "deterministic", tags = "[]" } = wanted;
    const { maxTokens = 8, more = "" } = wanted;
    const text = `dimension: ${dimension}
cases:
  - id: ${id}
    title: A case
    language: en
    tags: ${tags}
    lane: ${lane}
    ${more}
    turns:
      - prompt: "Question ${id}"
        maxTokens: ${maxTokens}
        checks: [{ kind: keywords, groups: [[right]] }]
`;
    return parseCaseFile(text, "cases/some.yaml")[0] as TestCase;
}

/** A measured case, of latency or throughput. */
export function measuredCase(id: string, measure: string): TestCase {
    const kind = /kind: (\w+)/.exec(measure)?.[1];
    const check = kind === "latency" ? "kind: latency, maxEndToEndSeconds: 60" : "kind: throughput";
    const text = `dimension: performance
cases:
  - id: ${id}
    title: A measured case
    language: en
    tags: []
    measure: { ${measure} }
    turns:
      - prompt: "Question ${id} {{index}}"
        maxTokens: 8
        checks: [{ ${check} }]
`;
    return parseCaseFile(text, "cases/some.yaml")[0] as TestCase;
}

/** What came of a case, for tests that ask no server. */
export function someResult(
    { id, dimension, lane, digest }: TestCase,
    status: CaseResult["status"],
    kind?: NonNullable<CaseResult["problem"]>["kind"],
): CaseResult {
    return {
        id,
        dimension,
        title: "",
        language: "en",
        status,
        seconds: 0,
        checks: [],
        prompt: "",
        answer: "",
        turns: [],
        images: [],
        lane,
        digest,
        ...(kind && { problem: { kind, message: "a problem" } }),
    };
}
