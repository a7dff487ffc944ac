/** What a vLLM server said about its memory when it started, GiB on each GPU. */
export interface ServerMemory {
    readonly loadGiB: number;
    /** Room for the KV cache; undefined when the server ended before it knew. */
    readonly kvRoomGiB: number | undefined;
}

/**
 * Reads the memory lines of vLLM's log. With tensor parallelism every rank prints them; the largest
 * load and the smallest room are those that decide.
 *
 * @returns undefined when the model was never loaded, or another server wrote the log.
 * @example parseServerMemory("... Model loading took 16.65 GiB memory and 9.1 seconds")
 */
export function parseServerMemory(log: string): ServerMemory | undefined {
    const numbers = (pattern: RegExp) =>
        [...log.matchAll(pattern)].map((match) => Number(match[1]));
    const loads = numbers(/Model loading took ([\d.]+) GiB/g);
    const rooms = numbers(/Available KV cache memory: (-?[\d.]+) GiB/g);
    if (loads.length === 0) {
        return undefined;
    }
    return {
        loadGiB: Math.max(...loads),
        kvRoomGiB: rooms.length === 0 ? undefined : Math.min(...rooms),
    };
}
