import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { foldOwnSuite } from "../../../../suite/ownSuite/foldOwnSuite";
import { suiteResultsSchema } from "../../../../suite/results";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "own-suite-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, name)), { recursive: true });
        writeFileSync(join(dir, name), text);
    }
}

const OWN = JSON.stringify({ image: "python@sha256:1", command: ["pytest", "a b"], model: "m/x" });
/** As a machine leaves it. */
const REPORT = {
    "logs/own-suite.json": OWN,
    "verdict.json": '{"verdict":"passed","exitStatus":"0","endedAt":"2026-11-24T10:01:00Z"}\n',
    "ladder.json":
        '{"rungs":[{"name":"as-planned","note":"as planned","failure":"cuda-out-of-memory","at":"x"},{"name":"fp8-kv","note":"FP8 cache","failure":null}],"ended":"served"}',
    "logs/phases.txt": `boot 1\nsuite ${Date.parse("2026-11-24T10:00:30Z") / 1000}\nend 9\n`,
    "logs/run.env": "GPU_CI_RUN_ID=r-1\nGPU_CI_TIER=merge\nGPU_CI_DEADLINE=2026-11-24T11:00:00Z\n",
    "logs/models.json": '{"data":[{"id":"other"},{"id":"m/x","max_model_len":4096}]}',
    "logs/version.json": '{"version":"0.33.0","stand_in":true,"name":"a stand-in"}',
    "own-suite/junit.xml":
        '<testsuite><testcase classname="t" name="a" time="2"><properties><property name="tokensPerSecond" value="31.5"/><property name="note" value="warm"/></properties></testcase></testsuite>',
};

function folded() {
    expect(foldOwnSuite(dir)).toBe(true);
    return suiteResultsSchema.parse(JSON.parse(readFileSync(join(dir, "results.json"), "utf8")));
}

test("what a machine left becomes the suite's own files", () => {
    put(REPORT);
    const results = folded();
    expect(results).toMatchObject({
        ...{ tier: "merge", model: "m/x", verdict: "passed", why: "all 1 tests passed" },
        ...{ startedAt: "2026-11-24T10:00:30.000Z", seconds: 30 },
        server: {
            ...{ standIn: true, version: "0.33.0", contextTokens: 4096 },
            rung: { name: "fp8-kv", because: "as-planned: cuda-out-of-memory" },
        },
        ownSuite: { exitStatus: "0", command: ["pytest", "a b"], junit: ["own-suite/junit.xml"] },
    });
    expect(results.cases[0]).toMatchObject({
        ...{ id: "t.a", dimension: "own", status: "passed", seconds: 2 },
        ...{ metrics: { tokensPerSecond: 31.5 }, output: "note = warm" },
    });
    const junit = readFileSync(join(dir, "junit.xml"), "utf8");
    expect(junit).toContain('<testsuite name="own"');
    expect(junit).toContain('name="t.a"');
    const html = readFileSync(join(dir, "report.html"), "utf8");
    expect(html).toContain("Own suite");
    expect(html).toContain("fp8-kv");
});

test("a report of this package's suite stays as it is", () => {
    put({ "results.json": "{}" });
    expect(foldOwnSuite(dir)).toBe(false);
    expect(readFileSync(join(dir, "results.json"), "utf8")).toBe("{}");
    expect(existsSync(join(dir, "junit.xml"))).toBe(false);
});

test("pages are linked, by URLs that lead nowhere else, and their names are text", () => {
    put({ ...REPORT, "own-suite/a/b c#?.html": "<html>", "own-suite/<img src=x>.html": "" });
    expect(folded().ownSuite?.pages).toEqual([
        "own-suite/<img src=x>.html",
        "own-suite/a/b c#?.html",
    ]);
    const html = readFileSync(join(dir, "report.html"), "utf8");
    expect(html).toContain('href="./own-suite/a/b%20c%23%3F.html"');
    expect(html).not.toContain("<img src=x>");
});

test("JUnit of several folders, XML of another kind, XML that breaks off", () => {
    put({
        ...REPORT,
        "own-suite/gtest/b.xml":
            '<testsuites><testsuite><testcase name="b"/></testsuite></testsuites>',
        "own-suite/coverage.xml": "<coverage/>",
    });
    expect(folded().cases.map(({ id }) => id)).toEqual(["b", "t.a"]);
    put({ "own-suite/late.xml": "<testsuite><testcase" });
    const { verdict, why } = folded();
    expect({ verdict, why }).toMatchObject({ verdict: "none" });
    expect(why).toContain("late.xml cannot be read");
});

test("a link in what came home is not followed", () => {
    put(REPORT);
    const outside = mkdtempSync(join(tmpdir(), "outside-"));
    writeFileSync(join(outside, "x.xml"), '<testsuite><testcase name="secret"/></testsuite>');
    symlinkSync(join(outside, "x.xml"), join(dir, "own-suite/x.xml"));
    symlinkSync(outside, join(dir, "own-suite/folder"));
    expect(folded().cases.map(({ id }) => id)).toEqual(["t.a"]);
    rmSync(outside, { recursive: true });
});

test("the server's end is no failure of the model", () => {
    put({ ...REPORT, "ladder.json": REPORT["ladder.json"].replace("served", "other") });
    put({ "verdict.json": REPORT["verdict.json"].replace("passed", "failed") });
    expect(folded()).toMatchObject({
        verdict: "none",
        why: expect.stringContaining("the server ended"),
    });
});

test("a machine that ended before the suite did gives no verdict", () => {
    put(REPORT);
    rmSync(join(dir, "verdict.json"));
    expect(folded()).toMatchObject({
        verdict: "none",
        why: "the suite did not come to its end",
        ownSuite: { exitStatus: "unknown" },
    });
});

test("a suite that never ran: the machine's words, and nothing else is needed", () => {
    put({
        "logs/own-suite.json": "no JSON at all",
        "verdict.json": '{"verdict":"none","exitStatus":"3","endedAt":"2026-11-24T10:01:00Z"}',
        "logs/suite.log":
            "pulling the suite's image\nno verdict: the suite's image x is not there\n",
    });
    expect(folded()).toMatchObject({
        ...{ verdict: "none", why: "the suite's image x is not there" },
        ...{ tier: "dev", model: "unknown", seconds: 0, cases: [] },
    });
    expect(readFileSync(join(dir, "junit.xml"), "utf8")).toContain("the suite could judge");
});
