import { Check, CheckResult } from "../checks";
import { LatencyNumbers, LevelNumbers } from "./numbers";

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

/** Judges throughput limits: failed requests of all levels, the rest at the last one. */
export function checkThroughput(
    check: Extract<Check, { kind: "throughput" }>,
    levels: readonly LevelNumbers[],
): CheckResult[] {
    const { kind, minOutputTokensPerSecond: least, minGoodputShare: share } = check;
    const most = check.maxFailedRequests;
    const sum = (of: (level: LevelNumbers) => number): number =>
        levels.reduce((all, level) => all + of(level), 0);
    const [requests, failed] = [
        sum((level) => level.requests),
        sum((level) => level.failedRequests),
    ];
    const { concurrency, outputTokensPerSecond: rate = 0, goodput } = levels.at(-1) ?? {};
    const where = levels.length > 1 ? ` with ${concurrency} at a time` : "";
    return [
        {
            kind,
            passed: failed <= most,
            message: `${failed} of ${requests} requests failed, at most ${most} wanted`,
        },
        ...(least === undefined
            ? []
            : [
                  {
                      kind,
                      passed: rate >= least,
                      message: `${round(rate)} output tokens/s${where}, at least ${least} wanted`,
                  },
              ]),
        ...(share === undefined || goodput === undefined
            ? []
            : [
                  {
                      kind,
                      passed: goodput.share >= share,
                      message: `${round(goodput.share * 100)} % of the requests${where} kept the objective, at least ${round(share * 100)} % wanted`,
                  },
              ]),
    ];
}
