import { readFileSync } from "node:fs";
import { ChatClient, Reply } from "../../suite/client";
import { readStream } from "../../suite/performance/readStream";
import { sendAll } from "../../suite/performance/sendAll";
import { timePerOutputToken } from "../../suite/performance/timings";
import type { ClientFigures } from "./figures";

/**
 * The suite's own client in a process of its own, on the prompts of a file:
 * `suiteClient.ts URL MODEL PROMPTS CONCURRENCY MAX_TOKENS SEED` prints what each request took.
 */
async function main([url, model, prompts, concurrency, maxTokens, seed]: string[]): Promise<void> {
    const client = new ChatClient({
        url: url as string,
        model: model as string,
        seed: Number(seed),
        requestTimeoutSeconds: 120,
    });
    const lines = readFileSync(prompts as string, "utf8")
        .trim()
        .split("\n");
    const bodies = lines.map((line) => {
        const { prompt } = JSON.parse(line) as { prompt: string };
        return client.prepare([{ role: "user", content: prompt }], Number(maxTokens));
    });
    const before = process.cpuUsage();
    const { replies: sent } = await sendAll(bodies.length, Number(concurrency), async (index) => {
        const startSeconds = performance.now() / 1000;
        return { startSeconds, raw: await client.measure(bodies[index] as Buffer) };
    });
    const replies = sent.map(({ startSeconds, raw }) => ({ startSeconds, reply: readStream(raw) }));
    const { user, system } = process.cpuUsage(before);
    const figures: ClientFigures = {
        cpuSeconds: (user + system) / 1e6,
        requests: replies.map(({ startSeconds, reply }) => figuresOf(startSeconds, reply)),
    };
    process.stdout.write(JSON.stringify(figures), () => process.exit(0));
}

function figuresOf(startSeconds: number, reply: Reply): ClientFigures["requests"][number] {
    const interTokenSeconds = reply.kind === "answered" ? timePerOutputToken(reply) : undefined;
    if (reply.kind !== "answered" || interTokenSeconds === undefined) {
        throw new Error(`no answer to measure: ${JSON.stringify(reply)}`);
    }
    return {
        startSeconds,
        endSeconds: startSeconds + reply.seconds,
        timeToFirstTokenSeconds: reply.timeToFirstTokenSeconds as number,
        interTokenSeconds,
        tokens: reply.completionTokens as number,
    };
}

main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${(error as Error).stack}\n`);
    process.exit(1);
});
