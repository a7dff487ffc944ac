import { spawn, SpawnOptions } from "node:child_process";
import {
    copyFileSync,
    cpSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { bundleSuite } from "../../../suite/bundle";
import { suiteResultsSchema } from "../../../suite/results";
import { rightAnswer, TestServer } from "./testServer";

const folder = mkdtempSync(join(tmpdir(), "suite-bundle-"));
let bundle: string;
beforeAll(async () => {
    bundle = await bundleSuite(join(folder, "a"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface CaseFile {
    readonly cases?: readonly object[];
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/** Runs the bundle as the machine does: away from this repository, with node alone. */
function suite(...args: string[]): Promise<{ code: number | null; output: string }> {
    const options: SpawnOptions = { cwd: folder, env: { PATH: process.env.PATH } };
    const child = spawn(process.execPath, [join(bundle, "suite.js"), ...args], options);
    let output = "";
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

it("is the same bytes for the same sources, and small", async () => {
    const again = await bundleSuite(join(folder, "b"));
    expect(readFileSync(join(again, "suite.js"))).toEqual(readFileSync(join(bundle, "suite.js")));
    expect(statSync(join(bundle, "suite.js")).size).toBeLessThan(2_000_000);
    const own = join(__dirname, "..", "..", "..", "suite", "cases");
    expect(readdirSync(join(bundle, "cases"))).toEqual(readdirSync(own));
});

it("knows nothing of Pulumi or AWS", () => {
    const text = readFileSync(join(bundle, "suite.js"), "utf8");
    expect(text).not.toMatch(/pulumi|aws-sdk|amazonaws/i);
});

describe("the command", () => {
    const out = join(folder, "report");
    let server: TestServer;
    let answer = rightAnswer;
    const cases = join(folder, "cases-by-hand");
    beforeAll(async () => {
        // The scripted server does not know what families make.
        cpSync(join(bundle, "cases"), cases, { recursive: true });
        for (const name of readdirSync(cases).filter((each) => each.endsWith(".yaml"))) {
            const file = parse(readFileSync(join(bundle, "cases", name), "utf8")) as CaseFile;
            if (file.cases) {
                writeFileSync(join(cases, name), stringify({ ...file, families: [] }));
            } else {
                rmSync(join(cases, name));
            }
        }
        server = await TestServer.start({ answer: (asked) => answer(asked) });
    });
    afterAll(() => server.stop());
    const run = (...more: string[]) =>
        suite(
            ...["--url", server.url, "--model", "test-model", "--tier", "dev"],
            ...["--cases", cases, "--out", out, ...more],
        );

    it("exits 0 when all passed, with progress and four reports", async () => {
        answer = rightAnswer;
        const { code, output } = await run();
        expect(output).toMatch(/^\[3\/7\] pass {2}multimodal\/caption-building {2}\d+ ms$/m);
        expect(code).toBe(0);
        expect(readdirSync(out).sort()).toEqual([
            "junit.xml",
            "report.html",
            "results.json",
            "summary.md",
        ]);
        const results = readJson(join(out, "results.json"));
        expect(suiteResultsSchema.parse(results).verdict).toBe("passed");
    });

    it("exits 1 when a case failed", async () => {
        answer = () => "no idea";
        const { code, output } = await run();
        expect(code).toBe(1);
        expect(output).toMatch(/FAIL {2}single-modality\/text-capital-en/);
    });

    it("exits 0 when all that failed is in quarantine, and 2 on an entry for no case", async () => {
        answer = ({ prompt, ...asked }) =>
            /France/.test(prompt) ? "Rome" : rightAnswer({ prompt, ...asked });
        const file = join(folder, "known.yaml");
        const entry = (id: string) =>
            writeFileSync(
                file,
                `quarantine: [{ case: ${id}, reason: known, expires: 2999-01-01 }]\n`,
            );
        entry("text-capital-en");
        const known = await run("--quarantine", file);
        expect(known.code).toBe(0);
        expect(known.output).toMatch(/FAIL {2}.*text-capital-en .*quarantine until 2999-01-01/);
        entry("text-capital-fr");
        const unknown = await run("--quarantine", file);
        expect(unknown.code).toBe(2);
        expect(unknown.output).toMatch(/known\.yaml: quarantine\[0\]\.case: no case/);
    }, 30_000);

    it("compares with the results of an earlier run: 0 without a change, 1 for a regression", async () => {
        const own = mkdtempSync(join(folder, "cases-"));
        const caseOf = (index: number) => `
  - id: case-${index}
    title: A case
    language: en
    tags: [smoke]
    turns:
      - prompt: "Question ${index}"
        maxTokens: 64
        checks: [{ kind: keywords, groups: [[right]] }]`;
        const list = Array.from({ length: 12 }, (_, index) => caseOf(index)).join("");
        writeFileSync(join(own, "x.yaml"), `dimension: multimodal\ncases:${list}\n`);
        const file = join(folder, "known-good.json");

        answer = () => "right";
        await run("--cases", own);
        copyFileSync(join(out, "results.json"), file);
        const same = await run("--cases", own, "--baseline", file);
        expect(same.output).toMatch(
            /^no evidence of a change against known-good: 0 lost and 0 won of 12 pairs; a loss of/m,
        );
        expect(same.code).toBe(0);

        answer = ({ prompt }) => (/[0-8]$/.test(prompt) ? "wrong" : "right");
        const worse = await run("--cases", own, "--baseline", file);
        expect(worse.code).toBe(1);
        expect(worse.output).toMatch(
            /^failed: regression against known-good: all cases: \d+ lost/m,
        );
        const results = suiteResultsSchema.parse(readJson(join(out, "results.json")));
        expect(results.comparison).toMatchObject({ outcome: "regression", pairs: 12, won: [] });
        expect(readFileSync(join(out, "report.html"), "utf8")).toMatch(
            /class="comparison regression"/,
        );
        expect(readFileSync(join(out, "junit.xml"), "utf8")).toMatch(
            /name="no regression against known-good">\s*<failure/,
        );
    }, 30_000);

    it("exits 1 for a regression of speed, although every check passed", async () => {
        answer = rightAnswer;
        await run();
        const before = suiteResultsSchema.parse(readJson(join(out, "results.json")));
        for (const { samples } of before.performance.latency) {
            // A baseline that was fifty times as fast.
            samples?.endToEndSeconds.forEach((seconds, index, all) => (all[index] = seconds / 50));
        }
        const file = join(folder, "fast.json");
        writeFileSync(file, JSON.stringify(before));
        const { code, output } = await run("--baseline", file);
        expect(code).toBe(1);
        expect(output).toMatch(
            /^failed: regression against fast: .*latency-text: end to end \d+\.\d+ times .*; all 7 cases passed$/m,
        );
    }, 30_000);

    it("exits 2 when there is nothing to compare, without asking", async () => {
        answer = rightAnswer;
        const before = server.asked.length;
        const missing = await run("--baseline", join(folder, "none.json"));
        expect(missing.code).toBe(2);
        expect(missing.output).toMatch(/^error: the baseline .*none\.json cannot be read/);
        expect(server.asked).toHaveLength(before);
    });

    it("exits 2 on a bad case file, and leaves a report that says so", async () => {
        const own = mkdtempSync(join(folder, "cases-"));
        writeFileSync(join(own, "x.yaml"), "dimension: boundary\ncases: 5\n");
        const { code, output } = await run("--cases", own);
        expect(code).toBe(2);
        expect(output).toMatch(/^error: .*x\.yaml:2: cases: /);
        const results = readJson(join(out, "results.json"));
        expect(suiteResultsSchema.parse(results)).toMatchObject({ verdict: "none" });
    });

    // Three whole runs of the command: slow on a busy machine.
    it("on the rung split-cases, leaves out the case in which the run set aside had no answer", async () => {
        answer = rightAnswer;
        const aside = join(folder, "aside.json");
        await run();
        const results = suiteResultsSchema.parse(readJson(join(out, "results.json")));
        const [first, second, ...others] = results.cases;
        const unanswered = { ...second, status: "errored" };
        writeFileSync(aside, JSON.stringify({ ...results, cases: [first, unanswered, ...others] }));

        const above = await run("--rung", "eager", "--set-aside", aside);
        expect(above.code).toBe(0);
        const { code, output } = await run("--rung", "split-cases", "--set-aside", aside);
        expect(code).toBe(2);
        expect(output).toMatch(
            new RegExp(`ERROR .*/${second?.id} .*ran out of memory in this case`),
        );
        const split = suiteResultsSchema.parse(readJson(join(out, "results.json")));
        expect(split.totals).toEqual({ passed: 6, flaky: 0, failed: 0, errored: 1, skipped: 0 });
    }, 30_000);

    it.each(["", join(folder, "none.json")])(
        "on the rung split-cases with the results %j to go by, asks nothing",
        async (aside) => {
            const { code, output } = await run("--rung", "split-cases", "--set-aside", aside);
            expect({ code, output }).toEqual({
                code: 2,
                output: "error: the server ran out of memory, but in no case of the suite.\n",
            });
            const results = suiteResultsSchema.parse(readJson(join(out, "results.json")));
            expect(results).toMatchObject({ verdict: "none", cases: [] });
        },
    );

    it.each([
        [["--tier", "nightly"], /commit/],
        [["--seed", "x"], /whole number/],
        [["--slowdown-tolerance", "-1"], /number from 0/],
        [["--colour", "red"], /unknown option/],
    ])("exits 2 on %j", async (args, message) => {
        const { code, output } = await run(...args);
        expect(code).toBe(2);
        expect(output).toMatch(message);
    });
});
