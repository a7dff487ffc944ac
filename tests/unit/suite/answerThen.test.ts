import { keepForReport } from "../../../suite/baseline/keepForReport";
import { renderThenAndNow } from "../../../suite/report/answerThen";
import { renderReportHtml } from "../../../suite/report/page";
import { CaseResult, SuiteResults } from "../../../suite/results";
import { bigResults } from "../../browser/bigResults";

const of = (answer: string, language: CaseResult["language"] = "en"): CaseResult => ({
    ...(bigResults({ cases: 1, failing: 0 }).cases[0] as CaseResult),
    language,
    answer,
});
const render = (then: string, now: CaseResult): string =>
    renderThenAndNow({ baseline: "<good>", status: "passed", answer: then }, now, 20_000);

describe("an answer then and now", () => {
    it("differs word by word, in English", () => {
        const html = render("The door is dark red.", of("The door is blue <b>."));
        expect(html).toContain("In the baseline &lt;good&gt;: passed");
        expect(html).toMatch(
            /The door is <del>dark<\/del><ins>blue<\/ins> <del>red<\/del><ins>&lt;b&gt;<\/ins>\./,
        );
    });

    it("differs word by word, in Chinese, which has no spaces", () => {
        const html = render("门是红色的。", of("门是蓝色的。", "zh"));
        expect(html).toMatch(/lang="zh">门是<del>红<\/del><ins>蓝<\/ins>色的。/);
    });

    it("that is the same says so", () => {
        expect(render(" Yes. ", of("Yes."))).toContain("The same answer.");
    });

    it.each([
        ["very long", "word ".repeat(2000)],
        ["altogether different", Array.from({ length: 900 }, (_, i) => `w${i}`).join(" ")],
    ])("that is %s is shown as it was, in a moment", (_, then) => {
        const now = Array.from({ length: 900 }, (__, index) => `${index}x`).join(" ");
        const begin = performance.now();
        const html = render(then, of(now));
        expect(performance.now() - begin).toBeLessThan(1000);
        expect(html).not.toMatch(/<del>/);
        expect(html).toContain(then.trim().slice(0, 100));
    });
});

describe("what is kept of a baseline", () => {
    const now = bigResults({ cases: 40, failing: 10 });
    const withStatus = (results: SuiteResults, status: CaseResult["status"], ...ids: string[]) => ({
        ...results,
        cases: results.cases.map((each) => (ids.includes(each.id) ? { ...each, status } : each)),
    });

    it("is the answer of each case that does not pass, now or then, and no other", () => {
        const [good, ...others] = now.cases.filter(({ status }) => status === "passed");
        const before = withStatus(now, "failed", good!.id);
        const kept = keepForReport(before, now);
        const wanted = now.cases.filter(({ status }) => status === "failed").map(({ id }) => id);
        expect(kept.answers.map(({ caseId }) => caseId).sort()).toEqual(
            [...wanted, good!.id].sort(),
        );
        expect(kept.answers.map(({ caseId }) => caseId)).not.toContain(others[0]!.id);
        expect(kept.latency.map(({ caseId }) => caseId)).toEqual(["latency-0", "latency-1"]);
        expect(kept.throughput.map(({ concurrency }) => concurrency)).toEqual([1, 4, 16, 64]);
    });

    it("is limited: a thousand answers of 4,000 characters", () => {
        const many = bigResults({ cases: 3000, failing: 0 });
        const long = many.cases.map((each): CaseResult => ({
            ...each,
            status: "failed",
            answer: "x".repeat(9000),
        }));
        const { answers } = keepForReport({ ...many, cases: long }, many);
        expect(answers).toHaveLength(1000);
        expect(answers[0]!.answer).toHaveLength(4000);
    });

    it("is in the report, with each case that fails", () => {
        const html = renderReportHtml(now);
        const failed = now.cases.filter(({ status }) => status === "failed");
        expect(html.match(/<div class="then">/g)).toHaveLength(failed.length);
        expect(html).toContain("expected: red / crimson");
    });
});
