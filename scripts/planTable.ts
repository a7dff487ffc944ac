import type { Plan } from "../sizing";

/** A plan in one line. */
export function planSummary(plan: Plan): string {
    const [first] = plan.candidates;
    return (
        `${plan.model.id} ${plan.precision} on ${first.instanceType} ` +
        `(${first.gpuCount} x ${first.gpuName}, ${first.gpuMemoryGiB} GiB), ${first.market}, ` +
        `about ${plan.minutes.total} min and ${usd(plan.price.expectedUsd)}, ` +
        `deadline ${plan.deadlineMinutes} min`
    );
}

/** A plan as names and values, for the report and the terminal. */
export function planRows(plan: Plan): [string, string][] {
    const { memory, minutes, price, server } = plan;
    return [
        ["Tier", plan.tier],
        ["Model", plan.model.id],
        ["Precision", plan.precision],
        ["GPU", `${plan.gpu.count} x ${plan.gpu.name}, ${plan.gpu.memoryGiB} GiB each`],
        [
            "Memory on each GPU",
            `${round(memory.totalGiB)} GiB of ${round(memory.availableGiB)} GiB: ` +
                `load ${round(memory.loadGiB)}, KV cache ${round(memory.kvGiB)}, ` +
                `reserve ${round(memory.reserveGiB)}`,
        ],
        ["Context", `${server.maxModelLen} tokens, ${server.maxNumSeqs} sequences at once`],
        [
            "Time",
            `about ${minutes.total} minutes (start ${minutes.startUp}, suite ${minutes.suite}), ` +
                `deadline ${plan.deadlineMinutes} minutes`,
        ],
        [
            "Price",
            `about ${usd(price.expectedUsd)}, at most ${usd(price.ceilingUsd)} until the ` +
                `deadline (${usd(price.priceUsdPerHour)} an hour)`,
        ],
    ];
}

/** A plan as a short table for a terminal: what it is, then the machines in order. */
export function planTable(plan: Plan): string {
    const rows = planRows(plan);
    const machines = plan.candidates.map((candidate, index) => [
        String(index + 1),
        candidate.instanceType,
        candidate.market,
        `${candidate.gpuCount} x ${candidate.gpuName}`,
        `${candidate.gpuMemoryGiB} GiB`,
        `${usd(candidate.priceUsdPerHour)}/h`,
        usd(candidate.expectedUsd),
    ]);
    return [
        ...columns(rows.map(([name, value]) => [name, value])),
        "",
        "Machines, in the order in which they are tried:",
        ...columns(machines),
        ...(plan.notes.length > 0 ? ["", ...plan.notes.map((note) => `Note: ${note}`)] : []),
    ].join("\n");
}

function columns(rows: readonly (readonly string[])[]): string[] {
    const widths = (rows[0] ?? []).map((_, column) =>
        Math.max(...rows.map((row) => row[column].length)),
    );
    return rows.map((row) =>
        row
            .map((cell, column) => cell.padEnd(widths[column]))
            .join("  ")
            .trimEnd(),
    );
}

function usd(amount: number): string {
    return `${amount.toFixed(2)} USD`;
}

function round(amount: number): string {
    return String(Math.round(amount * 10) / 10);
}
