import { levelsOf, SuiteResults } from "../results";
import { escapeHtml, milliseconds, rounded } from "./text";

const METRICS = [
    ["timeToFirstTokenSeconds", "first token"],
    ["interTokenSeconds", "between tokens"],
    ["timePerOutputTokenSeconds", "an output token"],
    ["endToEndSeconds", "end to end"],
] as const;

/** The means that client and server have of the same requests, and what only the server knows. */
export function renderServerTable(
    performance: SuiteResults["performance"],
    titleOf: (caseId: string) => string,
): string {
    const measured = [
        ...performance.latency.map((each) => ({ ...each, concurrency: 1 })),
        ...levelsOf(performance),
    ];
    const rows = measured.flatMap(({ caseId, concurrency, distributions, serverNumbers }) => {
        if (serverNumbers === undefined) {
            return [];
        }
        const pairs = METRICS.map(([metric]) =>
            pair(distributions?.[metric]?.mean, serverNumbers[metric]),
        );
        const { queueSeconds, preemptions, kvCacheUse, differences } = serverNumbers;
        const others = [
            queueSeconds === undefined ? "–" : milliseconds(queueSeconds),
            preemptions === undefined ? "–" : String(preemptions),
            kvCacheUse === undefined ? "–" : `${rounded(100 * kvCacheUse)} %`,
        ];
        const cells = [...pairs, ...others].map((each) => `<td>${each}</td>`).join("");
        const differs = differences.length > 0 ? ' class="odd"' : "";
        return `<tr${differs}><th scope="row">${escapeHtml(titleOf(caseId))}, ${concurrency} at a time</th>${cells}</tr>`;
    });
    const head = [
        "Case",
        ...METRICS.map(([, word]) => word),
        "queue",
        "preemptions",
        "KV cache in use",
    ].map((each) => `<th scope="col">${each}</th>`);
    return rows.length === 0
        ? ""
        : `<h3>Client and server</h3><div class="scroller" tabindex="0" role="group" aria-label="Client and server"><table class="server"><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>
<p class="note">Means, the client’s / the server’s own by its /metrics. A marked row: they differ by more than is usual.</p>`;
}

function pair(client: number | undefined, server: number | undefined): string {
    const said = (seconds: number | undefined): string =>
        seconds === undefined ? "–" : milliseconds(seconds);
    return client === undefined && server === undefined ? "–" : `${said(client)} / ${said(server)}`;
}
