import type { CellRecord, MatrixFile } from "../../../rehearsal/faults/matrixFile";
import { faultDocs, joined } from "../../../scripts/faultDocs";

function record(change: Partial<CellRecord>): CellRecord {
    return {
        ...{ layer: "driver", fault: "SIGINT", class: "signal", step: "driver GetRole, before" },
        ...{ runId: "faults-c0", faultAt: "2026-11-24T07:00:00Z", exitCode: 2, leftovers: [] },
        ...{ seconds: 10, isInjected: true, machines: 1, releasedAfterSeconds: 3 },
        ...{ pastDeadlineGpuSeconds: 0, leakedGpuSeconds: 0, stillRunning: 0 },
        ...{ endedBy: ["api"], holds: true },
        ...change,
    };
}

const measured: MatrixFile = {
    ...{ schemaVersion: 1, minutes: 51.6, injected: 4, leakedGpuSeconds: 70, foreignEnded: [] },
    cells: [
        record({}),
        record({ releasedAfterSeconds: 5 }),
        record({ releasedAfterSeconds: 10, pastDeadlineGpuSeconds: 4 }),
        record({ isInjected: false, releasedAfterSeconds: 999 }),
        record({ fault: "API slow", releasedAfterSeconds: null, machines: 0 }),
        record({
            layer: "sweeper",
            ...{ releasedAfterSeconds: null, leakedGpuSeconds: 70, stillRunning: 1, holds: false },
        }),
    ],
    plain: [
        record({ leakedGpuSeconds: 1000, stillRunning: 1, holds: false }),
        record({ fault: "API slow" }),
    ],
};

test("parts of a measurement are one, and no cell may be in two of them", () => {
    const [first, ...rest] = measured.cells;
    const parts = [
        { ...measured, minutes: 10, injected: 1, leakedGpuSeconds: 0, cells: [first] },
        { ...measured, minutes: 20, injected: 3, plain: [], cells: rest.slice(-2) },
    ];
    expect(joined(parts)).toMatchObject({ minutes: 30, injected: 4, leakedGpuSeconds: 70 });
    expect(joined(parts).cells).toHaveLength(3);
    expect(joined(parts).plain).toEqual(measured.plain);
    expect(() => joined([measured, measured])).toThrow(/driver: SIGINT at .* stands in two/);
});

/** A row's cells; the last one where several tables have it. */
function row(first: string): string[] {
    const lines = faultDocs(measured).split("\n");
    const found = lines.filter((line) => line.startsWith(`| ${first} `)).at(-1);
    return (found ?? "").split("|").map((cell) => cell.trim());
}

test("each layer: faults, median and worst seconds, what was past the deadline, what leaked", () => {
    expect(row("driver").slice(3, 8)).toEqual(["4", "5", "10", "4", "0"]);
    expect(row("sweeper").slice(3, 8)).toEqual(["1", "-", "-", "0", "70"]);
    expect(row("watchdog").slice(3, 8)).toEqual(["0", "-", "-", "0", "0"]);
});

test("fault by layer: only what was injected counts, what leaks stands out", () => {
    const line = faultDocs(measured)
        .split("\n")
        .find((one) => one.startsWith("| SIGINT"));
    expect(row("API slow").slice(2, 8)).toEqual(["1", "0", "0", "1", "0", "0"]);
    expect(faultDocs(measured)).toMatch(/\| API slow +\| 1: none rented /);
    expect(line).toMatch(/3: 5 \/ 10 .* 1: 1 RUNNING, 70 LEAKED/);
});

test("ours and the plain program, fault by fault", () => {
    expect(row("SIGINT").slice(2, 8)).toEqual(["4", "1", "70", "1", "1", "1000"]);
    expect(row("all").slice(2, 8)).toEqual(["5", "1", "70", "2", "1", "1000"]);
    expect(faultDocs(measured)).toContain(
        "4 faults were injected in 52 minutes: 70 GPU-seconds leaked, 0 foreign machines ended, 1 cells broken.",
    );
});
