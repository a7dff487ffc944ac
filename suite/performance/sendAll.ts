/**
 * Sends requests with at most `concurrency` under way, numbered from 0 in the order of their start.
 * Replies come in that order too, with the seconds that all of it took.
 */
export async function sendAll<R>(
    requests: number,
    concurrency: number,
    send: (index: number) => Promise<R>,
): Promise<{ replies: R[]; seconds: number }> {
    const started = performance.now();
    const replies: R[] = [];
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
