import { diffWordsWithSpace } from "diff";
import { Comparison } from "../baseline/comparison";
import { CaseResult } from "../results";
import { renderText } from "./caseDetails";
import { cut, escapeHtml } from "./text";

/** What a case's answer was in the baseline. */
export interface Previous {
    readonly baseline: string;
    readonly status: CaseResult["status"];
    readonly answer: string;
}

/** What the comparison keeps of the baseline, by the case's id. */
export function previousOf(comparison: Comparison | undefined): ReadonlyMap<string, Previous> {
    const answers = comparison?.before?.answers ?? [];
    const baseline = comparison?.baseline.name ?? "";
    return new Map(answers.map(({ caseId, ...rest }) => [caseId, { baseline, ...rest }]));
}

/** Beyond this the difference of two texts is neither readable nor found in a moment. */
const LONGEST_DIFF = 4000;
const MOST_EDITS = 600;
const CHINESE = new Intl.Segmenter("zh", { granularity: "word" });

/** The answer of the baseline, and word by word what is different now. */
export function renderThenAndNow(
    { baseline, status, answer: then }: Previous,
    { answer: now, language }: CaseResult,
    mostCharacters: number,
): string {
    const lang = language === "zh" ? ' lang="zh"' : "";
    const title = `<h3>In the baseline ${escapeHtml(baseline)}: ${status}</h3>`;
    if (then.trim() === now.trim()) {
        return `<div class="then">${title}<p>The same answer.</p></div>`;
    }
    const [before, after] = [cut(then, LONGEST_DIFF), cut(now, LONGEST_DIFF)];
    const changes =
        before.missing + after.missing > 0
            ? undefined
            : diffWordsWithSpace(before.text, after.text, {
                  maxEditLength: MOST_EDITS,
                  ...(language === "zh" && { intlSegmenter: CHINESE }),
              });
    if (changes === undefined) {
        return `<div class="then">${title}<p class="said answer" dir="auto"${lang}>${renderText(then, mostCharacters)}</p></div>`;
    }
    const parts = changes.map(({ value, added, removed }) => {
        const name = added ? "ins" : removed ? "del" : undefined;
        return name ? `<${name}>${escapeHtml(value)}</${name}>` : escapeHtml(value);
    });
    return `<div class="then">${title}<p class="said diff" dir="auto"${lang}>${parts.join("")}</p>
<p class="note"><del>struck</del>: only in the baseline’s answer; <ins>underlined</ins>: only in this one</p></div>`;
}
