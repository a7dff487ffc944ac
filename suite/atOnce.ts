import { TestCase } from "./caseSchema";

/** How many requests a case has under way at once, at the most. */
export function mostAtOnce({ measure }: Pick<TestCase, "measure">): number {
    switch (measure?.kind) {
        case "throughput":
            return measure.concurrency;
        case "load":
            return Math.max(...measure.concurrency);
        default:
            return 1;
    }
}
