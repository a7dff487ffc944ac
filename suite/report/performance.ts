import { LatencyNumbers, LoadNumbers, SuiteResults, ThroughputNumbers } from "../results";
import { renderLatencyPlots } from "./latencyPlots";
import { renderServerTable } from "./serverTable";
import { renderThroughputPlots } from "./throughputPlot";
import { escapeHtml, milliseconds, rounded } from "./text";

/** The measured cases: a card of numbers for each, and how they spread. */
export function renderPerformance(results: SuiteResults): string {
    const { performance, cases } = results;
    const titleOf = (id: string): string => cases.find((each) => each.id === id)?.title ?? id;
    const cards = [
        ...performance.latency.map((each) => renderLatency(titleOf(each.caseId), each)),
        ...performance.throughput.map((each) => renderThroughput(titleOf(each.caseId), each)),
        ...(performance.load ?? []).map((each) => renderLoad(titleOf(each.caseId), each)),
    ];
    if (cards.length === 0) {
        return "";
    }
    const plots = [
        ...renderLatencyPlots(performance.latency, results.comparison, titleOf),
        ...renderThroughputPlots(performance, results.comparison, titleOf),
    ].filter(Boolean);
    return `<section id="performance"><h2>Performance</h2><div class="cards">${cards.join("\n")}</div>
${plots.length > 0 ? `<div class="charts">${plots.join("\n")}</div>` : ""}
${renderServerTable(performance, titleOf)}</section>`;
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

/** The level that gives the most; the curve has the others. */
function renderLoad(title: string, { levels }: LoadNumbers): string {
    const [best] = [...levels].sort((a, b) => b.outputTokensPerSecond - a.outputTokensPerSecond);
    return best === undefined ? "" : renderThroughput(title, { caseId: "", ...best });
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
