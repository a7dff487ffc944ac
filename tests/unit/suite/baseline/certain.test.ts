import { isRegressionCertain } from "../../../../suite/baseline/certain";
import { compareWithBaseline } from "../../../../suite/baseline/compare";
import { CaseResult } from "../../../../suite/results";
import { seededRandom } from "../../../../suite/random";
import { caseResult, suite } from "./results";

const before = suite(Array.from({ length: 60 }, (_, index) => caseResult(index, index % 10 !== 0)));
const run = (passes: (index: number) => boolean): CaseResult[] =>
    before.cases.map((_, index) => caseResult(index, passes(index)));
const certain = (now: CaseResult[], done: number, standIn = false): boolean =>
    isRegressionCertain(
        {
            done: now.slice(0, done),
            left: now.slice(done) as { id: string; digest: string }[],
            standIn,
        },
        before,
    );

it("is not certain before enough is lost, and then it is", () => {
    const now = run(() => false);
    const first = before.cases.findIndex((_, done) => certain(now, done));
    // Six cases may still be won: twenty or so have to be lost to outweigh them.
    expect(first).toBeGreaterThan(15);
    expect(first).toBeLessThan(35);
    expect(certain(now, 60)).toBe(true);
});

it("is never certain of a run that is as good", () => {
    const now = run((index) => index % 10 !== 0);
    expect(before.cases.some((_, done) => certain(now, done))).toBe(false);
});

it("does not compare a stand-in with a model", () => {
    expect(
        certain(
            run(() => false),
            60,
            true,
        ),
    ).toBe(false);
});

it("stays what it was, however the rest comes out", () => {
    const random = seededRandom(3);
    let stops = 0;
    for (let round = 0; round < 60; round++) {
        const share = 0.3 + 0.5 * random();
        const now = run(() => random() < share);
        const done = before.cases.findIndex((_, count) => count % 5 === 0 && certain(now, count));
        if (done < 0) {
            continue;
        }
        stops++;
        for (const rest of [0, 0.5, 1]) {
            const whole = run((index) =>
                index < done ? now[index]?.status === "passed" : random() < rest,
            );
            const { outcome } = compareWithBaseline(suite(whole), { name: "b", results: before });
            expect(outcome).toBe("regression");
        }
    }
    expect(stops).toBeGreaterThan(10);
});
