import { spawn } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suiteResultsSchema } from "../../../suite/results";
import { rightAnswer, TestServer } from "./testServer";

const ROOT = join(__dirname, "..", "..", "..");
const folder = mkdtempSync(join(tmpdir(), "gpu-ci-suite-"));
const hook = join(folder, "hook.js");
const cases = join(folder, "cases");
let server: TestServer;

beforeAll(async () => {
    server = await TestServer.start({ answer: rightAnswer });
    writeFileSync(
        hook,
        `process.on("exit", () => {
            const heavy = Object.keys(require.cache).filter((file) => /@aws-sdk|@pulumi/.test(file));
            process.stderr.write("heavy modules: " + heavy.length + "\\n");
        });`,
    );
    mkdirSync(cases);
    const list = Array.from(
        { length: 7 },
        (_, index) => `
  - id: case-${index}
    title: A case
    language: en
    tags: [core]
    lane: greedy
    turns:
      - prompt: "Case ${index}: what is the capital of France?"
        maxTokens: 64
        checks: [{ kind: keywords, groups: [[Paris]] }]`,
    ).join("");
    writeFileSync(join(cases, "x.yaml"), `dimension: single-modality\ncases:${list}\n`);
});
afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
});
beforeEach(() => {
    server.asked.length = 0;
});

interface Ended {
    readonly code: number | null;
    readonly output: string;
}
function gpuCi(...args: string[]): Promise<Ended> {
    const child = spawn(
        process.execPath,
        ["--require", hook, join(ROOT, "bin", "gpu-ci.js"), ...args],
        { cwd: folder, env: { PATH: process.env.PATH } },
    );
    let output = "";
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}
const suite = (...more: string[]): Promise<Ended> =>
    gpuCi("suite", "--url", server.url, "--cases", cases, ...more);
const read = (out: string) =>
    suiteResultsSchema.parse(JSON.parse(readFileSync(join(folder, out, "results.json"), "utf8")));

it("needs a URL and nothing else where the server serves one model", async () => {
    const { code, output } = await suite();
    expect(output).toMatch(/^\[7\/7\] pass {2}single-modality\/case-\d/m);
    expect(output).toMatch(/^passed: all 7 cases passed$/m);
    expect(code).toBe(0);
    expect(readdirSync(join(folder, "suite-report")).sort()).toEqual([
        "junit.xml",
        "report.html",
        "results.json",
        "summary.md",
    ]);
    expect(read("suite-report")).toMatchObject({ model: "test-model", tier: "commit" });
}, 30_000);

it("and merge load neither AWS nor Pulumi", async () => {
    for (const command of ["suite", "merge"]) {
        const { code, output } = await gpuCi(command, "--help");
        expect(code).toBe(0);
        expect(output).toMatch(/^Examples?:\n {2}\$ gpu-ci /m);
        expect(output).toMatch(/^heavy modules: 0$/m);
    }
    expect((await suite("--tier", "dev")).output).toMatch(/^heavy modules: 0$/m);
}, 30_000);

it("asks a tier in shards, whose reports become one", async () => {
    for (const shard of ["1/3", "2/3", "3/3"]) {
        expect((await suite("--shard", shard)).code).toBe(0);
    }
    expect(server.asked.filter(({ prompt }) => /France/.test(prompt))).toHaveLength(7);
    const shards = [1, 2, 3].map((index) => join("suite-report", `shard-${index}-of-3`));
    const all = await gpuCi("merge", ...shards, "--out", "merged");
    expect(all.output).toMatch(/^passed: all 7 cases passed$/m);
    expect(all.code).toBe(0);
    expect(read("merged").cases.map(({ id }) => id)).toEqual(
        Array.from({ length: 7 }, (_, index) => `case-${index}`),
    );
    expect(readFileSync(join(folder, "merged", "junit.xml"), "utf8")).toMatch(/tests="7"/);
    expect(readFileSync(join(folder, "merged", "report.html"), "utf8")).toContain("case-6");

    const some = await gpuCi("merge", ...shards.slice(1), "--out", "some");
    expect(some.output).toMatch(/^error: shard 1\/3 is missing\./m);
    expect(some.code).toBe(2);
    expect(existsSync(join(folder, "some"))).toBe(false);

    const file = join(folder, "suite-report", "shard-1-of-3", "results.json");
    writeFileSync(
        file,
        readFileSync(file, "utf8").replace('"model": "test-model"', '"model": "other"'),
    );
    const mixed = await gpuCi("merge", ...shards, "--out", "some");
    expect(mixed.output).toMatch(/has another model/);
    expect(mixed.code).toBe(2);
}, 60_000);

it.each<[string, string[], RegExp]>([
    ["no shard", ["--shard", "5/4"], /NUMBER\/COUNT/],
    ["more shards than cases", ["--shard", "1/8"], /the tier has 7 cases.*up to 7 shards/],
    ["no concurrency", ["--concurrency", "multimodal=0"], /from 1 to 256/],
    ["no time", ["--case-timeout", "0"], /whole number from 1/],
    ["another model", ["--model", "other"], /the server serves test-model, not other/],
    ["no previous results", ["--previous", "none.json"], /none\.json cannot be read/],
])("refuses %s before any case is asked", async (_, args, message) => {
    const { code, output } = await suite("--out", "refused", ...args);
    expect(output).toMatch(message);
    expect(code).toBe(2);
    expect(output).not.toMatch(/^\[/m);
    expect(server.asked).toEqual([]);
});

it("says at once that no server is there", async () => {
    const nobody = await gpuCi("suite", "--url", "http://127.0.0.1:9", "--cases", cases);
    expect(nobody.output).toMatch(/^error: the server at http:\/\/127\.0\.0\.1:9 is not there/m);
    expect(nobody.code).toBe(2);
    expect(read("suite-report")).toMatchObject({ verdict: "none", cases: [] });
}, 30_000);
