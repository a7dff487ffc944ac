import { CaseResult, SuiteResults } from "../results";
import { anchorsOf } from "./anchors";
import { Previous, previousOf } from "./answerThen";
import { DetailLimits, renderDetails } from "./caseDetails";
import { renderFilters } from "./filters";
import { renderTag, renderTags } from "./tags";
import { escapeHtml, milliseconds } from "./text";
import { dimensionWord, isTrouble, STATUS_ORDER, STATUSES } from "./words";

/** So many cases that did not pass are open from the start; the others open by a click. */
const OPENED = 20;
/** With more cases than this, those that passed are shown without pictures, and long answers are cut short. */
const MANY_CASES = 200;
/** As many are elements from the start; of thousands the others wait as text, see page-rows.js. */
const FIRST_ROWS = 200;
const FEW: DetailLimits = { pictures: true, characters: 20_000 };
const MANY: DetailLimits = { pictures: false, characters: 2000 };

/** Every case as a row that opens to its details; those that did not pass come first. */
export function renderCases({ cases, comparison }: SuiteResults): string {
    if (cases.length === 0) {
        return "";
    }
    const anchors = anchorsOf(cases);
    const previous = previousOf(comparison);
    const rank = ({ status }: CaseResult): number => RANKS.indexOf(status);
    const sorted = [...cases].sort((a, b) => rank(a) - rank(b));
    const rows = sorted.map((each, index) =>
        renderCase(each, {
            anchor: anchors.get(each) as string,
            open: index < OPENED && isTrouble(each.status),
            limits: isTrouble(each.status) || cases.length <= MANY_CASES ? FEW : MANY,
            previous: previous.get(each.id),
        }),
    );
    const [first, rest] = [rows.slice(0, FIRST_ROWS), rows.slice(FIRST_ROWS)];
    // Without scripts a browser reads what is inside <noscript>; with them it stays text, which costs nothing.
    const others =
        rest.length > 0
            ? `<noscript class="rest"><ul class="rows">\n${rest.join("\n")}\n</ul></noscript>`
            : "";
    return `<section class="cases" id="cases"><h2>Cases</h2>
${renderFilters(cases)}
<ul class="rows" id="rows">
${first.join("\n")}
</ul>
${others}<button type="button" class="more" hidden>Show more</button></section>`;
}

const RANKS = [
    "failed",
    "flaky",
    "errored",
    ...STATUS_ORDER.filter((status) => !isTrouble(status)),
] as const;

interface RowOptions {
    readonly anchor: string;
    readonly open: boolean;
    readonly limits: DetailLimits;
    readonly previous: Previous | undefined;
}

function renderCase(each: CaseResult, { anchor, open, limits, previous }: RowOptions): string {
    const { status, dimension, language, seconds } = each;
    const { mark, word } = STATUSES[status];
    const data = {
        status,
        dimension,
        language,
        lane: each.lane ?? "deterministic",
        family: each.family ?? "",
        tags: (each.tags ?? []).join(" "),
        seconds: Number(seconds.toPrecision(4)),
        title: each.title,
    };
    const attributes = Object.entries(data)
        .map(([name, value]) => ` data-${name}="${escapeHtml(String(value))}"`)
        .join("");
    return `<li id="${anchor}" class="case ${status}"${attributes}><details${open ? " open" : ""}>
<summary><span class="mark" role="img" aria-label="${word}">${mark}</span><span class="title"><bdi>${escapeHtml(each.title)}</bdi> <code>${escapeHtml(each.id)}</code></span>${renderTags(each)}${language === "zh" ? renderTag("中文") : ""}<span class="dimension">${escapeHtml(dimensionWord(dimension))}</span><span class="time">${milliseconds(seconds)}</span></summary>
${renderDetails(each, limits, previous)}</details></li>`;
}
