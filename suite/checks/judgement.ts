/** A check's outcome, without its kind. */
export interface Judgement {
    readonly passed: boolean;
    /** What was wanted and what was there. */
    readonly message: string;
}
