import { comparisonLine } from "../baseline/comparison";
import { CaseResult, levelsOf, SuiteResults } from "../results";
import { dimensionsOf } from "./dimensions";
import { ReportSection } from "./section";
import { cut, grouped, milliseconds, rounded, sentence, visible } from "./text";
import {
    dimensionWord,
    isTrouble,
    reasonOf,
    STATUS_ORDER,
    STATUSES,
    suiteWord,
    VERDICTS,
} from "./words";

/** Of the cases that did not pass; report.html has them all. */
const CASES_SHOWN = 20;
const LONGEST_CELL = 300;
/** What GitHub takes for a step's summary, 1 MiB, less room for what others write. */
const MOST_BYTES = 900_000;

/**
 * The results as Markdown for the page of a CI job.
 *
 * @param sections tables that follow, such as price and receipt.
 * @example writeFileSync("summary.md", renderSummary(results))
 */
export function renderSummary(
    results: SuiteResults,
    sections: readonly ReportSection[] = [],
): string {
    const { verdict, server, tier, model, comparison } = results;
    const standIn = server.standIn ? " (stand-in server, not a real model)" : "";
    const text = [
        `## ${VERDICTS[verdict].mark} ${VERDICTS[verdict].word}: ${suiteWord(results)}${standIn}`,
        plain(sentence(results.why)),
        comparison && `**Baseline:** ${plain(sentence(comparisonLine(comparison)))}`,
        `Tier ${plain(tier)} · model ${plain(model)} · server ${plain([server.name, server.version].filter(Boolean).join(" ") || "unknown")}`,
        dimensionsTable(results),
        troublesTable(results.cases),
        performanceLines(results),
        ...sections.map(({ title, rows, note }) =>
            [`### ${plain(title)}`, table(["", ""], rows), note && plain(note)]
                .filter(Boolean)
                .join("\n\n"),
        ),
    ]
        .filter(Boolean)
        .join("\n\n");
    return `${withinLimit(text)}\n`;
}

/**
 * Text of anybody as Markdown that says just that: no markup, no HTML, no link, no line of its own.
 * Source: https://github.github.com/gfm/, sections 2.4 (backslash escapes) and 6.9 (autolinks)
 *
 * @example plain("<b>*|") // "\\<b\\>\\*\\|"
 */
export function plain(text: string): string {
    return cut(visible(text).replace(/\s+/g, " ").trim(), LONGEST_CELL)
        .text.replace(/[\\`*_{}[\]<>#|~!$&]/g, "\\$&")
        .replace(/(https?|ftp|mailto|xmpp):/gi, "$1\\:")
        .replace(/www\./gi, "www\\.")
        .replace(/^(\d*)([-+=.)])(?=[\s=-]|$)/, "$1\\$2");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
    const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
    return [
        line(head),
        line(head.map(() => "---")),
        ...rows.map((cells) => line(cells.map(plain))),
    ].join("\n");
}

function dimensionsTable({ cases }: SuiteResults): string {
    const rows = dimensionsOf(cases).map((dimension) => {
        const own = cases.filter((each) => each.dimension === dimension);
        const counts = STATUS_ORDER.map((status) =>
            String(own.filter((each) => each.status === status).length),
        );
        return [dimensionWord(dimension), ...counts];
    });
    const head = ["Dimension", ...STATUS_ORDER.map((status) => STATUSES[status].word)];
    return rows.length === 0 ? "" : table(head, rows);
}

function troublesTable(cases: readonly CaseResult[]): string {
    const troubles = cases.filter(({ status }) => isTrouble(status));
    const rows = troubles
        .slice(0, CASES_SHOWN)
        .map((each) => [each.id, STATUSES[each.status].word, reasonOf(each)]);
    const more = troubles.length - rows.length;
    return rows.length === 0
        ? ""
        : table(["Case", "Status", "Why"], rows) +
              (more > 0 ? `\n\nand ${grouped(more)} more in report\\.html` : "");
}

function performanceLines({ performance }: SuiteResults): string {
    const lines = [
        ...performance.latency.map(({ caseId, timeToFirstTokenSeconds: first, endToEndSeconds }) =>
            [
                caseId,
                ": ",
                first ? `${milliseconds(first.median)} to the first token, ` : "",
                `${milliseconds(endToEndSeconds.median)} end to end (medians)`,
            ].join(""),
        ),
        ...levelsOf(performance).map(
            ({ caseId, concurrency, outputTokensPerSecond }) =>
                `${caseId}, ${concurrency} at a time: ${rounded(outputTokensPerSecond)} output tokens/s`,
        ),
    ];
    return lines.length === 0
        ? ""
        : `### Performance\n\n${lines.map((each) => `- ${plain(each)}`).join("\n")}`;
}

/** By whole lines, so that no escape is cut in half. */
function withinLimit(text: string): string {
    if (Buffer.byteLength(text) <= MOST_BYTES) {
        return text;
    }
    const beginning = Buffer.from(text).subarray(0, MOST_BYTES).toString("utf8");
    return `${beginning.slice(0, beginning.lastIndexOf("\n"))}\n\nThe rest is in report\\.html.`;
}
