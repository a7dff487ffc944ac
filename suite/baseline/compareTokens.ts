import { CaseResult } from "../results";
import { clusterBootstrap } from "../statistics/clusterBootstrap";
import { Interval } from "../statistics/interval";
import { AlignedTokens, alignTokens } from "./alignTokens";
import { Change, Estimate, TokenComparison } from "./comparison";
import { isAskedAlike } from "./standing";

/** What makes a change of tokens count; without them it is shown only. */
export interface TokenLimits {
    /** Least share of answers that are token for token the same, 0 to 1. */
    readonly minTokenAgreement?: number;
    /** Most mean absolute change of a token's log-probability, in nats. */
    readonly maxLogprobDrift?: number;
}

const MOST_DIFFERENCES = 5;
const LONGEST_TOKEN = 80;

interface Aligned extends AlignedTokens {
    readonly caseId: string;
    readonly cluster: string;
}

/**
 * How far the answers of two runs are the same, token for token, and how the model's certainty has moved
 * where they are. Pairs are answers to the same request at temperature 0; intervals draw whole clusters.
 *
 * A limit counts where the whole interval lies beyond it.
 *
 * @returns undefined where no answer of both has tokens.
 */
export function compareTokens(
    before: readonly CaseResult[],
    now: readonly CaseResult[],
    { minTokenAgreement, maxLogprobDrift }: TokenLimits = {},
): TokenComparison | undefined {
    const aligned = align(before, now);
    if (aligned.length === 0) {
        return undefined;
    }
    const meanOf = (value: (each: Aligned) => number): Estimate => {
        const rates = aligned.map((each) => ({
            cluster: each.cluster,
            before: 0,
            now: value(each),
        }));
        const { difference, interval } = clusterBootstrap(rates);
        return { mean: difference, interval };
    };
    const same = aligned.filter(({ first }) => first === undefined);
    const sameShare = meanOf(({ first }) => (first === undefined ? 1 : 0));
    const drift = meanOf((each) => each.drift);
    const isBelow = minTokenAgreement !== undefined && sameShare.interval.high < minTokenAgreement;
    const isBeyond = maxLogprobDrift !== undefined && drift.interval.low > maxLogprobDrift;
    const outcome: Change = isBelow || isBeyond ? "regression" : "no-evidence";
    return {
        answers: aligned.length,
        same: same.length,
        sameShare,
        commonPrefix: meanOf(({ agreement }) => agreement),
        logprobDifference: meanOf(({ difference }) => difference),
        logprobDrift: drift,
        firstDifferences: worst(aligned),
        ...(minTokenAgreement !== undefined && { minTokenAgreement }),
        ...(maxLogprobDrift !== undefined && { maxLogprobDrift }),
        outcome,
    };
}

/** Which limits are missed, and by how much; none of a comparison without a regression. */
export function sayTokens(tokens: TokenComparison | undefined): string[] {
    if (tokens?.outcome !== "regression") {
        return [];
    }
    const { same, answers, sameShare, minTokenAgreement, logprobDrift, maxLogprobDrift } = tokens;
    const range = ({ low, high }: Interval, digits: number): string =>
        `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
    const reasons = [
        minTokenAgreement !== undefined &&
            sameShare.interval.high < minTokenAgreement &&
            `${same} of ${answers} answers are the same token for token (share ${range(sameShare.interval, 2)}, at least ${minTokenAgreement} wanted)`,
        maxLogprobDrift !== undefined &&
            logprobDrift.interval.low > maxLogprobDrift &&
            `log-probabilities moved by ${logprobDrift.mean.toFixed(3)} a token (${range(logprobDrift.interval, 3)}, at most ${maxLogprobDrift} wanted)`,
    ];
    return reasons.filter((reason) => reason !== false);
}

function align(before: readonly CaseResult[], now: readonly CaseResult[]): Aligned[] {
    const earlier = new Map(before.map((each) => [each.id, each]));
    return now.flatMap((each) => {
        const other = earlier.get(each.id);
        const tokens = isAskedAlike(other, each) && alignTokens(other.turns, each.turns);
        return tokens ? { caseId: each.id, cluster: each.cluster ?? each.id, ...tokens } : [];
    });
}

function worst(aligned: readonly Aligned[]): TokenComparison["firstDifferences"] {
    return aligned
        .flatMap(({ caseId, agreement, first }) => (first ? { caseId, agreement, first } : []))
        .sort((one, other) => one.agreement - other.agreement)
        .slice(0, MOST_DIFFERENCES)
        .map(({ caseId, first: { before, now, ...place } }) => ({
            caseId,
            ...place,
            ...(before !== undefined && { before: before.slice(0, LONGEST_TOKEN) }),
            ...(now !== undefined && { now: now.slice(0, LONGEST_TOKEN) }),
        }));
}
