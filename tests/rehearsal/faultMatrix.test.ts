import { recordSteps, runBatch, type BatchResult } from "../../rehearsal/faults/batch";
import type { Cell } from "../../rehearsal/faults/cell";
import { ours } from "../../rehearsal/faults/cellRun";
import { LAYER_NAMES, type LayerName } from "../../rehearsal/faults/layer";
import { machineSubset, subsetCells } from "../../rehearsal/faults/matrix";
import type { Step } from "../../rehearsal/faults/step";
import { cellLine } from "../../rehearsal/faults/table";
import type { Tools } from "../../rehearsal/tools";
import { ensureAll } from "../../scripts/setup/ensureAll";

let tools: Tools;
let steps: Step[];
const neverStopped = new AbortController().signal;

beforeAll(async () => {
    const given = process.env.GPU_CI_TEST_TOOLS;
    tools = given ? JSON.parse(given) : await ensureAll();
    steps = await recordSteps(sleeping());
}, 180_000);

function sleeping() {
    const deadlineMinutes = 20;
    const program = ours(deadlineMinutes);
    return { tools, program, deadlineMinutes, sideBySide: 4, signal: neverStopped };
}

function booting() {
    const deadlineMinutes = 2;
    return {
        ...{ ...sleeping(), program: ours(deadlineMinutes), deadlineMinutes },
        ...{ machines: "docker" as const, sideBySide: 1 },
    };
}

function expectNoLeak({ cells, foreignEnded }: BatchResult): void {
    process.stderr.write(cells.map((cell) => `${cellLine(cell)}\n`).join(""));
    expect(cells.filter(({ holds }) => !holds).map(cellLine)).toEqual([]);
    expect(foreignEnded).toEqual([]);
    // What was never injected, or met no machine, proves nothing.
    const proofs = cells.filter(({ isInjected, machines }) => isInjected && machines > 0);
    expect(proofs.length).toBeGreaterThan(cells.length / 2);
}

const of = (layer: LayerName, cells: readonly Cell[]) =>
    cells.filter((cell) => cell.layer === layer);

test.each(LAYER_NAMES.filter((layer) => layer !== "watchdog"))(
    "%s alone: whatever fails, nothing is billed two sweeper periods past the deadline",
    async (layer) => {
        expectNoLeak(await runBatch(layer, of(layer, subsetCells(steps)), sleeping()));
    },
    400_000,
);

test("watchdog alone: a machine whose driver is dead ends itself before the deadline", async () => {
    const result = await runBatch("watchdog", of("watchdog", machineSubset(steps)), booting());
    expectNoLeak(result);
    expect(result.cells).toMatchObject([{ endedBy: ["inside"], pastDeadlineGpuSeconds: 0 }]);
}, 300_000);

test("schedule alone: a machine that hangs whole is ended by AWS before the deadline", async () => {
    const result = await runBatch("schedule", of("schedule", machineSubset(steps)), booting());
    expectNoLeak(result);
    expect(result.cells).toMatchObject([{ endedBy: ["terminator"], pastDeadlineGpuSeconds: 0 }]);
}, 300_000);
