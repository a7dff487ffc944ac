import { XMLParser } from "fast-xml-parser";
import { renderJunit } from "../../../suite/junit";
import { renderReportHtml } from "../../../suite/reportHtml";
import { CaseResult, SuiteResults } from "../../../suite/results";

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
    const html = renderReportHtml(results, [
        { title: `Plan ${EVIL}`, rows: [[`name ${EVIL}`, `value ${EVIL}`]], note: EVIL },
    ]);

    it("escapes whatever comes from a model, a server or a file", () => {
        expect(html).not.toMatch(/<script/i);
        expect(html.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(12);
    });

    it("needs nothing from outside", () => {
        expect(html).not.toMatch(/(?:src|href)="(?!data:|#)/);
        expect(html).not.toMatch(/@import|url\(/);
    });

    it("says the verdict first, then why, and opens what failed", () => {
        const order = [
            "<h1>",
            'class="why"',
            "By dimension",
            "Plan",
            '<details class="case failed"',
        ];
        const places = order.map((text) => html.indexOf(text));
        expect(Math.min(...places)).toBeGreaterThan(0);
        expect(places).toEqual([...places].sort((a, b) => a - b));
        expect(html).toMatch(/<details class="case failed" id="case-a" open>/);
        expect(html).toMatch(/<details class="case passed" id="case-b">/);
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
        expect(on("fp8-kv")).not.toMatch(/<script/i);
    });

    it("also shows a run without a single case", () => {
        const empty = renderReportHtml({ ...results, verdict: "none", cases: [] });
        expect(empty).toMatch(/No verdict/);
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
