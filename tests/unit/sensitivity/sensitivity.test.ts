import { mkdtempSync, writeFileSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { faultsOf, ROWS } from "../../../rehearsal/sensitivity/rows";
import { shortcomings, smallestNoise, summarise } from "../../../rehearsal/sensitivity/summary";
import { alarmTable, faultTable } from "../../../rehearsal/sensitivity/table";
import type { Trial } from "../../../rehearsal/sensitivity/trial";
import { appendTrial, readTrials } from "../../../rehearsal/sensitivity/trialFile";
import { sensitivityDocs } from "../../../scripts/sensitivityDocs";

const trial = (row: string, run: number, isFailed: boolean): Trial => ({
    ...{ row, run, isFailed, tier: "merge" as const, pairs: 400, lost: run, won: 1 },
    ...{ seconds: 1, why: "" },
});
const trials = (row: string, failed: number, runs: number): Trial[] =>
    Array.from({ length: runs }, (_, run) => trial(row, run, run < failed));
const row = (id: string) => ROWS.find((each) => each.id === id) as (typeof ROWS)[number];

describe("the faults of a run", () => {
    test("share the model of its number with the baseline, and nothing else", () => {
        const [model, jitter] = faultsOf("baseline", 3);
        const [sameModel, ownJitter, own] = faultsOf(row("noise:0.05"), 3);
        expect(sameModel).toBe(model);
        expect(ownJitter).not.toBe(jitter);
        expect(own).toBe("noise:0.05:fault-3");
        expect(faultsOf(row("clean"), 4)[0]).not.toBe(model);
    });

    test("without a baseline there is only jitter", () => {
        expect(faultsOf(row("clean-alone"), 0)).toEqual(["jitter:0.002:clean-alone-0"]);
    });
});

describe("the table", () => {
    const all = [
        ...trials("swap-channels", 95, 100),
        ...trials("drop-image", 94, 100),
        ...trials("noise:0.03", 20, 100),
        ...trials("noise:0.05", 96, 100),
        ...trials("clean", 3, 200),
        ...trials("clean-alone", 50, 100),
    ];
    const merge = summarise(all, "merge");

    test("counts runs and gives the interval of the rate", () => {
        const [first] = merge;
        expect(first).toMatchObject({ runs: 100, found: 95, rate: 0.95, medianLost: 49.5 });
        // Clopper and Pearson's for 95 of 100.
        expect(first?.interval.low).toBeCloseTo(0.8872, 4);
        expect(first?.interval.high).toBeCloseTo(0.9836, 4);
    });

    test("says what falls short, of the rows that targets are for", () => {
        expect(shortcomings(merge)).toEqual([
            "pictures dropped: found in 94 of 100 runs",
            "nothing: 3 false alarms in 200 runs",
        ]);
    });

    test("names the smallest noise that is found", () => {
        expect(smallestNoise(merge)).toBe(0.05);
        expect(smallestNoise(summarise(trials("noise:0.03", 94, 100), "merge"))).toBeUndefined();
    });

    test("keeps faults and false alarms apart", () => {
        expect(faultTable(merge)).toContain("| red and blue swapped ");
        expect(faultTable(merge)).not.toContain("| nothing ");
        expect(alarmTable(merge)).toContain("| nothing, without a baseline |");
    });

    test("makes the page", () => {
        const page = sensitivityDocs(all);
        expect(page).toContain(
            "The smallest noise that tier merge finds in at least 95 % of its runs: 5 %.",
        );
        expect(page).not.toContain("undefined");
    });
});

describe("the file of trials", () => {
    const file = (): string => join(mkdtempSync(join(tmpdir(), "trials-")), "trials.jsonl");

    test("is read without a last line that broke off", () => {
        const path = file();
        appendTrial(path, { ...trial("clean", 0, false), suite: "a" });
        appendFileSync(path, '{"row":"cle');
        expect(readTrials([path], "a")).toHaveLength(1);
    });

    test("goes on after such a line", () => {
        const path = file();
        writeFileSync(path, '{"row":"cle');
        appendTrial(path, { ...trial("clean", 0, false), suite: "a" });
        expect(readTrials([path], "a")).toHaveLength(1);
    });

    test("of another suite is refused", () => {
        const path = file();
        appendTrial(path, { ...trial("clean", 0, false), suite: "a" });
        expect(() => readTrials([path], "b")).toThrow(/trials of 2 suites \(b, a\)/);
    });
});
