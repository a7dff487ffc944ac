/**
 * P-values corrected for how many there are (Holm's step-down): calling those at most α significant is
 * wrong in at most a share α of all families without a difference, however the tests depend on each other.
 *
 * The k-th smallest of m becomes max over j ≤ k of min(1, (m - j + 1) · p_j).
 * Source: Holm 1979, https://www.jstor.org/stable/4615733.
 *
 * @returns in the order given.
 * @example holm([0.01, 0.04, 0.03, 0.005]) // [0.03, 0.06, 0.06, 0.02]
 */
export function holm(pValues: readonly number[]): number[] {
    const order = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]!);
    const corrected = new Array<number>(pValues.length);
    let highest = 0;
    order.forEach((index, rank) => {
        highest = Math.max(highest, Math.min(1, (pValues.length - rank) * pValues[index]!));
        corrected[index] = highest;
    });
    return corrected;
}
