import { PLANNED_RUNG } from "../../common/rungNames";
import { comparisonLine } from "../baseline/comparison";
import { SuiteResults } from "../results";
import { anchorsOf } from "./anchors";
import { renderTags } from "./tags";
import { duration, escapeHtml, grouped, sentence } from "./text";
import { isTrouble, reasonOf, STATUS_ORDER, STATUSES, suiteWord, VERDICTS } from "./words";

/** The page's head stays readable when everything fails. */
const TROUBLES_SHOWN = 8;

/** The verdict, its reason, and the first cases that are behind it. */
export function renderHead(results: SuiteResults): string {
    const { verdict, totals, server, comparison } = results;
    // A regression's reason stands in its own line below.
    const why =
        comparison && results.why.startsWith(comparisonLine(comparison))
            ? results.why.slice(comparisonLine(comparison).length + 2)
            : results.why;
    const { word, mark } = VERDICTS[verdict];
    const facts: [string, string][] = [
        ["Model", results.model],
        ["Tier", results.tier],
        ["Server", [server.name, server.version].filter(Boolean).join(" ") || "unknown"],
        ["Context", server.contextTokens ? `${grouped(server.contextTokens)} tokens` : "unknown"],
        ["Started", `${results.startedAt.slice(0, 16).replace("T", " ")} UTC`],
        ["Took", duration(results.seconds)],
    ];
    const tiles = STATUS_ORDER.map((status) => {
        const count = totals[status] ?? 0;
        return `<li class="${count > 0 ? status : "zero"}"><b>${grouped(count)}</b> ${STATUSES[status].word}</li>`;
    });
    return `<header class="verdict ${verdict}">
<p class="label">${suiteWord(results)}</p>
<h1><span class="mark" aria-hidden="true">${mark}</span> ${word}${server.standIn ? ' <span class="tag">stand-in server</span>' : ""}</h1>
<p class="why">${escapeHtml(sentence(why))}</p>
${comparison ? `<p class="comparison ${comparison.outcome}">${escapeHtml(sentence(comparisonLine(comparison)))}</p>` : ""}
<ul class="totals">${tiles.join("")}</ul>
${renderTroubles(results)}
<dl class="facts">${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join("")}</dl>
</header>`;
}

/** The cases that did not pass, each with its first reason and a link to its details. */
function renderTroubles({ cases }: SuiteResults): string {
    const anchors = anchorsOf(cases);
    const troubles = cases.filter(({ status }) => isTrouble(status));
    const lines = troubles.slice(0, TROUBLES_SHOWN).map((each) => {
        const link = `<a href="#${anchors.get(each)}">${escapeHtml(each.title)}</a>`;
        return `<li class="${each.status}"><span class="mark">${STATUSES[each.status].mark}</span><span>${link}: ${escapeHtml(reasonOf(each))} ${renderTags(each)}</span></li>`;
    });
    const more = troubles.length - lines.length;
    const rest =
        more > 0 ? `<li><span></span><span>and ${grouped(more)} more below</span></li>` : "";
    return lines.length > 0 ? `<ul class="troubles">${lines.join("")}${rest}</ul>` : "";
}

export function renderStandIn({ server }: SuiteResults): string {
    return server.standIn
        ? `<aside class="stand-in" aria-label="Stand-in server"><b>Stand-in server, not a real model.</b>
The answers and times below come from a stand-in that the server itself declares. They show that the machinery works; they say nothing about Qwen3-VL.</aside>`
        : "";
}

/** The planned flags are no news; anything else is, whatever the verdict. */
export function renderRung({ server: { rung } }: SuiteResults): string {
    if (rung === undefined || rung.name === PLANNED_RUNG) {
        return "";
    }
    const because = rung.because ? ` (${rung.because})` : "";
    return `<aside class="rung" aria-label="Server flags"><b>Obtained on rung “${escapeHtml(rung.name)}”, not as planned.</b>
<span>${escapeHtml(sentence(`the server ran out of memory${because} and was started again with ${rung.note}`))}
Compare these results only with others from the same rung.</span></aside>`;
}
