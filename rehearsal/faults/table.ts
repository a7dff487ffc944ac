import { median } from "simple-statistics";

import { columns } from "../../common/columns";
import type { CellResult } from "./judge";
import { LAYER_NAMES, LAYERS } from "./layer";
import { stepText } from "./step";

/** What one cell came to, in a line. */
export function cellLine(result: CellResult): string {
    const { cell, releasedAfterSeconds, machines, holds, problem } = result;
    const end = !result.isInjected
        ? "the moment never came"
        : machines === 0
          ? "nothing had been rented"
          : releasedAfterSeconds === null
            ? "STILL RUNNING"
            : `released after ${releasedAfterSeconds.toFixed(0)} s by ${result.endedBy.join(", ")}`;
    return [
        `${cell.layer}: ${cell.fault.name} at ${stepText(cell.step)}: ${end}`,
        ...(result.leakedGpuSeconds > 0 ? [`${result.leakedGpuSeconds.toFixed(0)} LEAKED`] : []),
        ...(problem ? [problem] : []),
        ...(holds ? [] : ["BROKEN"]),
    ].join("; ");
}

/** Fault x layer, and each layer's times. */
export function matrixTable(results: readonly CellResult[]): string {
    const faults = [...new Set(results.map(({ cell }) => cell.fault.name))];
    const layers = LAYER_NAMES.filter((layer) => results.some(({ cell }) => cell.layer === layer));
    const cellsOf = (layer: string, fault?: string) =>
        results.filter(
            ({ cell }) =>
                cell.layer === layer && (fault === undefined || cell.fault.name === fault),
        );
    const rows = faults.map((fault) => [
        fault,
        ...layers.map((layer) => summary(cellsOf(layer, fault))),
    ]);
    return [
        "Injected faults; median and worst seconds from fault to release; GPU-seconds leaked.",
        "",
        ...columns([
            ["", ...layers],
            ...rows,
            ["all", ...layers.map((one) => summary(cellsOf(one)))],
        ]),
        "",
        ...layers.map(
            (layer) =>
                `${layer}: ${LAYERS[layer].what}; at worst ${latest(cellsOf(layer))} past the deadline`,
        ),
    ].join("\n");
}

/** The latest of what was released; what still runs is told elsewhere. */
function latest(all: readonly CellResult[]): string {
    const released = all.filter(({ stillRunning }) => stillRunning === 0);
    const worst = Math.max(0, ...released.map((one) => one.pastDeadlineGpuSeconds));
    return `${worst.toFixed(0)} GPU-seconds`;
}

function summary(all: readonly CellResult[]): string {
    const injected = all.filter(({ isInjected }) => isInjected);
    if (injected.length === 0) {
        return "-";
    }
    const seconds = injected
        .map(({ releasedAfterSeconds }) => releasedAfterSeconds)
        .filter((one) => one !== null);
    const leaked = injected.reduce((sum, { leakedGpuSeconds }) => sum + leakedGpuSeconds, 0);
    const running = injected.filter(({ stillRunning }) => stillRunning > 0).length;
    return [
        `${injected.length}:`,
        ...(seconds.length > 0
            ? [`${median(seconds).toFixed(0)}/${Math.max(...seconds).toFixed(0)} s,`]
            : []),
        ...(running > 0 ? [`${running} RUNNING,`] : []),
        ...(seconds.length + running === 0 ? ["nothing rented,"] : []),
        leaked.toFixed(0),
    ].join(" ");
}
