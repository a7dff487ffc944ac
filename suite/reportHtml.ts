import { PLANNED_RUNG } from "../common/rungNames";
import { comparisonLine } from "./baseline/comparison";
import { comparisonSection } from "./baseline/comparisonSection";
import { RESULT_DIMENSIONS } from "./caseSchema";
import { CaseResult, LatencyNumbers, SuiteResults, ThroughputNumbers, TurnResult } from "./results";
import { ownSuiteSection } from "./ownSuite/ownSuiteSection";
import { REPORT_CSS } from "./reportCss";
import { ReportSection } from "./reportSection";

/** Text that is safe in HTML, in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
    const entities: Record<string, string> = {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&#39;",
    };
    return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

const VERDICTS = {
    passed: { word: "Passed", mark: "✓" },
    failed: { word: "Failed", mark: "✗" },
    none: { word: "No verdict", mark: "?" },
} as const;
const STATUSES = {
    passed: { word: "passed", mark: "✓" },
    flaky: { word: "flaky", mark: "≈" },
    failed: { word: "failed", mark: "✗" },
    errored: { word: "not judged", mark: "!" },
    skipped: { word: "skipped", mark: "–" },
} as const;
/** The page's head stays readable when everything fails. */
const TROUBLES_SHOWN = 8;
const DIMENSION_WORDS = {
    "single-modality": "Single modality",
    multimodal: "Multimodal",
    boundary: "Boundary",
    performance: "Performance",
    own: "Own suite",
} as const;

/**
 * The report as one HTML page: no script, no outside resource, light and dark.
 *
 * @param sections tables of other parts, shown between the numbers and the cases.
 * @example writeFileSync("report.html", renderReportHtml(results, [{ title: "Receipt", rows }]))
 */
export function renderReportHtml(
    results: SuiteResults,
    sections: readonly ReportSection[] = [],
): string {
    const { verdict, model, tier } = results;
    const standIn = results.server.standIn ? " · stand-in" : "";
    const title = `${VERDICTS[verdict].word}${standIn} · ${tier} · ${model}`;
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${REPORT_CSS}</style>
</head>
<body>
<main>
${[
    renderVerdict(results),
    renderRung(results),
    renderStandIn(results),
    renderDimensions(results),
    renderPerformance(results),
    results.ownSuite && renderSection(ownSuiteSection(results.ownSuite)),
    results.comparison && renderSection(comparisonSection(results.comparison)),
    sections.length > 0 && `<div class="sections">${sections.map(renderSection).join("")}</div>`,
    renderCases(results),
]
    .filter(Boolean)
    .join("\n")}
</main>
<footer>${results.ownSuite ? "Folded by ephemeral-gpu-ci from what an own suite left." : "Written by the suite of ephemeral-gpu-ci. Every request: temperature 0 and a fixed seed, but for the lane “sampled”."}</footer>
</body>
</html>
`;
}

function renderVerdict(results: SuiteResults): string {
    const { verdict, totals, server, cases, comparison } = results;
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
    const tiles = (Object.keys(STATUSES) as (keyof typeof STATUSES)[]).map((status) => {
        const count = totals[status] ?? 0;
        return `<li class="${count > 0 ? status : "zero"}"><b>${count}</b> ${STATUSES[status].word}</li>`;
    });
    return `<header class="verdict ${verdict}">
<p class="label">${results.ownSuite ? "Own suite" : "Qwen3-VL regression suite"}</p>
<h1><span class="mark" aria-hidden="true">${mark}</span> ${word}${server.standIn ? ' <span class="tag">stand-in server</span>' : ""}</h1>
<p class="why">${escapeHtml(sentence(why))}</p>
${comparison ? `<p class="comparison ${comparison.outcome}">${escapeHtml(sentence(comparisonLine(comparison)))}</p>` : ""}
<ul class="totals">${tiles.join("")}</ul>
${renderTroubles(cases)}
<dl class="facts">${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join("")}</dl>
</header>`;
}

/** The cases that did not pass, each with its first reason and a link to its details. */
function renderTroubles(cases: readonly CaseResult[]): string {
    const troubles = cases.filter(({ status }) => isTrouble(status));
    const lines = troubles.slice(0, TROUBLES_SHOWN).map((each) => {
        const failed = each.checks.find(({ passed }) => !passed);
        const tags = renderTags(each);
        const reason = each.problem?.message ?? failed?.message ?? "";
        return `<li class="${each.status}"><span class="mark">${STATUSES[each.status].mark}</span><span><a href="#${escapeHtml(each.id)}">${escapeHtml(each.title)}</a>: ${escapeHtml(reason)} ${tags}</span></li>`;
    });
    const more = troubles.length - lines.length;
    const rest = more > 0 ? `<li><span></span><span>and ${more} more below</span></li>` : "";
    return lines.length > 0 ? `<ul class="troubles">${lines.join("")}${rest}</ul>` : "";
}

function renderStandIn({ server }: SuiteResults): string {
    return server.standIn
        ? `<aside class="stand-in" role="note"><b>Stand-in server, not a real model.</b>
The answers and times below come from a stand-in that the server itself declares. They show that the machinery works; they say nothing about Qwen3-VL.</aside>`
        : "";
}

/** The planned flags are no news; anything else is, whatever the verdict. */
function renderRung({ server: { rung } }: SuiteResults): string {
    if (rung === undefined || rung.name === PLANNED_RUNG) {
        return "";
    }
    const because = rung.because ? ` (${rung.because})` : "";
    return `<aside class="rung" role="note"><b>Obtained on rung “${escapeHtml(rung.name)}”, not as planned.</b>
<span>${escapeHtml(sentence(`the server ran out of memory${because} and was started again with ${rung.note}`))}
Compare these results only with others from the same rung.</span></aside>`;
}

function renderDimensions({ cases }: SuiteResults): string {
    const rows = RESULT_DIMENSIONS.flatMap((dimension) => {
        const own = cases.filter((each) => each.dimension === dimension);
        if (own.length === 0) {
            return [];
        }
        const count = (status: CaseResult["status"]): number =>
            own.filter((each) => each.status === status).length;
        const bar = (Object.keys(STATUSES) as (keyof typeof STATUSES)[])
            .filter((status) => count(status) > 0)
            .map((status) => `<i class="${status}" style="flex:${count(status)}"></i>`);
        const others = (["flaky", "failed", "errored", "skipped"] as const)
            .filter((status) => count(status) > 0)
            .map(
                (status) =>
                    `<span class="${status}">${count(status)} ${STATUSES[status].word}</span>`,
            );
        return `<tr><th scope="row"><a href="#${dimension}">${DIMENSION_WORDS[dimension]}</a></th>
<td class="wide"><div class="bar" aria-hidden="true">${bar.join("")}</div></td>
<td>${count("passed")} of ${own.length} passed${others.length > 0 ? `, ${others.join(", ")}` : ""}</td>
<td class="number">${duration(totalSeconds(own))}</td></tr>`;
    });
    return rows.length === 0
        ? ""
        : `<section><h2>By dimension</h2><table class="dimensions"><tbody>${rows.join("\n")}</tbody></table></section>`;
}

function renderPerformance({ performance, cases }: SuiteResults): string {
    const titleOf = (id: string): string => cases.find((each) => each.id === id)?.title ?? id;
    const cards = [
        ...performance.latency.map((each) => renderLatency(titleOf(each.caseId), each)),
        ...performance.throughput.map((each) => renderThroughput(titleOf(each.caseId), each)),
    ];
    return cards.length === 0
        ? ""
        : `<section><h2>Performance</h2><div class="cards">${cards.join("\n")}</div></section>`;
}

function renderLatency(title: string, numbers: LatencyNumbers): string {
    const { timeToFirstTokenSeconds: first, endToEndSeconds: end } = numbers;
    return card(
        title,
        first
            ? [milliseconds(first.median), "to the first token"]
            : [milliseconds(end.median), "end to end"],
        [
            ...(first ? [["End to end", milliseconds(end.median)] as const] : []),
            ...(first ? [["Slowest first token", milliseconds(first.max)] as const] : []),
            ["Slowest end to end", milliseconds(end.max)],
            ...(numbers.outputTokensPerSecond === undefined
                ? []
                : [["Tokens/s of one request", rounded(numbers.outputTokensPerSecond)] as const]),
        ],
        `medians of ${numbers.requests} requests, one after another`,
    );
}

function renderThroughput(title: string, numbers: ThroughputNumbers): string {
    return card(
        title,
        [rounded(numbers.outputTokensPerSecond), "output tokens/s"],
        [
            ["Requests/s", rounded(numbers.requestsPerSecond)],
            ...(numbers.endToEndSeconds
                ? ([
                      ["End to end, median", milliseconds(numbers.endToEndSeconds.median)],
                      ["End to end, p95", milliseconds(numbers.endToEndSeconds.p95)],
                  ] as const)
                : []),
            ["Failed requests", String(numbers.failedRequests)],
        ],
        `${numbers.requests} requests, ${numbers.concurrency} at a time, in ${milliseconds(numbers.seconds)}`,
    );
}

function card(
    title: string,
    [value, unit]: readonly [string, string],
    rows: readonly (readonly [string, string])[],
    note: string,
): string {
    return `<article class="card"><h3>${escapeHtml(title)}</h3>
<p class="big"><b>${escapeHtml(value)}</b> ${escapeHtml(unit)}</p>
<dl>${rows.map(([name, each]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(each)}</dd></div>`).join("")}</dl>
<p class="note">${escapeHtml(note)}</p></article>`;
}

function renderSection({ title, rows, note, links = [] }: ReportSection): string {
    return `<section class="extra"><h2>${escapeHtml(title)}</h2>
<table><tbody>${rows.map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join("")}</tbody></table>
${links.length > 0 ? `<ul>${links.map(({ text, href }) => `<li><a href="${escapeHtml(href)}">${escapeHtml(text)}</a></li>`).join("")}</ul>` : ""}
${note ? `<p class="note">${escapeHtml(note)}</p>` : ""}</section>`;
}

function renderCases({ cases }: SuiteResults): string {
    return RESULT_DIMENSIONS.flatMap((dimension) => {
        const own = cases.filter((each) => each.dimension === dimension);
        return own.length === 0
            ? []
            : `<section class="cases" id="${dimension}"><h2>${DIMENSION_WORDS[dimension]}</h2>${own.map(renderCase).join("\n")}</section>`;
    }).join("\n");
}

function renderCase(each: CaseResult): string {
    const { mark, word } = STATUSES[each.status];
    const open = isTrouble(each.status) ? " open" : "";
    return `<details class="case ${each.status}" id="${escapeHtml(each.id)}"${open}>
<summary><span class="mark" title="${word}">${mark}</span><span class="title">${escapeHtml(each.title)} <code>${escapeHtml(each.id)}</code></span>${renderTags(each)}${each.language === "zh" ? '<span class="tag">中文</span>' : ""}<span class="time">${milliseconds(each.seconds)}</span></summary>
<div class="inside">
${each.turns.map((turn, index) => renderTurn(turn, each) + renderChecks(each.checks.filter((check) => check.turn === index + 1))).join("\n")}
${each.problem ? `<p class="problem">${escapeHtml(sentence(each.problem.message))}</p>` : ""}
${renderChecks(each.checks.filter((check) => check.turn === undefined))}
${each.output ? `<pre class="said">${escapeHtml(each.output)}</pre>` : ""}
</div></details>`;
}

function isTrouble(status: CaseResult["status"]): boolean {
    return status === "failed" || status === "flaky" || status === "errored";
}

/** Lane, repeats with the interval of the pass rate, quarantine. */
function renderTags({ status, lane, repeats, quarantine, standing }: CaseResult): string {
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
    return tags
        .map(
            ([text, hint]) =>
                `<span class="tag" title="${escapeHtml(hint)}">${escapeHtml(text)}</span>`,
        )
        .join("");
}

function renderTurn(turn: TurnResult, { images, language }: CaseResult): string {
    const pictures = turn.images
        .map((name) => images.find((image) => image.name === name))
        .filter((image) => image !== undefined)
        .map(renderImage);
    const lang = language === "zh" ? ' lang="zh"' : "";
    const prompt = turn.prompt || "(a picture, without a word)";
    const reply = turn.refusal
        ? `<p class="said refusal"><small>HTTP ${turn.refusal.status}</small>${escapeHtml(turn.refusal.message)}</p>`
        : turn.answer === undefined
          ? `<p class="said refusal">No answer came.</p>`
          : `<p class="said answer"${lang}>${escapeHtml(turn.answer.trim()) || "<em>(an empty answer)</em>"}</p>`;
    return `<div class="turn"><div class="asked">${pictures.length > 0 ? `<div class="pictures">${pictures.join("")}</div>` : ""}<p class="said prompt"${lang}>${escapeHtml(prompt)}</p></div>${reply}</div>`;
}

function renderImage(image: CaseResult["images"][number]): string {
    const size = `${image.width} × ${image.height}`;
    const caption = `<figcaption>${escapeHtml(image.name)}, ${size}</figcaption>`;
    if (image.thumbnailPng === undefined) {
        const how = image.damage === "truncated" ? "file cut in half" : "bytes that are no picture";
        return `<figure><div class="broken">${how}, on purpose</div>${caption}</figure>`;
    }
    // Base64 has no character that HTML minds, but the value comes from a file.
    return `<figure><img alt="${escapeHtml(image.name)}" src="data:${escapeHtml(image.thumbnailType ?? "image/png")};base64,${escapeHtml(image.thumbnailPng)}">${caption}</figure>`;
}

function renderChecks(checks: CaseResult["checks"]): string {
    return checks.length > 0 ? `<ul class="checks">${checks.map(renderCheck).join("")}</ul>` : "";
}

function renderCheck({ kind, passed, message }: CaseResult["checks"][number]): string {
    return `<li class="${passed ? "passed" : "failed"}"><span class="mark">${passed ? "✓" : "✗"}</span><b>${escapeHtml(kind)}</b> <span>${escapeHtml(message)}</span></li>`;
}

function totalSeconds(cases: readonly CaseResult[]): number {
    return cases.reduce((sum, { seconds }) => sum + seconds, 0);
}

function sentence(text: string): string {
    const first = text.charAt(0).toUpperCase() + text.slice(1);
    return /[.!?。…]$/.test(first) ? first : `${first}.`;
}

function duration(seconds: number): string {
    if (seconds < 60) {
        return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
    }
    return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`;
}

function milliseconds(seconds: number): string {
    return seconds < 10 ? `${grouped(Math.round(seconds * 1000))} ms` : duration(seconds);
}

function rounded(value: number): string {
    return value >= 100 ? grouped(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function grouped(value: number): string {
    return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
