import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadBaseline } from "../../../../suite/baseline/loadBaseline";

const folder = mkdtempSync(join(tmpdir(), "suite-baseline-"));
afterAll(() => rmSync(folder, { recursive: true }));

// As suites of version 1 wrote it.
const results = {
    schemaVersion: 1,
    tier: "commit",
    model: "m",
    server: { url: "http://x", standIn: false },
    startedAt: "2026-11-24T06:00:00.000Z",
    endedAt: "2026-11-24T06:01:00.000Z",
    seconds: 60,
    verdict: "passed",
    why: "all 1 cases passed",
    totals: { passed: 1, failed: 0, errored: 0, skipped: 0 },
    cases: [],
    performance: { latency: [], throughput: [] },
};

function write(name: string, value: unknown): string {
    const file = join(folder, name);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
    return file;
}

it("is called after its file, or its folder", () => {
    expect(loadBaseline(write("qwen3-vl-8b.json", results)).name).toBe("qwen3-vl-8b");
    expect(loadBaseline(write("release-1.2/results.json", results)).name).toBe("release-1.2");
});

test.each<[string, () => string, RegExp]>([
    ["is not there", () => join(folder, "none.json"), /none\.json cannot be read: ENOENT/],
    ["is no JSON", () => write("a.json", "{"), /a\.json cannot be read: .*JSON/],
    [
        "is something else",
        () => write("b.json", { a: 1 }),
        /b\.json holds no results: schemaVersion: /,
    ],
    [
        "is not as it should be",
        () => write("c.json", { ...results, totals: { passed: "many" } }),
        /c\.json holds no results: totals\.passed: .*number/,
    ],
    [
        "gave no verdict",
        () => write("d.json", { ...results, verdict: "none", why: "no server" }),
        /d\.json is of a run without a verdict \(no server\)\. Allowed: a run that passed or failed/,
    ],
])("a file that %s is refused", (_, file, message) => {
    expect(() => loadBaseline(file())).toThrow(message);
});
