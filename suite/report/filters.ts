import { CaseResult } from "../results";
import { escapeHtml, grouped } from "./text";
import { dimensionWord, STATUSES } from "./words";

interface Filter {
    readonly name: "status" | "dimension" | "language" | "lane" | "family" | "tags";
    readonly title: string;
    readonly valuesOf: (each: CaseResult) => string | readonly string[];
    readonly wordOf?: (value: string) => string;
}

const FILTERS: readonly Filter[] = [
    {
        name: "status",
        title: "Status",
        valuesOf: ({ status }) => status,
        wordOf: (value) => STATUSES[value as CaseResult["status"]].word,
    },
    {
        name: "dimension",
        title: "Dimension",
        valuesOf: ({ dimension }) => dimension,
        wordOf: dimensionWord,
    },
    {
        name: "language",
        title: "Language",
        valuesOf: ({ language }) => language,
        wordOf: (value) => ({ en: "English", zh: "Chinese" })[value] ?? value,
    },
    { name: "lane", title: "Lane", valuesOf: ({ lane }) => lane ?? "deterministic" },
    { name: "family", title: "Family", valuesOf: ({ family }) => family ?? [] },
    { name: "tags", title: "Tag", valuesOf: ({ tags }) => tags ?? [] },
];

/**
 * The form above the cases. It does nothing without the page's script, which shows it; only what tells cases
 * apart is offered.
 */
export function renderFilters(cases: readonly CaseResult[]): string {
    const selects = FILTERS.map((filter) => renderFilter(filter, cases)).filter(Boolean);
    return `<form class="filters" role="search" aria-label="Cases" hidden>
<label class="search">Search <input type="search" name="search" placeholder="title, id, prompt, answer" autocomplete="off"></label>
${selects.join("\n")}
<label>Sort by <select name="sort"><option value="">status</option><option value="seconds">time, longest first</option><option value="title">title</option></select></label>
<output aria-live="polite">${grouped(cases.length)} cases</output>
<button type="reset">Clear</button>
</form>`;
}

function renderFilter({ name, title, valuesOf, wordOf }: Filter, cases: readonly CaseResult[]) {
    const counts = new Map<string, number>();
    for (const value of cases.flatMap(valuesOf)) {
        counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    if (counts.size === 0 || (counts.size === 1 && counts.values().next().value === cases.length)) {
        return "";
    }
    const options = [...counts].map(
        ([value, count]) =>
            `<option value="${escapeHtml(value)}">${escapeHtml(wordOf?.(value) ?? value)} (${grouped(count)})</option>`,
    );
    return `<label>${title} <select name="${name}" data-filter><option value="">all</option>${options.join("")}</select></label>`;
}
