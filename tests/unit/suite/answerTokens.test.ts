import { keepTokens, MOST_TOKENS, readTokens, tokensOf } from "../../../suite/answerTokens";

it("keeps tokens and gives them back, rounded", () => {
    const tokens = [
        { text: "It", logprob: -0.01234 },
        { text: " is", logprob: 0 },
        { text: "\n", logprob: -12.5 },
        { text: "", logprob: -1 },
    ];
    expect(keepTokens(tokens)).toEqual({ texts: "It␟ is␟\n␟", logprobs: "-0.012 0 -12.5 -1" });
    expect(readTokens(keepTokens(tokens))).toEqual([
        { text: "It", logprob: -0.012 },
        ...tokens.slice(1),
    ]);
    expect(readTokens(keepTokens([]))).toEqual([]);
});

it("lets no answer write the separator", () => {
    const kept = keepTokens([
        { text: "a␟b", logprob: -1 },
        { text: "c", logprob: -2 },
    ]);
    expect(readTokens(kept).map(({ text }) => text)).toEqual(["a\ufffdb", "c"]);
});

it("keeps the beginning of a long answer, and says how long it was", () => {
    const long = Array.from({ length: 1000 }, () => ({ text: " word", logprob: -0.1 }));
    const kept = keepTokens(long);
    expect(kept.count).toBe(1000);
    expect(readTokens(kept)).toHaveLength(MOST_TOKENS);
    expect(JSON.stringify(kept).length).toBeLessThan(16 * MOST_TOKENS);
});

it("reads a server's log-probabilities, and nothing else", () => {
    expect(tokensOf({ content: [{ token: "Red", logprob: -0.5, bytes: [82] }] })).toEqual([
        { text: "Red", logprob: -0.5 },
    ]);
    for (const broken of [
        null,
        undefined,
        {},
        { content: null },
        { content: [] },
        { content: [null] },
        { content: [{ token: "Red" }] },
        { content: [{ token: "Red", logprob: null }] },
        { content: [{ token: 1, logprob: -1 }] },
    ]) {
        expect(tokensOf(broken)).toBeUndefined();
    }
});
