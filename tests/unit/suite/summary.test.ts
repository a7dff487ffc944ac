import { plain, renderSummary } from "../../../suite/report/summary";
import { bigResults } from "../../browser/bigResults";

const results = bigResults({ cases: 40, failing: 25 });
const [first] = results.cases.filter(({ status }) => status === "failed");

describe("summary.md", () => {
    const text = renderSummary(results, [
        { title: "Receipt", rows: [["Price", "0.1 USD"]], note: "by the second" },
    ]);

    it("says verdict, reason, dimensions, first failures, comparison, speed and price", () => {
        expect(text).toMatch(/^## ✗ Failed: Qwen3-VL regression suite\n\n\d+ of 40 cases failed/);
        expect(text).toMatch(/\*\*Baseline:\*\* Regression against known-good/);
        expect(text).toMatch(/\| Multimodal \| \d+ \| \d+ \| \d+ \| \d+ \| \d+ \|/);
        expect(text).toContain(`| ${first?.id} | failed | does not name red`);
        expect(text).toMatch(/- latency-0: 90 ms to the first token/);
        expect(text).toMatch(/- load, 64 at a time: 1 114 output tokens\/s/);
        expect(text).toContain("| Price | 0.1 USD |");
        expect(text.match(/\| failed \| does not/g)?.length).toBeLessThanOrEqual(20);
    });

    it("says that a server is a stand-in", () => {
        const server = { ...results.server, standIn: true };
        expect(renderSummary({ ...results, server })).toMatch(/stand-in server, not a real model/);
        expect(text).not.toMatch(/stand-in/);
    });

    it("stays below what a CI takes, whatever a case says", () => {
        const cases = results.cases.map((each) => ({ ...each, id: "x".repeat(300_000) }));
        const rows = Array.from({ length: 9000 }, (): [string, string] => ["n", "|".repeat(300)]);
        const long = renderSummary({ ...results, cases }, [{ title: "t", rows }]);
        expect(Buffer.byteLength(long)).toBeLessThan(1024 * 1024);
        expect(long).toMatch(/\|\n\nThe rest is in report\\\.html\.\n$/);
    });
});

describe("plain", () => {
    it.each([
        ["two\nlines  | of <b>a</b> cell", "two lines \\| of \\<b\\>a\\</b\\> cell"],
        ["*a* _b_ `c` [d](e) ![f]", "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\!\\[f\\]"],
        ["a \\| b", "a \\\\\\| b"],
        [
            "see https://evil.example, www.evil.example",
            "see https\\://evil.example, www\\.evil.example",
        ],
        ["- no list", "\\- no list"],
        ["1. no list", "1\\. no list"],
        ["# no title", "\\# no title"],
        ["bell \u0007, turned \u202e", "bell ␇, turned \\[U+202E\\]"],
        ["&amp; $x$", "\\&amp; \\$x\\$"],
    ])("%j is %j", (text, markdown) => {
        expect(plain(text)).toBe(markdown);
    });
});
