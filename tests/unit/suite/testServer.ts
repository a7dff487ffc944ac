import { createServer, IncomingMessage, Server, ServerResponse } from "node:http";
import { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { PNG } from "pngjs";

/** A request as the test server read it. */
export interface Asked {
    readonly prompt: string;
    readonly images: number;
    readonly turns: number;
    readonly body: Record<string, unknown>;
}

export interface TestServerOptions {
    readonly answer: (asked: Asked) => string;
    readonly model?: string;
    readonly contextTokens?: number | null;
    readonly standIn?: boolean;
    /** An HTTP status for a request, before it is looked at. */
    readonly fail?: (asked: Asked, number: number) => number | "hang-up" | undefined;
    /** How long it thinks before it answers. */
    readonly delaySeconds?: (asked: Asked) => number;
    /** Of each word, where they are asked for; a server without it knows no log-probabilities. */
    readonly logprobOf?: (word: string) => number;
    /** As vLLM's is once its engine has died: 503 at /health, while other pages still answer. */
    readonly isDead?: () => boolean;
}

/**
 * A scripted OpenAI-compatible server for unit tests: it counts words as tokens, decodes pictures
 * with pngjs (a second opinion on our own PNG writer), and refuses what vLLM refuses.
 */
export class TestServer {
    readonly asked: Asked[] = [];
    private readonly server: Server;

    private constructor(private readonly options: TestServerOptions) {
        this.server = createServer((request, response) => void this.handle(request, response));
    }

    static async start(options: TestServerOptions): Promise<TestServer> {
        const started = new TestServer(options);
        await new Promise<void>((resolve) => started.server.listen(0, "127.0.0.1", resolve));
        return started;
    }

    get url(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }

    private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const chunks: Buffer[] = [];
        for await (const chunk of request) {
            chunks.push(chunk as Buffer);
        }
        const send = (status: number, body: unknown): void => {
            response.writeHead(status, { "content-type": "application/json" });
            response.end(JSON.stringify(body));
        };
        const { model = "test-model", contextTokens = 2000, standIn = false } = this.options;
        if (request.url === "/v1/models") {
            const limit = contextTokens === null ? {} : { max_model_len: contextTokens };
            return send(200, { data: [{ id: model, ...limit }] });
        }
        if (request.url === "/health") {
            return send(this.options.isDead?.() ? 503 : 200, {});
        }
        if (request.url === "/version") {
            return send(200, { version: "1.2.3", ...(standIn && { stand_in: true }) });
        }
        if (request.method === "GET") {
            return send(404, { detail: "Not Found" });
        }
        const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as ChatBody;
        if (request.url === "/tokenize") {
            return send(200, { count: body.prompt.split(/\s+/).length });
        }
        const parts = body.messages.flatMap(({ content }) =>
            typeof content === "string" ? [{ type: "text" as const, text: content }] : content,
        );
        const last = body.messages.at(-1)?.content ?? "";
        const lastParts = typeof last === "string" ? [{ type: "text" as const, text: last }] : last;
        const asked: Asked = {
            prompt: lastParts.flatMap((part) => (part.type === "text" ? part.text : [])).join(""),
            images: lastParts.filter(({ type }) => type === "image_url").length,
            turns: body.messages.filter(({ role }) => role === "user").length,
            body: body as unknown as Record<string, unknown>,
        };
        this.asked.push(asked);
        const seconds = this.options.delaySeconds?.(asked);
        if (seconds) {
            await sleep(seconds * 1000, undefined, { ref: false });
        }
        const failure = this.options.fail?.(asked, this.asked.length);
        if (failure === "hang-up") {
            return void request.socket.destroy();
        }
        if (failure !== undefined) {
            return send(failure, { error: { message: "scripted failure" } });
        }
        const refusal = refuse(parts, contextTokens);
        if (refusal) {
            return send(400, { error: { message: refusal } });
        }
        const [text = ""] = this.options.answer(asked).split(body.stop?.[0] ?? /$/);
        const words = text.split(/(?<= )/).slice(0, body.max_tokens);
        const usage = { prompt_tokens: asked.prompt.length, completion_tokens: words.length };
        const finish_reason = words.length < text.split(/(?<= )/).length ? "length" : "stop";
        if (!body.stream) {
            const message = { role: "assistant", content: words.join("") };
            const { logprobOf } = this.options;
            const content = words.map((token) => ({ token, logprob: logprobOf?.(token) }));
            const logprobs = asked.body.logprobs && logprobOf ? { content } : null;
            return send(200, { choices: [{ message, logprobs, finish_reason }], usage });
        }
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const content of words) {
            response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
        }
        const end = { choices: [{ delta: {}, finish_reason }], usage };
        response.end(`data: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`);
    }
}

type Part = { type: "text"; text: string } | { type: "image_url"; image_url: { url: string } };

interface ChatBody {
    readonly prompt: string;
    readonly messages: { role: string; content: string | Part[] }[];
    readonly max_tokens: number;
    readonly stop?: readonly string[];
    readonly stream?: boolean;
}

const MOST_PARTS = 33;

function refuse(parts: readonly Part[], contextTokens: number | null): string | undefined {
    if (parts.length > MOST_PARTS) {
        return "At most 32 image(s) may be provided in one prompt.";
    }
    let words = 0;
    for (const part of parts) {
        if (part.type === "text") {
            words += part.text.split(/\s+/).length;
            continue;
        }
        const bytes = Buffer.from(part.image_url.url.split(",")[1] ?? "", "base64");
        if (bytes.readUInt16BE(0) === 0xffd8) {
            continue; // A JPEG, which pngjs does not read.
        }
        try {
            // Decoding 16 million pixels takes pngjs a second; its size is enough here.
            const width = bytes.readUInt32BE(16);
            const height = bytes.readUInt32BE(20);
            const { width: checked } = width === 4096 ? { width } : PNG.sync.read(bytes);
            if (Math.max(checked / height, height / checked) > 200) {
                return "Failed to apply Qwen3VLProcessor: absolute aspect ratio must be smaller than 200";
            }
        } catch {
            return "Failed to load image: cannot identify image file";
        }
    }
    return contextTokens !== null && words > contextTokens
        ? `This model's maximum context length is ${contextTokens} tokens. However, your prompt contains ${words}`
        : undefined;
}

/** The right answers to the shipped cases, as a model would word them. */
export function rightAnswer({ prompt, images, turns }: Asked): string {
    const answers: [RegExp, string][] = [
        [/capital of France.*sentence/, "The capital of France is Paris."],
        [/capital of France/, "Paris"],
        [/中国的首都/, "中国的首都是北京。"],
        [/17 plus 25.*JSON/, '```json\n{ "sum": 42 }\n```'],
        [/17 plus 25/, "42"],
        [/quick brown fox/, "The quick brown fox jumps over the lazy dog."],
        [/name of my dog/, "I cannot know your dog's name, because you have not told me."],
        [/Is there a triangle/, "No, there is no triangle in this picture."],
        [/有没有三角形/, "图片里没有三角形。"],
        [/小明/, "14"],
        [/banana/, "banana"],
        [/2 plus 3/, "5"],
        [/secret word is pineapple.*secret word in the text/s, "Pineapple."],
        [/用中文描述/, "图中有一座房子，有窗户、一扇门和屋顶，天空是蓝色的。"],
        [/Name the parts/, "A house with windows, a door and a brown roof under a blue sky."],
        [/in this picture\? Answer in one sentence/, "A two-storey house under a blue sky."],
        [/its door/, "The door of the house is red."],
        [/green circles/, "5"],
        [/red squares/, "There are three red squares."],
        [/colour is the square/, "Blue"],
        [/left side/, "Square"],
        [/right side/, "Star"],
        [/图片上方/, "红色"],
        [/second picture/, "Green"],
        [/big circle/, "Yellow"],
        [/colour is this picture/, "Red"],
        [/black or white/, "White"],
        [/colour is the circle/, "Red"],
        [/Count from 1/, "One, two, three, four, five, six, seven, eight, nine, ten"],
        [/the number \d+/, `The number in question is quite a nice one to think about, always.`],
        [/colour is it/, "It is a purple star."],
        [/Describe this picture/, "A house with windows and a door under a blue sky."],
        [/hello/, "Hello!"],
    ];
    const found = answers.find(([pattern]) => pattern.test(prompt));
    if (found) {
        return found[1];
    }
    return images > 0 && turns === 1 ? "A red circle, perhaps on a house." : "I do not know.";
}
