import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const STYLES = ["page-base.css", "page-cases.css", "page-charts.css", "page-media.css"];
const SCRIPT = "page-rows.js";

/** Files that the page is made with: beside this one, and copied beside a bundle of the suite. */
export const PAGE_FILES: readonly string[] = [...STYLES, SCRIPT];

const read = (name: string): string => readFileSync(join(__dirname, name), "utf8");

export function pageStyle(): string {
    return STYLES.map(read).join("");
}

export function pageScript(): string {
    return read(SCRIPT);
}

/**
 * Nothing but the page's own style and script, by their digests: no answer of a model can become either.
 * Source: https://www.w3.org/TR/CSP3/#framework-directive-source-list
 */
export function securityPolicy(): string {
    const digest = (text: string): string =>
        `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    return [
        "default-src 'none'",
        "img-src data:",
        `style-src ${digest(pageStyle())}`,
        `script-src ${digest(pageScript())}`,
        "base-uri 'none'",
        "form-action 'none'",
    ].join("; ");
}
