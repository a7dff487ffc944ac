import { readTokens, Token } from "../answerTokens";
import { CaseResult } from "../results";

/** Where two answers part. */
export interface FirstDifference {
    readonly turn: number;
    /** Tokens of that turn before it. */
    readonly position: number;
    /** What stood there; absent where the answer had ended. */
    readonly before?: string;
    readonly now?: string;
}

/** Two answers to the same question, token by token. */
export interface AlignedTokens {
    /** Tokens of the common prefix over those of the longer answer: 1 where they are the same. */
    readonly agreement: number;
    /** Mean of (now - before) of the log-probabilities in the common prefix, per token. */
    readonly difference: number;
    /** The same of its absolute value: what goes up and what goes down do not cancel out. */
    readonly drift: number;
    readonly first?: FirstDifference;
}

/**
 * Compares two answers up to their first differing token. What stands behind it follows from another
 * beginning and says nothing. The turns of a dialogue are one after another; a turn's end is a token of its own.
 *
 * @returns undefined where one of the two has no tokens in a turn.
 */
export function alignTokens(
    before: readonly CaseResult["turns"][number][],
    now: readonly CaseResult["turns"][number][],
): AlignedTokens | undefined {
    const [a, b] = [before, now].map(tokensOfTurns);
    if (a === undefined || b === undefined) {
        return undefined;
    }
    const isSame = (index: number): boolean => a[index]?.text === b[index]?.text;
    let common = 0;
    while (common < Math.min(a.length, b.length) && isSame(common)) {
        common++;
    }
    const changes = a
        .slice(0, common)
        .flatMap(({ logprob }, index) =>
            logprob === undefined ? [] : (b[index]?.logprob as number) - logprob,
        );
    const meanOf = (values: readonly number[]): number =>
        values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
    const differs = common < Math.max(a.length, b.length);
    return {
        agreement: common / Math.max(a.length, b.length),
        difference: meanOf(changes),
        drift: meanOf(changes.map(Math.abs)),
        ...(differs && { first: firstDifference(a[common], b[common]) }),
    };
}

type Placed = Partial<Token> & { readonly turn: number; readonly position: number };

function tokensOfTurns(turns: readonly CaseResult["turns"][number][]): Placed[] | undefined {
    const placed = turns.map(({ tokens }, index) => {
        const list: Partial<Token>[] = tokens ? readTokens(tokens) : [];
        const isWhole = tokens?.count === undefined;
        return (isWhole ? [...list, {}] : list).map((token, position): Placed => ({
            ...token,
            turn: index + 1,
            position,
        }));
    });
    return turns.length === 0 || turns.some(({ tokens }) => tokens === undefined)
        ? undefined
        : placed.flat();
}

function firstDifference(before: Placed | undefined, now: Placed | undefined): FirstDifference {
    const { turn, position } = (now ?? before) as Placed;
    return {
        turn,
        position,
        ...(before?.text !== undefined && { before: before.text }),
        ...(now?.text !== undefined && { now: now.text }),
    };
}
