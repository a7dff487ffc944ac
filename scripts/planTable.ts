import { columns } from "../common/columns";
import type { Assessment, Candidate, MemoryEstimate, OwnServerComparison, Plan } from "../sizing";

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
export function planRows(plan: Assessment): [string, string][] {
    const { memory, minutes, price, server } = plan;
    return [
        ["Tier", plan.tier],
        ["Model", plan.model.id],
        ["Precision", plan.precision],
        ["GPU", `${plan.gpu.count} x ${plan.gpu.name}, ${plan.gpu.memoryGiB} GiB each`],
        ["Fits", FITS[memory.fits]],
        ["Memory on each GPU", memoryText(memory)],
        [
            "Context",
            `${server.maxModelLen} tokens, ${server.maxNumSeqs} sequences at once ` +
                `(room for ${memory.maxModelLen} tokens, or ${memory.maxSequences} such sequences)`,
        ],
        [
            "Time",
            `about ${minutes.total} minutes (start ${minutes.startUp}, suite ${minutes.suite}; ` +
                `${minutes.source}), deadline ${plan.deadlineMinutes} minutes`,
        ],
        [
            "Price",
            price === null
                ? "nothing is rented"
                : `about ${usd(price.expectedUsd)}, at most ${usd(price.ceilingUsd)} until the ` +
                  `deadline (${usd(price.priceUsdPerHour)} an hour)`,
        ],
    ];
}

const FITS = {
    yes: "yes, also at the high end of the estimate",
    tight: "tight: not everything that is wanted at once",
    no: "no",
} as const;

function memoryText(memory: MemoryEstimate): string {
    const [low, high] = memory.reserveRangeGiB;
    return (
        `${round(memory.totalGiB)} GiB of ${round(memory.availableGiB)} GiB: ` +
        `load ${round(memory.loadGiB)}, KV cache ${round(memory.kvGiB)}, ` +
        `reserve ${round(memory.reserveGiB)} (${round(low)} to ${round(high)})`
    );
}

/** A plan as a short table for a terminal: what it is, then the machines in order, then why. */
export function planTable(plan: Assessment): string {
    const rows = planRows(plan);
    return [
        ...columns(rows),
        ...machines(plan.candidates),
        ...list("Why", plan.reasons),
        ...list("Note", plan.notes),
    ].join("\n");
}

function machines(candidates: readonly Candidate[]): string[] {
    if (candidates.length === 0) {
        return [];
    }
    const rows = candidates.map((candidate, index) => [
        String(index + 1),
        candidate.instanceType,
        candidate.market,
        candidate.zone ?? candidate.region ?? "any zone",
        `${candidate.gpuCount} x ${candidate.gpuName}`,
        `${candidate.gpuMemoryGiB} GiB`,
        `${usd(candidate.priceUsdPerHour)}/h`,
        `${candidate.minutes.total} min`,
        usd(candidate.expectedUsd),
    ]);
    return ["", "Machines, in the order in which they are tried:", ...columns(rows)];
}

/** What renting saves against a server of one's own, with everything that it is computed from. */
export function ownServerText(comparison: OwnServerComparison): string {
    const { savedPercent, savedUsdPerMonth, breakEvenUtilisation: even } = comparison;
    const rows: [string, string][] = [
        ["Own server", `${usd(comparison.ownUsdPerMonth)} a month, whether it works or not`],
        [
            "Busy",
            `${round(comparison.utilisation * 100)} % of 730 hours: ${comparison.runsPerMonth} runs ` +
                `of ${comparison.minutesPerRun} minutes`,
        ],
        [
            "Rented",
            `${usd(comparison.rentedUsdPerMonth)} a month at ${usd(comparison.usdPerRun)} a run`,
        ],
        [
            savedUsdPerMonth >= 0 ? "Saved by renting" : "Lost by renting",
            `${usd(Math.abs(savedUsdPerMonth))} a month (${Math.abs(savedPercent)} %)`,
        ],
        [
            "Break-even",
            even > 1
                ? "none: renting is cheaper at any utilisation"
                : `at ${round(even * 100)} % utilisation`,
        ],
    ];
    return columns(rows).join("\n");
}

/** More would bury the answer; `--json` has them all. */
const MOST_SENTENCES = 6;

function list(label: string, sentences: readonly string[]): string[] {
    if (sentences.length === 0) {
        return [];
    }
    const shown = sentences.slice(0, MOST_SENTENCES).map((text) => `${label}: ${text}`);
    const hidden = sentences.length - shown.length;
    return ["", ...shown, ...(hidden > 0 ? [`${label}: ${hidden} more with --json`] : [])];
}

function usd(amount: number): string {
    return `${amount.toFixed(2)} USD`;
}

function round(amount: number): string {
    return String(Math.round(amount * 10) / 10);
}
