import { comparisonSection } from "../baseline/comparisonSection";
import { ownSuiteSection } from "../ownSuite/ownSuiteSection";
import { SuiteResults } from "../results";
import { pageScript, pageStyle, securityPolicy } from "./assets";
import { renderCases } from "./cases";
import { renderDimensions } from "./dimensions";
import { Environment, environmentSection } from "./environment";
import { GpuUse } from "./gpuUse";
import { renderGpuUse } from "./gpuUsePlots";
import { renderHead, renderRung, renderStandIn } from "./head";
import { renderPerformance } from "./performance";
import { renderSection, ReportSection } from "./section";
import { escapeHtml } from "./text";
import { VERDICTS } from "./words";

/** What a report shows that the suite itself does not know. */
export interface ReportExtras {
    /** Tables of other parts, such as plan and receipt. */
    readonly sections?: readonly ReportSection[];
    /** What the run ran on, as the machine says. */
    readonly environment?: Environment;
    /** What the GPUs did meanwhile. */
    readonly gpuUse?: GpuUse;
}

/**
 * The report as one HTML page: no outside resource, light, dark and on paper. All of it can be read without its
 * script, which filters, searches and sorts the cases.
 *
 * @example writeFileSync("report.html", renderReportHtml(results, { sections: [{ title: "Receipt", rows }] }))
 */
export function renderReportHtml(
    results: SuiteResults,
    { sections = [], environment, gpuUse }: ReportExtras = {},
): string {
    const { verdict, model, tier } = results;
    const standIn = results.server.standIn ? " · stand-in" : "";
    const title = `${VERDICTS[verdict].word}${standIn} · ${tier} · ${model}`;
    const tables = [...sections, ...(environment ? [environmentSection(environment)] : [])];
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${securityPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${pageStyle()}</style>
</head>
<body>
<main>
${[
    renderHead(results),
    renderRung(results),
    renderStandIn(results),
    renderDimensions(results),
    results.ownSuite && renderSection(ownSuiteSection(results.ownSuite)),
    results.comparison && renderSection(comparisonSection(results.comparison)),
    renderCases(results),
    renderPerformance(results),
    gpuUse && renderGpuUse(gpuUse),
    tables.length > 0 && `<div class="sections">${tables.map(renderSection).join("")}</div>`,
]
    .filter(Boolean)
    .join("\n")}
</main>
<footer>${results.ownSuite ? "Folded by ephemeral-gpu-ci from what an own suite left." : "Written by the suite of ephemeral-gpu-ci. Every request: temperature 0 and a fixed seed, but for the lane “sampled”."}</footer>
<script>${pageScript()}</script>
</body>
</html>
`;
}
