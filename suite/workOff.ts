/**
 * Works off queues side by side, each with a limit of its own, and returns what is left of each once
 * `isPaused` says so. What is under way is ended first.
 *
 * @example await workOff([{ limit: 4, cases }], ask, () => stopped !== undefined)
 */
export async function workOff<T>(
    queues: readonly { readonly limit: number; readonly cases: readonly T[] }[],
    ask: (one: T) => Promise<void>,
    isPaused: () => boolean,
): Promise<{ limit: number; cases: T[] }[]> {
    const waiting = queues.map(({ limit, cases }) => ({ limit, cases: [...cases] }));
    const work = async (cases: T[]): Promise<void> => {
        while (cases.length > 0 && !isPaused()) {
            await ask(cases.shift() as T);
        }
    };
    await Promise.all(
        waiting.flatMap(({ limit, cases }) => Array.from({ length: limit }, () => work(cases))),
    );
    return waiting;
}
