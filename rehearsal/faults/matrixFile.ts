import type { FaultClass } from "./fault";
import type { CellResult } from "./judge";
import type { LayerName } from "./layer";
import { stepText } from "./step";

/** A cell as `npm run faults -- --json FILE` writes it. */
export interface CellRecord extends Omit<CellResult, "cell" | "output"> {
    readonly layer: LayerName;
    readonly fault: string;
    readonly class: FaultClass;
    readonly step: string;
    /** What it printed last, where the cell is broken. */
    readonly output?: string;
}

/** Everything that was measured, for programs. */
export interface MatrixFile {
    readonly schemaVersion: 1;
    readonly minutes: number;
    readonly injected: number;
    readonly leakedGpuSeconds: number;
    readonly foreignEnded: readonly string[];
    readonly cells: readonly CellRecord[];
    /** The same faults on the plain program. */
    readonly plain: readonly CellRecord[];
}

export function matrixFile(measured: {
    readonly cells: readonly CellResult[];
    readonly plain: readonly CellResult[];
    readonly foreignEnded: readonly string[];
    readonly minutes: number;
}): MatrixFile {
    const { cells, plain, foreignEnded, minutes } = measured;
    return {
        schemaVersion: 1,
        minutes: Number(minutes.toFixed(1)),
        injected: cells.filter(({ isInjected }) => isInjected).length,
        leakedGpuSeconds: cells.reduce((sum, one) => sum + one.leakedGpuSeconds, 0),
        foreignEnded,
        cells: cells.map(record),
        plain: plain.map(record),
    };
}

function record({ cell, output, ...rest }: CellResult): CellRecord {
    return {
        ...{ layer: cell.layer, fault: cell.fault.name, class: cell.fault.kind },
        step: stepText(cell.step),
        ...rest,
        ...(rest.holds ? {} : { output }),
    };
}
