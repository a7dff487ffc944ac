import { setTimeout as sleep } from "node:timers/promises";
import { TestCase } from "./caseSchema";
import { requestRounds } from "./requestRounds";
import { CaseOutcome, erroredCase } from "./runCase";

/** What a request is given at least: to wait for its turn, and for long prompts to be read. */
const SECONDS_A_REQUEST = 30;
/** So slow that no server of any use is slower. */
const TOKENS_A_SECOND = 2;
/** For the last request to notice that it was cut off. */
const GRACE_SECONDS = 2;

/**
 * How long a case may take where nobody says: what its requests, one after another, need on a very slow
 * server. A single request that hangs ends at its own limit before that.
 *
 * @param repeats how often the case is asked.
 */
export function defaultCaseLimitSeconds(
    testCase: TestCase,
    repeats: number,
    requestTimeoutSeconds: number,
): number {
    const rounds = requestRounds(testCase);
    const once = testCase.turns.reduce(
        (sum, { maxTokens }) =>
            sum +
            rounds *
                Math.min(requestTimeoutSeconds, SECONDS_A_REQUEST + maxTokens / TOKENS_A_SECOND),
        0,
    );
    return Math.ceil(requestTimeoutSeconds + repeats * once);
}

/**
 * Gives a case its time: at the limit its requests are cut off, and it is errored. Also ends a case that
 * does not notice.
 *
 * @param ask gets the signal that ends the case's requests.
 */
export async function withinLimit(
    testCase: TestCase,
    limitSeconds: number,
    ask: (signal: AbortSignal) => Promise<CaseOutcome[]>,
): Promise<CaseOutcome[]> {
    const limit = new AbortController();
    const timer = setTimeout(
        // The name that a request's own time limit has.
        () => limit.abort(new DOMException("the case's time limit", "TimeoutError")),
        limitSeconds * 1000,
    );
    const ended = new AbortController();
    const message = `the case was not done within its limit of ${limitSeconds} s`;
    const late = sleep((limitSeconds + GRACE_SECONDS) * 1000, undefined, { signal: ended.signal });
    try {
        const tries = await Promise.race([
            ask(limit.signal),
            late.then(() => [
                { result: erroredCase(testCase, { kind: "timeout", message }, limitSeconds) },
            ]),
        ]);
        const last = tries.at(-1);
        return limit.signal.aborted && last?.result.status === "errored"
            ? [
                  ...tries.slice(0, -1),
                  { ...last, result: { ...last.result, problem: { kind: "timeout", message } } },
              ]
            : tries;
    } finally {
        clearTimeout(timer);
        ended.abort();
    }
}
