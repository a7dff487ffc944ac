import { escapeHtml } from "./text";

/** A table of the report, such as the plan or the receipt. */
export interface ReportSection {
    readonly title: string;
    readonly rows: readonly (readonly [name: string, value: string])[];
    readonly note?: string;
    /** Files beside the report. */
    readonly links?: readonly { readonly text: string; readonly href: string }[];
}

export function renderSection({ title, rows, note, links = [] }: ReportSection): string {
    return `<section class="extra"><h2>${escapeHtml(title)}</h2>
<table><tbody>${rows.map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join("")}</tbody></table>
${links.length > 0 ? `<ul>${links.map(({ text, href }) => `<li><a href="${escapeHtml(href)}">${escapeHtml(text)}</a></li>`).join("")}</ul>` : ""}
${note ? `<p class="note">${escapeHtml(note)}</p>` : ""}</section>`;
}
