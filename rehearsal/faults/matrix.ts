import type { Cell } from "./cell";
import { FAULTS, type Fault } from "./fault";
import { MACHINE_FAULTS } from "./machineFault";
import { isChange, type Step } from "./step";

/** Calls around which a machine begins or ends to cost, or what ends it is armed. */
const DECIDING = ["CreateSchedule", "RunInstances", "TerminateInstances", "DeleteSchedule"];
const FAULTS_AT_CHANGES = 3;
const FAULTS_AT_READS = 1;

/**
 * Which cells of faults x steps x layers are run; always the same for the same steps.
 *
 * The driver meets every fault at the calls that decide over a machine, and at every other call some of
 * them in turn. The layers outside it have something to do only once a launch is on its way and until
 * the driver ends its first machine (before, a killed run leaves nothing that costs by the second):
 * each of them meets every fault at the launch, before and after, and at one more call in between.
 */
export function matrixCells(steps: readonly Step[], faults: readonly Fault[] = FAULTS): Cell[] {
    return [...driverCells(steps, faults), ...outsideCells(steps, faults)].map((cell, index) => ({
        id: `c${index}`,
        ...cell,
    }));
}

type Choice = Omit<Cell, "id">;

function driverCells(steps: readonly Step[], faults: readonly Fault[]): Choice[] {
    const layer = "driver" as const;
    const own = faults.filter(({ layers }) => layers.includes(layer));
    const inTurn = turns(own);
    const cells = steps.flatMap((step) => {
        const count = DECIDING.includes(step.action)
            ? faults.length
            : isChange(step)
              ? FAULTS_AT_CHANGES
              : FAULTS_AT_READS;
        return inTurn(step, count).map((fault) => ({ layer, fault, step }));
    });
    // One that fits few moments may never have had its turn there.
    const missed = own.filter((fault) => !cells.some((cell) => cell.fault === fault));
    return [
        ...cells,
        ...missed.flatMap((fault) =>
            steps.filter(fault.fits).map((step) => ({ layer, fault, step }) as const),
        ),
    ];
}

function outsideCells(steps: readonly Step[], faults: readonly Fault[]): Choice[] {
    const launch = placeOf(steps, "RunInstances");
    const end = placeOf(steps, "TerminateInstances");
    const launches = steps.filter(({ place }) => place === launch);
    const between = steps.filter(
        ({ place, when }) =>
            place > launch && (place < end || (place === end && when === "before")),
    );
    const outside = ["second job", "schedule", "sweeper"] as const;
    return outside.flatMap((layer, shift) =>
        faults
            .filter(({ layers }) => layers.includes(layer))
            .flatMap((fault, index) => {
                const fitting = between.filter(fault.fits);
                // Another step for each layer and fault.
                const one = fitting[(index + shift * 5) % Math.max(1, fitting.length)];
                return [...launches.filter(fault.fits), ...(one ? [one] : [])].map((step) => ({
                    ...{ layer, fault, step },
                }));
            }),
    );
}

/** Takes the next `count` faults that fit a step, and goes on from there at the next one. */
function turns(faults: readonly Fault[]) {
    let at = 0;
    return (step: Step, count: number): Fault[] => {
        const inOrder = [...faults.slice(at), ...faults.slice(0, at)];
        const taken = inOrder.filter(({ fits }) => fits(step)).slice(0, count);
        if (taken.length > 0) {
            at = (faults.indexOf(taken[taken.length - 1]) + 1) % faults.length;
        }
        return taken;
    };
}

/** A few cells: every fault once, its layers in turn, and every class of faults with each layer. */
export function subsetCells(steps: readonly Step[], faults: readonly Fault[] = FAULTS): Cell[] {
    // The moments after a launch first: before it a killed run has rented nothing.
    const launch = placeOf(steps, "RunInstances");
    const all = matrixCells(steps, faults);
    const inOrder = [
        ...all.filter(({ step }) => step.place > launch),
        ...all.filter(({ step }) => step.place === launch),
    ];
    const chosen = faults.flatMap((fault, index) => {
        const layer = fault.layers[index % fault.layers.length];
        return inOrder.find((cell) => cell.fault === fault && cell.layer === layer) ?? [];
    });
    const missing = new Map(inOrder.map((cell) => [classAndLayer(cell), cell]));
    chosen.forEach((cell) => missing.delete(classAndLayer(cell)));
    return [...chosen, ...missing.values()];
}

function classAndLayer({ fault, layer }: Cell): string {
    return `${fault.kind}: ${layer}`;
}

/** Every fault of a machine with each of its layers. */
export function machineCells(steps: readonly Step[]): Cell[] {
    return MACHINE_FAULTS.flatMap((fault) =>
        fault.layers.map((layer) => ({ layer, fault, step: steps.find(fault.fits)! })),
    ).map((choice, index) => ({ id: `m${index}`, ...choice }));
}

/** One for each side that can end a machine without a driver: itself, and AWS. */
export function machineSubset(steps: readonly Step[]): Cell[] {
    const wanted = ["nothing but a dead driver: watchdog", "machine frozen: schedule"];
    return machineCells(steps).filter(({ fault, layer }) =>
        wanted.includes(`${fault.name}: ${layer}`),
    );
}

/** The same faults at the same calls for the plain program, whose only layer is its `finally`. */
export function plainCells(steps: readonly Step[], faults: readonly Fault[] = FAULTS): Cell[] {
    const launch = placeOf(steps, "RunInstances");
    const end = placeOf(steps, "TerminateInstances");
    const between = steps.filter(({ place }) => place > launch && place <= end);
    return faults
        .flatMap((fault, index) => {
            const fitting = between.filter(fault.fits);
            const one = fitting[index % Math.max(1, fitting.length)];
            const launches = steps.filter((step) => step.place === launch && fault.fits(step));
            return [...launches, ...(one ? [one] : [])].map((step) => ({ fault, step }));
        })
        .map((choice, index) => ({ id: `p${index}`, layer: "driver" as const, ...choice }));
}

function placeOf(steps: readonly Step[], action: string): number {
    const found = steps.find((step) => step.action === action);
    if (found === undefined) {
        throw new Error(`the clean run made no call ${action}`);
    }
    return found.place;
}
