import { escapeHtml } from "./text";

/** A table of the report, such as the plan or the receipt. */
export interface ReportSection {
    readonly title: string;
    readonly rows: readonly (readonly [name: string, value: string])[];
    readonly note?: string;
}

export function renderSection({ title, rows, note }: ReportSection): string {
    return `<section class="extra"><h2>${escapeHtml(title)}</h2>
<table><tbody>${rows.map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join("")}</tbody></table>
${note ? `<p class="note">${escapeHtml(note)}</p>` : ""}</section>`;
}
