import { XMLParser } from "fast-xml-parser";
import { renderJunit } from "../../../suite/junit";
import { pageScript, pageStyle } from "../../../suite/report/assets";
import { renderReportHtml } from "../../../suite/report/page";
import { ReportSection } from "../../../suite/report/section";
import { CaseResult, SuiteResults } from "../../../suite/results";

/** The page without its own script and style: what is left came from somewhere else. */
function foreign(html: string): string {
    const parts = html.split(`<script>${pageScript()}</script>`);
    expect(parts).toHaveLength(2);
    return parts.join("").replace(pageStyle(), "");
}

const EVIL = `<script>alert("x")</script>'&]]>\u0007`;

const broken: CaseResult = {
    id: "case-a",
    dimension: "multimodal",
    title: `Title ${EVIL}`,
    language: "en",
    status: "failed",
    seconds: 1.5,
    checks: [{ kind: "keywords", passed: false, message: `does not name ${EVIL}` }],
    prompt: EVIL,
    answer: EVIL,
    turns: [
        { prompt: EVIL, answer: EVIL, images: ["p"] },
        { prompt: "again", refusal: { status: 400, message: EVIL }, images: [] },
    ],
    images: [{ name: "p", width: 4, height: 4, thumbnailPng: `"><script>` }],
};
const fine: CaseResult = { ...broken, id: "case-b", status: "passed", dimension: "boundary" };
const errored: CaseResult = {
    ...broken,
    id: "case-c",
    status: "errored",
    problem: { kind: "connection", message: `no answer ${EVIL}` },
};
const skipped: CaseResult = {
    ...fine,
    id: "case-d",
    status: "skipped",
    problem: { kind: "not-run", message: "no context" },
};

const results: SuiteResults = {
    schemaVersion: 1,
    tier: "commit",
    model: `model ${EVIL}`,
    server: { url: "http://x", version: EVIL, name: EVIL, standIn: false },
    startedAt: "2026-11-24T06:00:00.000Z",
    endedAt: "2026-11-24T06:01:00.000Z",
    seconds: 60,
    verdict: "failed",
    why: `because ${EVIL}`,
    totals: { passed: 1, failed: 1, errored: 1, skipped: 1 },
    cases: [broken, fine, errored, skipped],
    performance: { latency: [], throughput: [] },
};

describe("report.html", () => {
    const plan: ReportSection = {
        title: `Plan ${EVIL}`,
        rows: [[`name ${EVIL}`, `value ${EVIL}`]],
        note: EVIL,
    };
    const html = renderReportHtml(results, { sections: [plan] });

    it("escapes whatever comes from a model, a server or a file", () => {
        expect(foreign(html)).not.toMatch(/<script/i);
        expect(html.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(12);
    });

    it("needs nothing from outside", () => {
        expect(html).not.toMatch(/(?:src|href)="(?!data:|#)/);
        expect(html).not.toMatch(/@import|url\(/);
        expect(html).not.toMatch(/ style=| on\w+="/);
    });

    it("says the verdict first, then why, and opens what failed", () => {
        const order = ["<h1>", 'class="why"', "By dimension", 'class="case failed"', "Plan"];
        const places = order.map((text) => html.indexOf(text));
        expect(Math.min(...places)).toBeGreaterThan(0);
        expect(places).toEqual([...places].sort((a, b) => a - b));
        expect(html).toMatch(/<li id="case-case-a" class="case failed"[^>]*><details open>/);
        expect(html).toMatch(/<li id="case-case-b" class="case passed"[^>]*><details>/);
    });

    it("has a banner for a stand-in, and for nothing else", () => {
        const standIn = { ...results, server: { ...results.server, standIn: true } };
        expect(html).not.toMatch(/stand-in server/i);
        expect(renderReportHtml(standIn)).toMatch(/Stand-in server, not a real model/);
    });

    it("warns of a rung that was not planned, with what differs and why", () => {
        const on = (name: string) => {
            const rung = { name, note: `an FP8 cache ${EVIL}`, because: `as-planned: ${EVIL}` };
            return renderReportHtml({ ...results, server: { ...results.server, rung } });
        };
        expect(html).not.toMatch(/not as planned/);
        expect(on("as-planned")).not.toMatch(/not as planned/);
        expect(on("fp8-kv")).toMatch(
            /rung “fp8-kv”, not as planned.*\n.*out of memory \(as-planned: .*an FP8 cache/,
        );
        expect(foreign(on("fp8-kv"))).not.toMatch(/<script/i);
    });

    it("also shows a run without a single case", () => {
        const empty = renderReportHtml({ ...results, verdict: "none", cases: [] });
        expect(empty).toMatch(/No verdict/);
    });
});

describe("what flickers", () => {
    const repeats = {
        passed: 2,
        total: 3,
        outcomes: [false, true, true],
        passRate: { low: 0.094, high: 0.992 },
        consistency: 1 / 3,
    };
    const flaky: CaseResult = { ...broken, status: "flaky", repeats };
    const quarantine = { reason: `known ${EVIL}`, expires: "2026-12-31", expired: false };
    const of = (each: CaseResult, tier: SuiteResults["tier"] = "commit"): SuiteResults => ({
        ...results,
        tier,
        totals: { passed: 0, flaky: 1, failed: 0, errored: 0, skipped: 0 },
        cases: [each],
    });

    it("is in the report's head, with its rate", () => {
        const html = renderReportHtml(of(flaky));
        expect(html).toMatch(/<li class="flaky"><b>1<\/b> flaky<\/li>/);
        expect(html).toMatch(/<ul class="troubles"><li class="flaky">.*2 of 3 repeats, 9 to 99 %/);
        expect(html).toMatch(/<li id="case-case-a" class="case flaky"[^>]*><details open>/);
    });

    it("shows its quarantine, and that it has expired", () => {
        const html = renderReportHtml(of({ ...flaky, quarantine }));
        expect(html).toMatch(/quarantined until 2026-12-31/);
        expect(foreign(html)).not.toMatch(/<script/i);
        const expired = { ...quarantine, expired: true };
        expect(renderReportHtml(of({ ...flaky, quarantine: expired }))).toMatch(
            /quarantine expired 2026-12-31/,
        );
    });

    test.each<[string, CaseResult, SuiteResults["tier"], string]>([
        ["reported only in commit", flaky, "commit", 'failures="0" errors="0" skipped="0"'],
        ["a failure in merge", flaky, "merge", 'failures="1" errors="0" skipped="0"'],
        [
            "skipped in quarantine",
            { ...flaky, quarantine },
            "merge",
            'failures="0" errors="0" skipped="1"',
        ],
        [
            "a failure after the quarantine",
            { ...flaky, quarantine: { ...quarantine, expired: true } },
            "merge",
            'failures="1" errors="0" skipped="0"',
        ],
    ])("is %s", (_, each, tier, counts) => {
        const xml = renderJunit(of(each, tier));
        expect(xml).toContain(counts);
        expect(xml).toContain('name="passed" value="2 of 3"');
        expect(xml).toMatch(/name="flaky" value="keywords: does not name/);
    });
});

describe("a comparison with a baseline", () => {
    const comparison: NonNullable<SuiteResults["comparison"]> = {
        baseline: { name: `good ${EVIL}`, model: "m", startedAt: results.startedAt },
        outcome: "regression",
        why: "8 lost",
        level: 0.05,
        slowdownTolerance: 0.1,
        pairs: 29,
        lost: ["case-a"],
        won: [],
        leftOut: [
            { caseId: "case-x", reason: "in quarantine" },
            { caseId: "case-y", reason: "in quarantine" },
        ],
        minimumDetectableEffect: 0.24,
        quality: [
            {
                of: "all cases",
                pairs: 29,
                lost: 8,
                won: 0,
                pValue: 0.0078,
                correctedPValue: 0.0156,
                difference: -0.276,
                interval: { low: -0.45, high: -0.1 },
                clusters: 20,
                outcome: "regression",
            },
        ],
        speed: [
            {
                caseId: "latency-text",
                metric: "endToEndSeconds",
                ratio: 1.5,
                interval: { low: 1.4, high: 1.6 },
                pValue: 0.001,
                correctedPValue: 0.002,
                outcome: "regression",
            },
        ],
    };
    const compared = (outcome: typeof comparison.outcome): SuiteResults => {
        const each = { ...comparison, outcome };
        const line = `regression against ${comparison.baseline.name}: 8 lost`;
        return { ...results, comparison: each, why: `${line}; all passed` };
    };

    it("is in the report's head, once, and its tests are in a table", () => {
        const html = renderReportHtml(compared("regression"));
        expect(html).toMatch(
            /<p class="why">All passed\.<\/p>\n<p class="comparison regression">Regression/,
        );
        expect(html).toContain(
            "regression: 8 lost, 0 won of 29, -28 points (-45 to -10), p = 0.016",
        );
        expect(html).toContain("latency-text, end to end");
        expect(html).toContain("1.50 times the baseline&#39;s (1.40 to 1.60)");
        expect(html).toContain("case-x, case-y (in quarantine)");
        expect(html).toContain("A loss of 24 % would have been seen with 80 % power.");
        expect(foreign(html)).not.toMatch(/<script/i);
    });

    test.each<[typeof comparison.outcome, string]>([
        ["regression", 'tests="5" failures="2" errors="1"'],
        ["no-evidence", 'tests="5" failures="1" errors="1"'],
        ["improvement", 'tests="5" failures="1" errors="1"'],
        ["infrastructure-failure", 'tests="5" failures="1" errors="2"'],
    ])("%s is a test of its own in junit.xml", (outcome, counts) => {
        const xml = renderJunit(compared(outcome));
        expect(xml).toContain(counts);
        expect(xml).toContain(`name="comparison" value="${outcome}"`);
        expect(xml).toContain('name="comparisonWhy" value="8 lost"');
    });
});

describe("junit.xml", () => {
    interface Parsed {
        testsuites: {
            "@_tests": string;
            "@_failures": string;
            "@_errors": string;
            "@_skipped": string;
            testsuite: { "@_name": string }[] | { "@_name": string };
        };
    }
    const parse = (each: SuiteResults): Parsed =>
        new XMLParser({ ignoreAttributes: false }).parse(renderJunit(each), true) as Parsed;

    it("is well formed and counts each status", () => {
        const { testsuites } = parse(results);
        expect(testsuites).toMatchObject({
            "@_tests": "4",
            "@_failures": "1",
            "@_errors": "1",
            "@_skipped": "1",
        });
        // eslint-disable-next-line no-control-regex -- XML 1.0 has no place for it.
        expect(renderJunit(results)).not.toMatch(/\u0007/);
    });

    it("says of a failure what was wanted and what was got", () => {
        const checks = [
            {
                kind: "keywords",
                passed: false,
                message: "does not name red",
                wanted: "red",
                turn: 1,
            },
            { kind: "error", passed: false, message: "no clear message", turn: 2 },
        ];
        const xml = renderJunit({ ...results, cases: [{ ...broken, checks }] });
        const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(xml, true);
        const failure = testsuites.testsuite.testcase.failure["#text"] as string;
        expect(failure).toContain("keywords: does not name red\nwanted: red\ngot: <script>alert");
        expect(failure).toContain("error: no clear message\ngot: HTTP 400: <script>");
    });

    it("names the rung that the results were obtained on", () => {
        const rung = { name: "eager", note: "no CUDA graphs" };
        const xml = renderJunit({ ...results, server: { ...results.server, rung } });
        expect(xml).toContain('name="rung" value="eager"');
        expect(xml).toContain('name="rungNote" value="no CUDA graphs"');
        expect(renderJunit(results)).toContain('name="rung" value="unknown"');
    });

    it("is never green without a verdict", () => {
        const { testsuites } = parse({ ...results, verdict: "none", cases: [] });
        expect(testsuites).toMatchObject({ "@_tests": "1", "@_errors": "1" });
    });
});
