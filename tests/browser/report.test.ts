import { readFileSync } from "node:fs";

import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

import { readGpuUse } from "../../suite/report/gpuUse";
import { renderReportHtml } from "../../suite/report/page";
import { visible } from "../../suite/report/text";
import { CaseResult, SuiteResults } from "../../suite/results";
import { bigResults } from "./bigResults";
import { BrowserPages, describeInBrowser } from "./browserPage";

jest.setTimeout(120_000);

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const CASES = 5000;
const LIMIT_MILLISECONDS = 1000;

const shown = (page: Page): Promise<number> => page.locator(".case:visible").count();
const count = (page: Page): Promise<string> =>
    page
        .locator("output")
        .innerText()
        .then((text) => text.replace(/\u202f/g, ""));

/** Sets a field of the filters as a user does. @returns milliseconds until the page shows the result */
function set(page: Page, name: string, value: string): Promise<number> {
    return page.evaluate(
        ([field, wanted]) =>
            new Promise<number>((resolve) => {
                const form = (globalThis as any).document.querySelector(".filters");
                const begin = performance.now();
                form.elements[field].value = wanted;
                form.elements[field].dispatchEvent(new Event("input", { bubbles: true }));
                // After a frame has been laid out and painted.
                (globalThis as any).requestAnimationFrame(() =>
                    setTimeout(() => resolve(performance.now() - begin)),
                );
            }),
        [name, value] as const,
    );
}

describeInBrowser("report.html in a browser", () => {
    let pages: BrowserPages;
    let big: string;
    let small: string;
    let few: SuiteResults;

    beforeAll(async () => {
        pages = await BrowserPages.start();
        big = pages.put(renderReportHtml(bigResults({ cases: CASES, failing: 300 })));
        few = everyStatus(bigResults({ cases: 35, failing: 8 }));
        const gpuUse = readGpuUse(
            "100,0,0,400,23034,35,20.00\n160,97,0,17000,23034,61,70.50\n",
            "start 100\nsuite 130\nend 150\n",
        );
        const sections = [{ title: "Receipt", rows: [["Price", "0.1 USD"] as const] }];
        small = pages.put(renderReportHtml(few, { gpuUse, sections }));
    });
    afterAll(() => pages?.stop());

    it(`opens and filters ${CASES} cases within ${LIMIT_MILLISECONDS} ms each`, async () => {
        const steps = {
            "filter by status": ["status", "failed"],
            "all of them again": ["status", ""],
            "search for a word": ["search", "trees"],
            "search for one case": ["search", "case 4711:"],
            "sort by time": ["sort", "seconds"],
        } as const;
        const times = new Map<string, number[]>();
        const note = (name: string, milliseconds: number) =>
            times.set(name, [...(times.get(name) ?? []), milliseconds]);
        for (let round = 0; round < 3; round++) {
            const { page, problems } = await pages.open(big);
            // Usable: the filters are there, and a frame with them has been painted.
            await page.waitForSelector(".filters:not([hidden])");
            const sinceNavigation = await page.evaluate(
                "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))",
            );
            note("open", sinceNavigation as number);
            for (const [name, [field, value]] of Object.entries(steps)) {
                note(name, await set(page, field, value));
            }
            expect(problems).toEqual([]);
            await page.context().close();
        }
        const medians = [...times].map(
            ([name, all]) => [name, all.sort((a, b) => a - b)[1]!] as const,
        );
        process.stderr.write(
            `${CASES} cases, 300 failing with pictures, median of 3:\n${medians.map(([name, time]) => `  ${name.padEnd(20)} ${Math.round(time)} ms\n`).join("")}`,
        );
        expect(medians.filter(([, time]) => time >= LIMIT_MILLISECONDS)).toEqual([]);
    });

    it("filters, searches, sorts and shows more", async () => {
        const { page, problems } = await pages.open(big);
        expect(await count(page)).toBe("5003 cases");
        expect(await shown(page)).toBe(200);
        await page.click(".more");
        expect(await shown(page)).toBe(400);

        await page.selectOption("[name=status]", "failed");
        expect(await count(page)).toBe("295 of 5003 cases");
        await page.selectOption("[name=language]", "zh");
        const both = await count(page);
        expect(Number(both.split(" ")[0])).toBeLessThan(295);
        await page.fill("[name=search]", "no such words");
        expect(await shown(page)).toBe(0);
        await page.click("button[type=reset]");
        await page.waitForFunction("document.querySelectorAll('.case').length === 200");
        expect(await count(page)).toBe("5003 cases");

        await page.fill("[name=search]", "CASE 4711:");
        expect(await page.locator(".case code").allInnerTexts()).toEqual([
            expect.stringMatching(/-case-4711$/),
        ]);
        await page.click(".case summary");
        expect(await page.locator(".case .prompt").isVisible()).toBe(true);

        await page.fill("[name=search]", "");
        await page.selectOption("[name=sort]", "seconds");
        const times = await page
            .locator(".case")
            .evaluateAll((all: any[]) => all.map(({ dataset }) => Number(dataset.seconds)));
        expect(times).toEqual([...times].sort((a, b) => b - a));
        expect(problems).toEqual([]);
        await page.context().close();
    });

    it("a link to a case opens it, wherever it is", async () => {
        const { page } = await pages.open(big);
        const id = bigResults({ cases: CASES, failing: 300 }).cases[4711]!.id;
        await page.evaluate((anchor) => ((globalThis as any).location.hash = anchor), `case-${id}`);
        await page.waitForSelector(`#case-${id} details[open]`);
        expect(await page.locator(`#case-${id} .prompt`).isVisible()).toBe(true);
        await page.context().close();
    });

    it("without scripts all of it is there to be read", async () => {
        const { page } = await pages.open(big, { javaScriptEnabled: false });
        expect(await page.locator(".case").count()).toBe(CASES + 3);
        expect(await page.locator(".filters").isVisible()).toBe(false);
        expect(await page.locator(".more").isVisible()).toBe(false);
        await page.context().close();
    });

    it("on paper has every case, and no form", async () => {
        const { page } = await pages.open(big);
        await page.emulateMedia({ media: "print" });
        expect(await page.locator(".filters").isVisible()).toBe(false);
        await page.evaluate("dispatchEvent(new Event('beforeprint'))");
        expect(await page.locator(".case").count()).toBe(CASES + 3);
        await page.context().close();
        const paper = await pages.open(small);
        expect((await paper.page.pdf()).subarray(0, 5).toString()).toBe("%PDF-");
        await paper.page.context().close();
    });

    it.each(["light", "dark"] as const)("axe finds nothing wrong in %s", async (colorScheme) => {
        for (const width of [1200, 360]) {
            const { page, problems } = await pages.open(small, {
                colorScheme,
                viewport: { width, height: 900 },
            });
            await page
                .locator("details")
                .evaluateAll((all: any[]) => all.forEach((each) => (each.open = true)));
            await page.evaluate(AXE);
            const { violations } = (await page.evaluate(
                "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })",
            )) as AxeResults;
            const found = violations.map(({ id, nodes }) => [
                id,
                ...nodes.slice(0, 3).map(({ html, failureSummary }) => [html, failureSummary]),
            ]);
            expect(found).toEqual([]);
            const wide =
                "document.documentElement.scrollWidth - document.documentElement.clientWidth";
            expect(await page.evaluate(wide)).toBe(0);
            expect(problems).toEqual([]);
            await page.context().close();
        }
    });

    it("the keyboard alone reaches the filters, the rows and their details", async () => {
        const { page } = await pages.open(small);
        const focused = () =>
            page.evaluate(() => {
                const { activeElement } = (globalThis as any).document;
                return activeElement.name || activeElement.className || activeElement.localName;
            });
        const reach = async (wanted: string): Promise<void> => {
            for (let presses = 0; presses < 80 && (await focused()) !== wanted; presses++) {
                await page.keyboard.press("Tab");
            }
            expect(await focused()).toBe(wanted);
        };
        await reach("search");
        await page.keyboard.type("case 33:");
        expect(await shown(page)).toBe(1);
        await reach("status");
        await reach("sort");
        await reach("summary");
        const row = page.locator(".case details");
        expect(await row.getAttribute("open")).toBeNull();
        await page.keyboard.press("Enter");
        expect(await row.getAttribute("open")).not.toBeNull();
        await page.context().close();
    });

    it("whatever a model says is text", async () => {
        const evil = [
            "<script>document.title = 'owned'</script>",
            "<img src=x onerror=\"alert('owned')\"><iframe src='https://evil.example'></iframe>",
            '</noscript></ul></main><h1>Passed</h1><!-- <li id="case-x">',
            "\u202egnp.exe \u0000\u0007\u001b[31m \ud800 مرحبا بالعالم עברית",
            "<style>*{display:none}</style>&lt;b&gt;",
            `${"長い answer ".repeat(12_500)}end`,
        ];
        // Beyond the first hundreds, where rows are text until they are shown, and among them.
        const many = bigResults({ cases: 300, failing: 0 });
        const cases = many.cases.map((each, index): CaseResult => {
            const answer = evil[index % evil.length]!;
            return {
                ...each,
                title: answer.slice(0, 60),
                answer,
                turns: [{ prompt: answer, answer, images: [] }],
            };
        });
        const { page, problems } = await pages.open(
            pages.put(renderReportHtml({ ...many, why: evil.join(" "), cases })),
        );
        await page.evaluate("dispatchEvent(new Event('beforeprint'))");
        expect(await page.title()).toBe("Passed · release · Qwen/Qwen3-VL-8B-Instruct");
        expect(await page.locator(".case").count()).toBe(303);
        expect(await page.locator("h1").count()).toBe(1);
        expect(await page.locator("main iframe, main script, main style").count()).toBe(0);
        for (const index of [0, 1, 2, 3, 4, 5, 252, 253, 254, 255, 256, 257]) {
            const row = page.locator(".case").nth(index);
            await row.evaluate((each: any) => (each.querySelector("details").open = true));
            const text = await row.locator(".answer").evaluate((each: any) => each.textContent);
            // Of a long one the beginning, and how much more there is.
            const [whole, rest] = [visible(cases[index]!.answer.trim()), / more characters in /];
            expect(text.replace(/… [^…]* more characters in results.json$/, "")).toBe(
                whole.slice(0, 2000),
            );
            expect(rest.test(text)).toBe(whole.length > 2000);
        }
        await page.fill("[name=search]", "onerror=");
        const images = cases.filter(({ answer }) => answer.includes("onerror="));
        expect(await count(page)).toBe(`${images.length} of 303 cases`);
        expect(problems).toEqual([]);
        await expect(page.addScriptTag({ content: "document.title = 'owned'" })).rejects.toThrow();
        expect(await page.title()).toMatch(/^Passed/);
        await page.context().close();
    });
});

/** One case of each status, and some with more to show. */
function everyStatus(results: SuiteResults): SuiteResults {
    const problem = { kind: "timeout", message: "no answer within the time limit" } as const;
    const changes: Partial<CaseResult>[] = [
        { status: "failed" },
        { status: "errored", problem },
        { status: "skipped", problem: { kind: "not-run", message: "no context" } },
        { status: "flaky", repeats: { passed: 2, total: 3, passRate: { low: 0.1, high: 0.9 } } },
        { quarantine: { reason: "known", expires: "2026-12-31", expired: false } },
        { turns: [{ prompt: "", refusal: { status: 400, message: "too long" }, images: ["n"] }] },
        { images: [{ name: "n", width: 1, height: 1, damage: "noise" }] },
    ];
    const cases = results.cases.map((each, index) => ({ ...each, ...changes[index] }));
    const server = { ...results.server, standIn: true };
    return { ...results, server, cases };
}
