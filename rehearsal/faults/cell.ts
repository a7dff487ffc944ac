import type { Fault } from "./fault";
import type { LayerName } from "./layer";
import type { Step } from "./step";

/** One fault at one moment of one run, with one layer alone to release the machine. */
export interface Cell {
    /** Short and unique; part of the run's id. */
    readonly id: string;
    readonly layer: LayerName;
    readonly fault: Fault;
    readonly step: Step;
}

/** What was seen while a cell ran; the meter says the rest. */
export interface Observation {
    readonly cell: Cell;
    readonly runId: string;
    /** When the fault was injected, by the emulated clock; undefined: the moment never came. */
    readonly faultAt: string | undefined;
    /** Of the driver, or of the second job; null: killed. */
    readonly exitCode: number | null;
    /** What went wrong with the cell itself, not with the run. */
    readonly problem?: string;
    /** Things of the run, other than machines, that are left; null where nobody was to remove them. */
    readonly leftovers: readonly string[] | null;
    /** What it printed last. */
    readonly output: string;
    readonly seconds: number;
}
