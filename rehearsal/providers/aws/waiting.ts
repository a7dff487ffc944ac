import { sleep } from "../sleep";

/** The name of an AWS error, for example `InvalidInstanceID.NotFound`. */
export function errorCode(error: unknown): string {
    if (typeof error !== "object" || error === null) {
        return "";
    }
    const { Code, name } = error as { Code?: unknown; name?: unknown };
    return typeof Code === "string" ? Code : typeof name === "string" ? name : "";
}

/** True if the AWS error has one of the codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
    const code = errorCode(error);
    return codes.some((wanted) => code === wanted);
}

export interface PollOptions {
    readonly signal: AbortSignal;
    readonly timeoutSeconds: number;
    /** What is waited for, and what is known about why it takes so long. */
    readonly what: string | (() => string);
    readonly intervalMilliseconds?: number;
}

/**
 * Asks until the answer is not undefined.
 *
 * @throws Error when the time is over, naming what was waited for.
 */
export async function pollUntil<T>(
    ask: () => Promise<T | undefined>,
    options: PollOptions,
): Promise<T> {
    const end = Date.now() + options.timeoutSeconds * 1000;
    let pause = options.intervalMilliseconds ?? 250;
    for (;;) {
        const answer = await ask();
        if (answer !== undefined) {
            return answer;
        }
        if (Date.now() + pause > end) {
            const what = typeof options.what === "string" ? options.what : options.what();
            throw new Error(`waited ${options.timeoutSeconds} s for ${what}`);
        }
        await sleep(pause, options.signal);
        pause = Math.min(pause * 1.5, 2000);
    }
}
