import { Answered } from "../client";
import { percentile, spreadOf } from "./distribution";
import { LatencyNumbers } from "./numbers";
import { timePerOutputToken, timingsOf } from "./timings";

/** The latency of answers that came one after another. */
export function latencyNumbers(caseId: string, answers: readonly Answered[]): LatencyNumbers {
    const firsts = answers.flatMap(({ timeToFirstTokenSeconds: first }) => first ?? []);
    const rates = answers.flatMap((answer) => {
        const seconds = timePerOutputToken(answer);
        return seconds ? 1 / seconds : [];
    });
    return {
        caseId,
        requests: answers.length,
        ...timingsOf(answers),
        ...(firsts.length > 0 && { timeToFirstTokenSeconds: spreadOf(firsts) }),
        endToEndSeconds: spreadOf(answers.map(({ seconds }) => seconds)),
        ...(rates.length > 0 && { outputTokensPerSecond: percentile(rates, 0.5) }),
    };
}
