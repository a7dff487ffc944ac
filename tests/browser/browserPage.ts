import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Browser, BrowserContextOptions, chromium, Page } from "playwright-core";

import { canHaveBrowser, ensureBrowser } from "../../scripts/setup/browser";
import { StepLog } from "../../scripts/setup/setupLog";

/** describe, or where no browser can be had describe.skip with a word about it. */
export function describeInBrowser(name: string, body: () => void): void {
    if (canHaveBrowser()) {
        describe(name, body);
        return;
    }
    process.stderr.write(`${name}: left out, no Chromium on PATH or in CHROME_BIN\n`);
    describe.skip(name, body);
}

/** Pages of a real, headless browser, from files. */
export class BrowserPages {
    private readonly folder = mkdtempSync(join(tmpdir(), "report-"));
    private files = 0;

    private constructor(private readonly browser: Browser) {}

    static async start(): Promise<BrowserPages> {
        const log = new StepLog("browser", (line) => process.stderr.write(`${line}\n`));
        const executablePath = await ensureBrowser(log);
        // Chromium's sandbox does not work for root.
        const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
        return new BrowserPages(await chromium.launch({ executablePath, args }));
    }

    async stop(): Promise<void> {
        await this.browser.close();
        rmSync(this.folder, { recursive: true });
    }

    /** Puts a page's text into a file. @returns its URL */
    put(html: string): string {
        const file = join(this.folder, `${this.files++}.html`);
        writeFileSync(file, html);
        return pathToFileURL(file).href;
    }

    /** Opens a page that keeps what went wrong in it. */
    async open(
        url: string,
        options: BrowserContextOptions = {},
    ): Promise<{ page: Page; problems: string[] }> {
        const context = await this.browser.newContext(options);
        const page = await context.newPage();
        const problems: string[] = [];
        page.on("pageerror", ({ message }) => problems.push(message));
        page.on("dialog", (dialog) => problems.push(`a dialog: ${dialog.message()}`));
        page.on("console", (message) => {
            if (message.type() === "error") {
                problems.push(message.text());
            }
        });
        page.on("request", (request) => {
            if (!/^(file|data):/.test(request.url())) {
                problems.push(`asked for ${request.url()}`);
            }
        });
        await page.goto(url, { waitUntil: "load" });
        return { page, problems };
    }
}
