import { columns } from "../../common/columns";
import type { CellResult } from "./judge";

/** What a fault did to machines, over all its cells. */
interface Toll {
    readonly injected: number;
    readonly leakingRuns: number;
    readonly leakedGpuSeconds: number;
}

function toll(results: readonly CellResult[], fault?: string): Toll {
    const cells = results.filter(
        ({ cell, isInjected }) => isInjected && (fault === undefined || cell.fault.name === fault),
    );
    return {
        injected: cells.length,
        leakingRuns: cells.filter(({ leakedGpuSeconds }) => leakedGpuSeconds > 0).length,
        leakedGpuSeconds: cells.reduce((sum, { leakedGpuSeconds }) => sum + leakedGpuSeconds, 0),
    };
}

/**
 * The same faults on ours and on the plain program. The seconds of a run that leaks are those until the
 * meter was read: nothing would have ended its machine later.
 */
export function comparisonTable(ours: readonly CellResult[], plain: readonly CellResult[]): string {
    const faults = [...new Set(plain.map(({ cell }) => cell.fault.name))];
    const row = (name: string, fault?: string) => [
        name,
        ...[ours, plain].flatMap((results) => {
            const { injected, leakingRuns, leakedGpuSeconds } = toll(results, fault);
            return [String(injected), String(leakingRuns), leakedGpuSeconds.toFixed(0)];
        }),
    ];
    return columns(
        [
            ["", "ours", "leak", "GPU-s", "plain", "leak", "GPU-s"],
            ...faults.map((fault) => row(fault, fault)),
            row("all"),
        ],
        1,
    ).join("\n");
}
