import { combination } from "jstat";

/**
 * pass^k: the probability that k tries all pass, estimated without bias from `passed` of `total` tries.
 * Unlike pass@k it falls with k: a user who asks k times wants every answer right.
 *
 * C(passed, k) / C(total, k). Source: Yao et al. 2024, "τ-bench",
 * https://arxiv.org/abs/2406.12045.
 *
 * @throws RangeError unless 1 ≤ k ≤ total.
 * @example passPower(4, 5, 2) // 0.6
 */
export function passPower(passed: number, total: number, k: number): number {
    if (!(k >= 1 && k <= total)) {
        throw new RangeError(`pass^${k} needs at least ${k} tries, there are ${total}`);
    }
    return passed < k ? 0 : combination(passed, k) / combination(total, k);
}
