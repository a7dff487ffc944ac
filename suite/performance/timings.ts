import { Answered } from "../client";
import { distributionOf, quantiles, rounded } from "./distribution";
import { LatencyNumbers } from "./numbers";

/** As many as a plot's width can show. */
const PLOTTED_QUANTILES = 101;

type Timings = Pick<
    LatencyNumbers,
    "samples" | "distributions" | "interTokenQuantiles" | "tokensPerPiece"
>;

/**
 * The time for each output token after the first, in seconds: (last - first) / (tokens - 1).
 * Tokens are the server's count (usage), so that a server that streams several in one piece is not
 * taken for a slow one; without a count each piece is one token.
 *
 * The same as vLLM's TPOT and as guidellm's inter-token latency of a request. Sources:
 * https://github.com/vllm-project/vllm/blob/main/vllm/benchmarks/serve.py (calculate_metrics),
 * https://github.com/vllm-project/guidellm (inter_token_latency_ms).
 *
 * @returns undefined for an answer of one token.
 */
export function timePerOutputToken(answer: Answered): number | undefined {
    const { pieceSeconds: moments = [], completionTokens } = answer;
    const tokens = completionTokens ?? moments.length;
    const decoding = (moments.at(-1) ?? 0) - (moments[0] ?? 0);
    return tokens > 1 && moments.length > 1 ? decoding / (tokens - 1) : undefined;
}

/** Seconds from each piece of an answer to the next. */
export function interTokenTimes({ pieceSeconds: moments = [] }: Answered): number[] {
    return moments.slice(1).map((moment, index) => moment - (moments[index] as number));
}

/** Samples and distributions of answers, each sample in the order of its request. */
export function timingsOf(answers: readonly Answered[]): Timings {
    const firsts = answers.flatMap(({ timeToFirstTokenSeconds: first }) => first ?? []);
    const perToken = answers.flatMap((answer) => timePerOutputToken(answer) ?? []);
    const gaps = answers.flatMap(interTokenTimes);
    const tokens = answers.flatMap(({ completionTokens }) => completionTokens ?? []);
    const ends = answers.map(({ seconds }) => seconds);
    const pieces = answers.reduce((sum, { pieceSeconds = [] }) => sum + pieceSeconds.length, 0);
    const produced = tokens.reduce((sum, each) => sum + each, 0);
    return {
        samples: {
            ...(firsts.length > 0 && { timeToFirstTokenSeconds: firsts.map(rounded) }),
            ...(perToken.length > 0 && { timePerOutputTokenSeconds: perToken.map(rounded) }),
            endToEndSeconds: ends.map(rounded),
            ...(tokens.length === answers.length && { completionTokens: tokens }),
        },
        distributions: {
            timeToFirstTokenSeconds: distributionOf(firsts),
            interTokenSeconds: distributionOf(gaps, false),
            timePerOutputTokenSeconds: distributionOf(perToken),
            endToEndSeconds: distributionOf(ends),
        },
        ...(gaps.length > 0 && { interTokenQuantiles: quantiles(gaps, PLOTTED_QUANTILES) }),
        ...(pieces > 0 &&
            tokens.length === answers.length && { tokensPerPiece: produced / pieces }),
    };
}
