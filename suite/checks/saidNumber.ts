import { Span } from "./negation";

/** A number and where a text says it. */
export interface SaidNumber extends Span {
    readonly value: number;
}

/** Words that multiply what stands before them. */
export const SCALES: Readonly<Record<string, number>> = {
    hundred: 100,
    thousand: 1e3,
    million: 1e6,
    billion: 1e9,
    十: 10,
    百: 100,
    千: 1e3,
    万: 1e4,
    亿: 1e8,
};
