import { CaseResult } from "../results";
import { escapeHtml } from "./text";

/** Lane, repeats with the interval of the pass rate, quarantine. */
export function renderTags({ status, lane, repeats, quarantine, standing }: CaseResult): string {
    const percent = (value: number): number => Math.round(value * 100);
    // Of a pinned request that always fails an interval says nothing.
    const varies = lane === "sampled" || status === "flaky";
    const rate =
        varies && repeats?.passRate
            ? `, ${percent(repeats.passRate.low)} to ${percent(repeats.passRate.high)} %`
            : "";
    const tags: [string, string][] = [];
    if (lane === "sampled") {
        tags.push(["sampled", "asked with temperature, a seed for each repeat"]);
    }
    if (repeats) {
        const alike = repeats.consistency;
        const hint =
            alike === undefined
                ? ""
                : `two answers are the same with a chance of ${percent(alike)} %`;
        tags.push([`${repeats.passed} of ${repeats.total} repeats${rate}`, hint]);
    }
    if (standing === "known") {
        tags.push(["known", "It did not pass in the baseline either and does not count"]);
    } else if (standing) {
        tags.push(["within chance", "It passed in the baseline; one such case is no evidence"]);
    }
    if (quarantine) {
        const until = quarantine.expired ? "quarantine expired" : "quarantined until";
        tags.push([`${until} ${quarantine.expires}`, quarantine.reason]);
    }
    return tags.map(([text, hint]) => renderTag(text, hint)).join("");
}

export function renderTag(text: string, hint = ""): string {
    return `<span class="tag"${hint && ` title="${escapeHtml(hint)}"`}>${escapeHtml(text)}</span>`;
}
