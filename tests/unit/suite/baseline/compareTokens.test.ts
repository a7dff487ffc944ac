import { keepTokens, Token } from "../../../../suite/answerTokens";
import { alignTokens } from "../../../../suite/baseline/alignTokens";
import { compareWithBaseline } from "../../../../suite/baseline/compare";
import { comparisonLine } from "../../../../suite/baseline/comparison";
import { comparisonSection } from "../../../../suite/baseline/comparisonSection";
import { compareTokens } from "../../../../suite/baseline/compareTokens";
import { CaseResult } from "../../../../suite/results";
import { caseResult, suite } from "./results";

/** @example tokens("It is red", -0.1) // three tokens, each of log-probability -0.1 */
function tokens(text: string, logprob = -0.1): Token[] {
    return text.split(/(?= )/).map((each) => ({ text: each, logprob }));
}
const turn = (text: string, logprob?: number) => ({
    prompt: "?",
    answer: text,
    images: [],
    tokens: keepTokens(tokens(text, logprob)),
});
const answering = (index: number, text: string, logprob?: number): CaseResult =>
    caseResult(index, true, { turns: [turn(text, logprob)] });

describe("two answers", () => {
    it("that are the same agree, and differ in their certainty only", () => {
        const aligned = alignTokens([turn("It is red", -0.1)], [turn("It is red", -0.3)]);
        expect(aligned?.agreement).toBe(1);
        expect(aligned?.difference).toBeCloseTo(-0.2, 10);
        expect(aligned?.drift).toBeCloseTo(0.2, 10);
        expect(aligned).not.toHaveProperty("first");
    });

    it("part at the first other token", () => {
        // Three tokens and the end; two are common.
        expect(alignTokens([turn("It is red")], [turn("It is blue")])).toMatchObject({
            agreement: 0.5,
            first: { turn: 1, position: 2, before: " red", now: " blue" },
        });
    });

    it("part where one of them ends", () => {
        const aligned = alignTokens([turn("It is")], [turn("It is red")]);
        expect(aligned?.agreement).toBe(0.5);
        expect(aligned?.first).toEqual({ turn: 1, position: 2, now: " red" });
        expect(alignTokens([turn("It is red")], [turn("It is")])?.first).toEqual({
            turn: 1,
            position: 2,
            before: " red",
        });
    });

    it("are compared turn after turn", () => {
        const before = [turn("Yes"), turn("It is red")];
        expect(alignTokens(before, [turn("Yes"), turn("It was red")])?.first).toMatchObject({
            turn: 2,
            position: 1,
        });
        expect(alignTokens(before, [turn("Yes so"), turn("It is red")])?.first).toMatchObject({
            turn: 1,
            position: 1,
        });
    });

    it("cannot be compared where one has no tokens", () => {
        const bare = { prompt: "?", answer: "Red", images: [] };
        expect(alignTokens([bare], [turn("Red")])).toBeUndefined();
        expect(alignTokens([turn("Red")], [turn("Red"), bare])).toBeUndefined();
        expect(alignTokens([], [])).toBeUndefined();
    });
});

const run = (word: (index: number) => string, logprob = -0.1) =>
    Array.from({ length: 40 }, (_, index) => answering(index, `It is ${word(index)}`, logprob));
const red = run(() => "red");

describe("two runs", () => {
    it("that are the same agree in everything", () => {
        expect(compareTokens(red, red)).toMatchObject({
            answers: 40,
            same: 40,
            sameShare: { mean: 1, interval: { low: 1, high: 1 } },
            commonPrefix: { mean: 1 },
            logprobDifference: { mean: 0 },
            logprobDrift: { mean: 0 },
            firstDifferences: [],
            outcome: "no-evidence",
        });
    });

    it("are told apart with an interval, and the worst are shown", () => {
        const now = run((index) => (index < 8 ? "blue" : "red"), -0.15);
        now[9] = answering(9, "Red", -0.15);
        const compared = compareTokens(red, now);
        expect(compared).toMatchObject({ answers: 40, same: 31, outcome: "no-evidence" });
        expect(compared?.sameShare.mean).toBeCloseTo(31 / 40, 10);
        expect(compared?.sameShare.interval.low).toBeGreaterThan(0.6);
        expect(compared?.sameShare.interval.high).toBeLessThan(0.92);
        // Eight with half of their tokens in common, one with none.
        expect(compared?.commonPrefix.mean).toBeCloseTo((31 + 4) / 40, 10);
        expect(compared?.logprobDrift.mean).toBeCloseTo((0.05 * 39) / 40, 10);
        expect(compared?.logprobDifference.mean).toBeCloseTo((-0.05 * 39) / 40, 10);
        expect(compared?.firstDifferences).toHaveLength(5);
        expect(compared?.firstDifferences[0]).toEqual({
            caseId: "case-9",
            turn: 1,
            position: 0,
            before: "It",
            now: "Red",
        });
    });

    it("are not compared by cases that were asked in another way, or gave no tokens", () => {
        const other = [
            { ...(red[0] as CaseResult), digest: "other" },
            caseResult(1, true),
            red[2] as CaseResult,
        ];
        expect(compareTokens(red, other)?.answers).toBe(1);
        expect(compareTokens(red, [caseResult(1, true)])).toBeUndefined();
    });

    test.each([
        [
            { minTokenAgreement: 0.95 },
            "regression",
            /^32 of 40 answers are the same token for token \(share 0\.\d\d to/,
        ],
        [{ minTokenAgreement: 0.75 }, "no-evidence", /0 lost/],
        [{ maxLogprobDrift: 0.02 }, "regression", /moved by 0\.050 a token \(0\.050 to 0\.050/],
        [{ maxLogprobDrift: 0.06 }, "no-evidence", /0 lost/],
        [{}, "no-evidence", /0 lost/],
    ] as const)("count with a limit: %j", (limits, outcome, why) => {
        const now = suite(run((index) => (index < 8 ? "blue" : "red"), -0.15));
        const comparison = compareWithBaseline(now, { name: "b", results: suite(red) }, limits);
        expect(comparison.outcome).toBe(outcome);
        expect(comparison.why).toMatch(why);
    });

    it("say so where a limit cannot be held", () => {
        const bare = suite([caseResult(1, true)]);
        const comparison = compareWithBaseline(
            bare,
            { name: "b", results: bare },
            { maxLogprobDrift: 1 },
        );
        expect(comparison.outcome).toBe("no-evidence");
        expect(comparisonLine(comparison)).toMatch(
            /tokens not compared: no answer has log-probabilities in both runs$/,
        );
    });

    it("are shown in the report", () => {
        const now = suite(run((index) => (index < 1 ? "blue" : "red")));
        const { rows } = comparisonSection(
            compareWithBaseline(now, { name: "b", results: suite(red) }),
        );
        expect(rows).toEqual(
            expect.arrayContaining([
                [
                    "Token for token the same",
                    expect.stringMatching(/39 of 40 answers, share 0\.97 /),
                ],
                ["First other tokens", 'case-0, turn 1, token 3: " blue", was " red"'],
            ]),
        );
    });
});

it("of 5,000 cases takes a moment", () => {
    const long = "word ".repeat(60).trim();
    const many = Array.from({ length: 5000 }, (_, index) => answering(index, long));
    const started = performance.now();
    expect(compareTokens(many, many)?.same).toBe(5000);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(JSON.stringify(many, null, 2).length).toBeLessThan(12e6);
});
