import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderJunit } from "../junit";
import { SuiteResults } from "../results";
import { renderReportHtml } from "./page";
import { renderSummary } from "./summary";

/** Writes junit.xml, report.html, summary.md and results.json into a folder, which is made where it is missing. */
export function writeReports(folder: string, results: SuiteResults): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "junit.xml"), renderJunit(results));
    writeFileSync(join(folder, "report.html"), renderReportHtml(results));
    writeFileSync(join(folder, "summary.md"), renderSummary(results));
    // Last, because whoever waits for the suite waits for this file.
    writeFileSync(join(folder, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
}
