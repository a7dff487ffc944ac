/** The share of answers that the model of every run gets wrong, always the same ones: no model is perfect. */
export const MODEL_ERRORS = 0.05;
/** The share of answers that come out otherwise in another run, as batching makes them. */
export const JITTER = 0.002;
export const NOISES = [0.01, 0.02, 0.03, 0.05, 0.1, 0.2] as const;

/** What is run again and again: a fault, or nothing that is wrong. */
export interface Row {
    readonly id: string;
    /** In words, for the table. */
    readonly what: string;
    /** The fault of a run by its number; none in a clean row. */
    readonly fault?: (run: number) => string;
    /** Which cases it can show in; speed needs the true pace, the rest none. */
    readonly cases: "quality" | "speed";
    /** Whether the table's targets are for it. */
    readonly isHeld: boolean;
    /** Judged by its checks alone, of a model that knows every answer: it would fail every run otherwise. */
    readonly isWithoutBaseline?: boolean;
}

const fault = (id: string, what: string): Row => ({
    ...{ id, what, fault: () => id },
    ...{ cases: "quality", isHeld: true },
});

/** A smaller noise is measured to know where sight ends. */
const SMALLEST_HELD_NOISE = 0.05;

/** Every row of the table, in its order. */
export const ROWS: readonly Row[] = [
    fault("swap-channels", "red and blue swapped"),
    fault("drop-image", "pictures dropped"),
    fault("reorder-images", "pictures of a message in another order"),
    fault("truncate-answers:4", "answers cut after 4 tokens"),
    fault("wrong-template", "wrong chat template"),
    ...NOISES.map((share): Row => ({
        id: `noise:${share}`,
        what: `noise: ${Math.round(share * 100)} % of the answers spoilt`,
        fault: (run) => `noise:${share}:fault-${run}`,
        cases: "quality",
        isHeld: share >= SMALLEST_HELD_NOISE,
    })),
    {
        ...{ id: "slow:1.2", what: "every token 20 % slower", fault: () => "slow:1.2" },
        ...{ cases: "speed", isHeld: true },
    },
    { id: "clean", what: "nothing", cases: "quality", isHeld: true },
    { id: "clean-speed", what: "nothing, at its true pace", cases: "speed", isHeld: true },
    {
        ...{ id: "clean-alone", what: "nothing, without a baseline", cases: "quality" },
        ...{ isHeld: false, isWithoutBaseline: true },
    },
];

const BASELINE: Pick<Row, "id" | "fault" | "isWithoutBaseline"> = { id: "baseline" };

/** @example isClean(row) // true: what is found in it is a false alarm */
export function isClean(row: Row): boolean {
    return row.fault === undefined;
}

/**
 * The list of faults for the stand-in: the model's own errors, the jitter of this one run, and the row's.
 * All of it follows from the row and the number, so that a run can be repeated.
 */
export function faultsOf(row: Row | "baseline", run: number): string[] {
    const { id, fault: own, isWithoutBaseline } = row === "baseline" ? BASELINE : row;
    return [
        ...(isWithoutBaseline ? [] : [`noise:${MODEL_ERRORS}:model-${run}`]),
        `jitter:${JITTER}:${id.replaceAll(":", "-")}-${run}`,
        ...(own ? [own(run)] : []),
    ];
}
