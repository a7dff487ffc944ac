/** What a vLLM server said about its memory when it started; GiB are on each GPU. */
export interface ServerMemory {
    readonly loadGiB: number;
    /** Room for the KV cache; undefined when the server ended before it knew. */
    readonly kvRoomGiB: number | undefined;
    /** Tokens that the KV cache holds. */
    readonly kvTokens: number | undefined;
    /** Sequences of the full context that run at once. */
    readonly sequences: number | undefined;
    /** Undefined with `--enforce-eager`, which captures none. */
    readonly graphGiB: number | undefined;
    /** Visual tokens that the encoder's cache holds. */
    readonly encoderTokens: number | undefined;
}

/**
 * Reads the memory lines of vLLM's log. With tensor parallelism every rank prints them; the largest
 * load and the smallest room are those that decide. A log of several starts (the OOM ladder writes
 * one after another) says what the last of them said.
 *
 * @returns undefined when the model was never loaded, or another server wrote the log.
 * @example parseServerMemory("... Model loading took 16.65 GiB memory and 9.1 seconds")
 */
export function parseServerMemory(log: string): ServerMemory | undefined {
    const last = lastStart(log);
    const loads = numbers(last, /Model loading took ([\d.]+) GiB/g);
    if (loads.length === 0) {
        return undefined;
    }
    return {
        loadGiB: Math.max(...loads),
        kvRoomGiB: least(numbers(last, /Available KV cache memory: (-?[\d.]+) GiB/g)),
        kvTokens: least(numbers(last, /GPU KV cache size: ([\d,]+) tokens/g)),
        sequences: least(
            numbers(last, /Maximum concurrency for [\d,]+ tokens per request: ([\d.]+)x/g),
        ),
        graphGiB: numbers(last, /Graph capturing finished in \S+ secs, took (-?[\d.]+) GiB/g).at(0),
        encoderTokens: numbers(
            last,
            /Encoder cache will be initialized with a budget of ([\d,]+) tokens/g,
        ).at(0),
    };
}

/** From the last line that a starting API server writes; the whole log where there is none. */
function lastStart(log: string): string {
    return log.slice(Math.max(0, log.lastIndexOf("vLLM API server version")));
}

function numbers(log: string, pattern: RegExp): number[] {
    return [...log.matchAll(pattern)].map((match) => Number(match[1].replace(/,/g, "")));
}

function least(values: readonly number[]): number | undefined {
    return values.length === 0 ? undefined : Math.min(...values);
}
