import { UserError } from "../common/userError";

/** The dimensions whose cases are asked side by side; the others are asked one at a time. */
export const SIDE_BY_SIDE = ["single-modality", "multimodal"] as const;

/** How many cases of a dimension are under way at once. */
export type Concurrency = Readonly<Record<(typeof SIDE_BY_SIDE)[number], number>>;

/** Fewer with pictures: each is drawn and packed here first, and read by an encoder there. */
export const DEFAULT_CONCURRENCY: Concurrency = { "single-modality": 16, multimodal: 8 };

/** A server of the usual settings queues what is above its max_num_seqs of 256. */
const MOST = 256;

/**
 * Reads what `--concurrency` says; a dimension that is not named keeps its default.
 *
 * @throws UserError for another name or number.
 * @example parseConcurrency("multimodal=4") // { "single-modality": 16, multimodal: 4 }
 */
export function parseConcurrency(text: string): Concurrency {
    const concurrency = { ...DEFAULT_CONCURRENCY };
    for (const part of text.split(",")) {
        const [name = "", number = ""] = part.split("=").map((each) => each.trim());
        const dimension = SIDE_BY_SIDE.find((each) => each === name);
        const value = Number(number);
        if (!dimension || number === "" || !Number.isInteger(value) || value < 1 || value > MOST) {
            throw new UserError(
                `--concurrency "${text}": "${part}" is no dimension with a number`,
                `${SIDE_BY_SIDE.join(" and ")}, each from 1 to ${MOST}; ` +
                    "boundary and performance are asked one at a time",
                `such as --concurrency ${formatConcurrency(DEFAULT_CONCURRENCY)}`,
            );
        }
        concurrency[dimension] = value;
    }
    return concurrency;
}

/** @example formatConcurrency(DEFAULT_CONCURRENCY) // "single-modality=16,multimodal=8" */
export function formatConcurrency(concurrency: Concurrency): string {
    return SIDE_BY_SIDE.map((name) => `${name}=${concurrency[name]}`).join(",");
}
