/** Where a value lies with some confidence. */
export interface Interval {
    readonly low: number;
    readonly high: number;
}

/** The confidence of every interval, unless another is asked for. */
export const CONFIDENCE = 0.95;
