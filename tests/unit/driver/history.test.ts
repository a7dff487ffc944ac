import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";

import { appendHistory, historyPath, readHistory } from "../../../common/historyFile";
import { historyTable } from "../../../scripts/history";
import { minutesFromHistory, type RunRecord } from "../../../sizing/history";

const KIND = {
    modelId: "Qwen/Qwen3-VL-8B-Instruct",
    precision: "int4",
    instanceType: "g6.xlarge",
    tensorParallel: 1,
    tier: "commit",
    emulated: false,
};

function record(change: Partial<RunRecord> = {}): RunRecord {
    return {
        ...KIND,
        runId: "commit-1",
        endedAt: "2026-11-24T07:00:00Z",
        market: "on-demand",
        verdict: "passed",
        startUpMinutes: 10,
        suiteMinutes: 5,
        estimatedMinutes: 20,
        estimatedUsd: 0.3,
        actualUsd: 0.24,
        ...change,
    };
}

describe("minutes of earlier runs", () => {
    const runs = (count: number, change: (index: number) => Partial<RunRecord>) =>
        Array.from({ length: count }, (_, index) => record(change(index)));

    test("are their 95th percentile", () => {
        const known = runs(20, (index) => ({ startUpMinutes: index + 1, suiteMinutes: 5 }));
        expect(minutesFromHistory(known, KIND)).toEqual({
            startUp: 19.1,
            suite: 5,
            total: 24.1,
            runs: 20,
        });
    });

    test("are not those of own suites", () => {
        expect(
            minutesFromHistory(
                runs(20, () => ({ ownSuite: true })),
                KIND,
            ),
        ).toBeUndefined();
    });

    test("are those of the last 20 runs", () => {
        const known = [
            ...runs(10, () => ({ startUpMinutes: 90 })),
            ...runs(20, () => ({ startUpMinutes: 7 })),
        ];
        expect(minutesFromHistory(known, KIND)).toMatchObject({ startUp: 7, total: 12, runs: 20 });
    });

    test.each<[string, Partial<RunRecord>]>([
        ["of another tier", { tier: "merge" }],
        ["of another model", { modelId: "Qwen/Qwen3-VL-2B-Instruct" }],
        ["in another precision", { precision: "bf16" }],
        ["on another machine", { instanceType: "g5.xlarge" }],
        ["on more GPUs", { tensorParallel: 2 }],
        ["in an emulated cloud", { emulated: true }],
        ["without a verdict", { verdict: "none" }],
        ["that never reached the suite", { startUpMinutes: null }],
        ["that were interrupted in it", { suiteMinutes: null, verdict: "interrupted" }],
    ])("do not come from runs %s", (_name, change) => {
        expect(minutesFromHistory([...runs(2, () => ({})), record(change)], KIND)).toBeUndefined();
        expect(
            minutesFromHistory(
                runs(3, () => ({})),
                KIND,
            )?.runs,
        ).toBe(3);
    });

    test("lie between the shortest and the longest of them", () => {
        const minutes = fc.double({ min: 0.1, max: 500, noNaN: true });
        fc.assert(
            fc.property(fc.array(fc.tuple(minutes, minutes), { minLength: 3 }), (pairs) => {
                const known = pairs.map(([startUpMinutes, suiteMinutes]) =>
                    record({ startUpMinutes, suiteMinutes }),
                );
                const { total } = minutesFromHistory(known, KIND)!;
                const sums = pairs.slice(-20).map(([startUp, suite]) => startUp + suite);
                expect(total).toBeGreaterThanOrEqual(Math.min(...sums) - 0.05);
                expect(total).toBeLessThanOrEqual(Math.max(...sums) + 0.05);
            }),
        );
    });
});

describe("the history file", () => {
    const newFile = () =>
        join(mkdtempSync(join(tmpdir(), "gpu-ci-history-")), "a", "history.jsonl");

    test("is beside the reports, unless it is named", () => {
        expect(historyPath("/p", {})).toBe("/p/reports/history.jsonl");
        expect(historyPath("/p", { GPU_CI_HISTORY: "h" })).toBe("/p/h");
    });

    test("gives back what was added, in that order", () => {
        const file = newFile();
        expect(readHistory(file)).toEqual([]);
        appendHistory(file, record({ runId: "one" }));
        appendHistory(file, record({ runId: "two", actualUsd: null }));
        expect(readHistory(file)).toEqual([
            record({ runId: "one" }),
            record({ runId: "two", actualUsd: null }),
        ]);
        expect(readFileSync(file, "utf8").split("\n")).toHaveLength(3);
    });

    test("loses one line where one broke off, and neither the one before nor the one after", () => {
        const file = newFile();
        appendHistory(file, record({ runId: "one" }));
        appendFileSync(file, JSON.stringify(record()).slice(0, 40));
        expect(readHistory(file).map(({ runId }) => runId)).toEqual(["one"]);
        appendHistory(file, record({ runId: "two" }));
        expect(readHistory(file).map(({ runId }) => runId)).toEqual(["one", "two"]);
    });

    test("is not believed where a line is something else", () => {
        const file = newFile();
        appendHistory(file, record());
        writeFileSync(file, `${readFileSync(file, "utf8")}null\n{"runId":"x"}\n[]\n\n`);
        expect(readHistory(file)).toEqual([record()]);
    });
});

describe("the table of runs", () => {
    test("shows estimated and actual, and how far they are apart", () => {
        const table = historyTable([
            record({ runId: "a" }),
            record({ runId: "b", verdict: "none", suiteMinutes: null, actualUsd: null }),
            record({ runId: "c", startUpMinutes: 20, suiteMinutes: 10, actualUsd: 0.36 }),
            record({ runId: "d", emulated: true, startUpMinutes: 0, suiteMinutes: 0.1 }),
        ]);
        const lines = table.split("\n");
        expect(lines).toHaveLength(7);
        expect(lines[1]).toMatch(
            /2026-11-24 07:00 {2}a .*g6\.xlarge {2}on-demand {2}passed +20\.0 +15\.0 +0\.30 +0\.24$/,
        );
        expect(lines[2]).toMatch(/none +20\.0 +- +0\.30 +-$/);
        expect(lines[4]).toContain("d (emulated)");
        expect(lines[6]).toBe(
            "Actual / estimated, median: minutes 1.13 (2 runs), price 1.00 (2 runs)",
        );
    });

    test("of emulated runs alone says so, and of none says that", () => {
        expect(historyTable([record({ emulated: true })])).toMatch(/median, emulated runs: /);
        expect(historyTable([])).toBe("No run is remembered yet.");
    });
});
