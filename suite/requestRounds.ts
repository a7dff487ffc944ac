import { TestCase } from "./caseSchema";

/** How many requests of a turn follow one another, where those at the same time count as one. */
export function requestRounds({ measure }: Pick<TestCase, "measure">): number {
    if (measure === undefined) {
        return 1;
    }
    const { requests } = measure;
    const warmUp = "warmUp" in measure ? measure.warmUp : 0;
    const levels = "concurrency" in measure ? [measure.concurrency].flat() : [1];
    return levels.reduce((sum, level) => sum + Math.ceil(requests / level), warmUp);
}
