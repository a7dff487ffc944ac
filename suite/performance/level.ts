import { Answered, Reply } from "../client";
import { Interval } from "../statistics/interval";
import { logRate, rateFactors } from "../statistics/rate";
import { spreadOf } from "./distribution";
import { goodputOf } from "./goodput";
import { LevelNumbers, Objective } from "./numbers";
import { timingsOf } from "./timings";

/** What requests that ran side by side for `seconds` came to. */
export function levelNumbers(
    replies: readonly Reply[],
    concurrency: number,
    seconds: number,
    objective?: Objective,
): LevelNumbers {
    const answers = replies.filter((reply) => reply.kind === "answered");
    const span = Math.max(seconds, 1e-6);
    const tokens = sumOf(answers.map(outputOf));
    const total = answers.every(({ promptTokens }) => promptTokens !== undefined)
        ? sumOf(answers.map(totalOf)) / span
        : undefined;
    const rates = {
        requestsPerSecond: answers.length / span,
        outputTokensPerSecond: tokens / span,
        ...(total !== undefined && { totalTokensPerSecond: total }),
    };
    return {
        requests: replies.length,
        failedRequests: replies.length - answers.length,
        concurrency,
        seconds,
        ...rates,
        ...intervalsOf(answers, rates),
        ...(objective && replies.length > 0 && { goodput: goodputOf(replies, objective, span) }),
        ...(answers.length > 0 && {
            endToEndSeconds: spreadOf(answers.map((answer) => answer.seconds)),
            ...timingsOf(answers),
        }),
    };
}

/**
 * Intervals of what c requests at a time come to. In such a closed loop the rate is c times the sum of
 * what the answers have over the sum of their seconds (Little's law), but for a slower end; so the rate's
 * relative error is that of the ratio of two sums. Means of batches would need tens of batches, and with
 * them minutes on a rented machine; a bootstrap would give other numbers with another seed.
 */
function intervalsOf(
    answers: readonly Answered[],
    rates: {
        requestsPerSecond: number;
        outputTokensPerSecond: number;
        totalTokensPerSecond?: number;
    },
): Pick<LevelNumbers, "throughputIntervals"> {
    const seconds = answers.map((answer) => answer.seconds);
    const of = (rate: number, amounts: number[]): Interval => {
        const { low, high } = rateFactors(logRate(amounts, seconds));
        return { low: rate * low, high: rate * high };
    };
    if (answers.length < 2 || !(rates.outputTokensPerSecond > 0) || !(sumOf(seconds) > 0)) {
        return {};
    }
    const { requestsPerSecond, outputTokensPerSecond, totalTokensPerSecond } = rates;
    const ones = answers.map(() => 1);
    return {
        throughputIntervals: {
            requestsPerSecond: of(requestsPerSecond, ones),
            outputTokensPerSecond: of(outputTokensPerSecond, answers.map(outputOf)),
            ...(totalTokensPerSecond && {
                totalTokensPerSecond: of(totalTokensPerSecond, answers.map(totalOf)),
            }),
        },
    };
}

const outputOf = ({ completionTokens = 0 }: Answered): number => completionTokens;
const totalOf = ({ completionTokens = 0, promptTokens = 0 }: Answered): number =>
    promptTokens + completionTokens;
const sumOf = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0);
