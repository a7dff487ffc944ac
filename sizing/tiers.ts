import { UserError } from "../common/userError";
import type { Market } from "./instances";
import type { RungEffect } from "./ladder";
import type { Precision } from "./precisions";

/** What a tier runs when nothing else is asked for. */
export interface Tier {
    readonly about: string;
    readonly model: string;
    readonly precision: Precision;
    /** The suite on the reference GPU, an L4; see `minutes.ts` for the others. */
    readonly suiteMinutes: number;
    /** Least deadline; a plan that is expected to take longer than two thirds of it gets more. */
    readonly deadlineMinutes: number;
    /** Most that a run may cost when it lasts until its deadline. */
    readonly budgetUsd: number;
    readonly maxModelLen: number;
    readonly maxNumSeqs: number;
    readonly maxImagePixels: number;
    /**
     * Where machines are taken from. A spot machine can be taken away in mid-run; a long run would
     * then cost more than it saved, and a person who waits would wait twice.
     */
    readonly markets: readonly Market[];
    /** The worst that a rung of the OOM ladder may change; a release gets no changed answers. */
    readonly ladder: RungEffect;
}

export const TIERS = {
    dev: {
        about: "the smallest model, a few cases, to see that everything works",
        model: "2B-Instruct",
        precision: "bf16",
        suiteMinutes: 4,
        deadlineMinutes: 30,
        budgetUsd: 2,
        maxModelLen: 8192,
        maxNumSeqs: 4,
        maxImagePixels: 1_048_576,
        markets: ["on-demand"],
        ladder: "answers",
    },
    commit: {
        about: "core cases on the 4-bit build, 5 to 10 minutes",
        model: "8B-Instruct",
        precision: "int4",
        suiteMinutes: 8,
        deadlineMinutes: 45,
        budgetUsd: 3,
        maxModelLen: 8192,
        maxNumSeqs: 8,
        maxImagePixels: 1_048_576,
        markets: ["spot", "on-demand"],
        ladder: "answers",
    },
    merge: {
        about: "the full suite in 16 bit, 1 to 2 hours",
        model: "8B-Instruct",
        precision: "fp16",
        suiteMinutes: 110,
        deadlineMinutes: 180,
        budgetUsd: 15,
        maxModelLen: 16_384,
        maxNumSeqs: 8,
        maxImagePixels: 4_194_304,
        markets: ["spot", "on-demand"],
        ladder: "limits",
    },
    release: {
        about: "several rounds, stress and boundary, in the precision that is published",
        model: "8B-Instruct",
        precision: "bf16",
        suiteMinutes: 300,
        deadlineMinutes: 480,
        budgetUsd: 50,
        maxModelLen: 32_768,
        maxNumSeqs: 4,
        maxImagePixels: 16_777_216,
        markets: ["on-demand"],
        ladder: "speed",
    },
} as const satisfies Record<string, Tier>;

export type TierName = keyof typeof TIERS;
export const TIER_NAMES = Object.keys(TIERS) as TierName[];

/** @throws UserError naming the four tiers. */
export function parseTier(text: string): TierName {
    if ((TIER_NAMES as string[]).includes(text)) return text as TierName;
    throw new UserError(
        `Unknown tier "${text}".`,
        TIER_NAMES.join(", "),
        "pass one of them, for example --tier commit",
    );
}
