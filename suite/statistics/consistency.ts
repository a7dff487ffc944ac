/**
 * How alike several answers to one question are, whether right or wrong: the probability that two of them,
 * drawn without replacement, are the same.
 *
 * Σ nᵢ (nᵢ - 1) / (n (n - 1)), nᵢ answers of each wording. Source: the agreement on one item, Pᵢ, in Fleiss
 * 1971, https://doi.org/10.1037/h0031619.
 *
 * @param answers made comparable by the caller.
 * @returns undefined for fewer than two answers.
 * @example consistency(["red", "red", "blue"]) // 1/3
 */
export function consistency(answers: readonly string[]): number | undefined {
    if (answers.length < 2) {
        return undefined;
    }
    const counts = new Map<string, number>();
    for (const answer of answers) {
        counts.set(answer, (counts.get(answer) ?? 0) + 1);
    }
    const alike = [...counts.values()].reduce((sum, count) => sum + count * (count - 1), 0);
    return alike / (answers.length * (answers.length - 1));
}
