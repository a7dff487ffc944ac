import { CaseResult, SuiteResults } from "../results";
import { duration, escapeHtml, grouped } from "./text";
import { dimensionWord, STATUS_ORDER, STATUSES } from "./words";

/** The dimensions of some cases, in the order in which they first appear. */
export function dimensionsOf(cases: readonly CaseResult[]): CaseResult["dimension"][] {
    return [...new Set(cases.map(({ dimension }) => dimension))];
}

/** How many of a dimension's cases have each status. */
export function renderDimensions({ cases }: SuiteResults): string {
    const rows = dimensionsOf(cases).map((dimension) => {
        const own = cases.filter((each) => each.dimension === dimension);
        const count = (status: CaseResult["status"]): number =>
            own.filter((each) => each.status === status).length;
        const others = STATUS_ORDER.filter(
            (status) => status !== "passed" && count(status) > 0,
        ).map(
            (status) =>
                `<span class="${status}">${grouped(count(status))} ${STATUSES[status].word}</span>`,
        );
        const seconds = own.reduce((sum, each) => sum + each.seconds, 0);
        return `<tr><th scope="row">${escapeHtml(dimensionWord(dimension))}</th>
<td class="wide">${renderBar(STATUS_ORDER.map((status) => [status, count(status)]))}</td>
<td>${grouped(count("passed"))} of ${grouped(own.length)} passed${others.length > 0 ? `, ${others.join(", ")}` : ""}</td>
<td class="number">${duration(seconds)}</td></tr>`;
    });
    return rows.length === 0
        ? ""
        : `<section><h2>By dimension</h2><table class="dimensions"><tbody>${rows.join("\n")}</tbody></table></section>`;
}

/** The table beside it says the same in numbers, so it is hidden from who cannot see it. */
function renderBar(parts: readonly (readonly [string, number])[]): string {
    const total = parts.reduce((sum, [, count]) => sum + count, 0);
    let from = 0;
    const bars = parts.map(([name, count]) => {
        const bar = `<rect class="${name}" x="${from}" width="${count}" height="1"/>`;
        from += count;
        return count > 0 ? bar : "";
    });
    return `<svg class="bar" viewBox="0 0 ${total} 1" preserveAspectRatio="none" aria-hidden="true">${bars.join("")}</svg>`;
}
