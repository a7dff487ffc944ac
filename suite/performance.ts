import { Answered, Reply } from "./client";
import { Check, CheckResult } from "./checks";
import { LatencyNumbers, Spread, ThroughputNumbers } from "./results";

/** Median, 95th percentile and maximum, by linear interpolation between closest ranks. */
export function spreadOf(samples: readonly number[]): Spread {
    return {
        median: percentile(samples, 0.5),
        p95: percentile(samples, 0.95),
        max: percentile(samples, 1),
    };
}

/** A percentile (0 to 1) of at least one sample, interpolated (Hyndman and Fan, type 7). */
export function percentile(samples: readonly number[], share: number): number {
    const sorted = [...samples].sort((a, b) => a - b);
    const position = (sorted.length - 1) * share;
    const below = sorted[Math.floor(position)];
    const above = sorted[Math.ceil(position)];
    if (below === undefined || above === undefined) {
        throw new RangeError("a percentile needs at least one sample");
    }
    return below + (above - below) * (position - Math.floor(position));
}

/**
 * Sends requests with at most `concurrency` under way, numbered from 0 in the order of their start.
 * Replies come in that order too, with the seconds that all of it took.
 */
export async function sendAll(
    requests: number,
    concurrency: number,
    send: (index: number) => Promise<Reply>,
): Promise<{ replies: Reply[]; seconds: number }> {
    const started = performance.now();
    const replies: Reply[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
        while (next < requests) {
            const index = next++;
            replies[index] = await send(index);
        }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, requests) }, worker));
    return { replies, seconds: (performance.now() - started) / 1000 };
}

/** The latency of answers that came one after another. */
export function latencyNumbers(caseId: string, answers: readonly Answered[]): LatencyNumbers {
    const firsts = answers.flatMap(({ timeToFirstTokenSeconds: first }) => first ?? []);
    const rates = answers.flatMap((answer) => {
        const { completionTokens = 0, seconds, timeToFirstTokenSeconds: first } = answer;
        // The first token is paid for by the time to it; the rest is decoding.
        const decoding = seconds - (first ?? 0);
        return completionTokens > 1 && decoding > 0 ? (completionTokens - 1) / decoding : [];
    });
    return {
        caseId,
        requests: answers.length,
        samples: {
            ...(firsts.length > 0 && { timeToFirstTokenSeconds: firsts }),
            endToEndSeconds: answers.map(({ seconds }) => seconds),
        },
        ...(firsts.length > 0 && { timeToFirstTokenSeconds: spreadOf(firsts) }),
        endToEndSeconds: spreadOf(answers.map(({ seconds }) => seconds)),
        ...(rates.length > 0 && { outputTokensPerSecond: percentile(rates, 0.5) }),
    };
}

/** The throughput of requests that ran side by side for `seconds`. */
export function throughputNumbers(
    caseId: string,
    replies: readonly Reply[],
    concurrency: number,
    seconds: number,
): ThroughputNumbers {
    const answers = replies.filter((reply) => reply.kind === "answered");
    const tokens = answers.reduce((sum, { completionTokens = 0 }) => sum + completionTokens, 0);
    const span = Math.max(seconds, 1e-6);
    return {
        caseId,
        requests: replies.length,
        failedRequests: replies.length - answers.length,
        concurrency,
        seconds,
        requestsPerSecond: answers.length / span,
        outputTokensPerSecond: tokens / span,
        ...(answers.length > 0 && {
            endToEndSeconds: spreadOf(answers.map((answer) => answer.seconds)),
        }),
    };
}

const round = (value: number): string => String(Number(value.toPrecision(3)));

/** Judges latency limits; each is about the median, which a single slow request does not move. */
export function checkLatency(
    check: Extract<Check, { kind: "latency" }>,
    numbers: LatencyNumbers,
): CheckResult[] {
    const judge = (what: string, limit: number | undefined, given: number | undefined) =>
        limit === undefined
            ? []
            : {
                  kind: check.kind,
                  passed: given !== undefined && given <= limit,
                  message:
                      given === undefined
                          ? `${what} is unknown: the server streamed no text`
                          : `median ${what} ${round(given)} s, at most ${limit} s wanted`,
              };
    return [
        judge(
            "time to first token",
            check.maxTimeToFirstTokenSeconds,
            numbers.timeToFirstTokenSeconds?.median,
        ),
        judge("end to end", check.maxEndToEndSeconds, numbers.endToEndSeconds.median),
    ].flat();
}

/** Judges throughput limits. */
export function checkThroughput(
    check: Extract<Check, { kind: "throughput" }>,
    numbers: ThroughputNumbers,
): CheckResult[] {
    const { kind, minOutputTokensPerSecond: least, maxFailedRequests: most } = check;
    const { requests, failedRequests, outputTokensPerSecond: rate } = numbers;
    return [
        {
            kind,
            passed: failedRequests <= most,
            message: `${failedRequests} of ${requests} requests failed, at most ${most} wanted`,
        },
        ...(least === undefined
            ? []
            : [
                  {
                      kind,
                      passed: rate >= least,
                      message: `${round(rate)} output tokens/s, at least ${least} wanted`,
                  },
              ]),
    ];
}
