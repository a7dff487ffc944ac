/** A message of a conversation, as the OpenAI chat interface has it. */
export interface Message {
    readonly role: "user" | "assistant";
    readonly content: string | readonly ContentPart[];
}

export type ContentPart =
    | { readonly type: "text"; readonly text: string }
    | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

/** What came of a request: an answer, an HTTP error, or nothing at all. */
export type Reply = Answered | Refused | Silent;

export interface Answered {
    readonly kind: "answered";
    readonly text: string;
    readonly finishReason?: string;
    readonly promptTokens?: number;
    readonly completionTokens?: number;
    readonly seconds: number;
    /** Only of a streamed request: seconds until the first piece of the answer. */
    readonly timeToFirstTokenSeconds?: number;
}

export interface Refused {
    readonly kind: "refused";
    readonly status: number;
    readonly message: string;
    readonly seconds: number;
}

export interface Silent {
    readonly kind: "silent";
    /** A connection that cannot be made or breaks, or a time limit. */
    readonly cause: "connection" | "timeout";
    readonly message: string;
    readonly seconds: number;
}

/** What the server says about itself. */
export interface ServerIdentity {
    readonly version?: string;
    /** By /version or the `server` header, where one of them tells. */
    readonly name?: string;
    /** True where the server says that it only stands in for a model. */
    readonly standIn: boolean;
    readonly models: readonly string[];
    /** The longest prompt and answer together, in tokens, where the server tells it. */
    readonly contextTokens?: number;
}

/** How a request is sampled, where it is not to be pinned. */
export interface Sampling {
    readonly temperature: number;
    readonly topP: number;
    readonly seed: number;
}

export interface ClientOptions {
    /** Such as http://127.0.0.1:8000; a /v1 at its end is left out. */
    readonly url: string;
    readonly model: string;
    readonly seed: number;
    readonly requestTimeoutSeconds: number;
    /** For /v1/models and /version. */
    readonly identifyTimeoutSeconds?: number;
    readonly apiKey?: string;
    /** Ends every request under way. */
    readonly signal?: AbortSignal;
}

/**
 * Speaks to an OpenAI-compatible server. A chat request is pinned unless a sampling is given: temperature
 * 0, a fixed seed and a limit of tokens, because vLLM otherwise applies the model's own sampling (T 0.7,
 * top_p 0.8).
 *
 * @example await new ChatClient({ url, model, seed: 1, requestTimeoutSeconds: 120 }).chat(messages, 16)
 */
export class ChatClient {
    readonly url: string;

    constructor(private readonly options: ClientOptions) {
        this.url = options.url.replace(/\/+$/, "").replace(/\/v1$/, "");
    }

    /** One answer; never throws, whatever the server does. */
    async chat(
        messages: readonly Message[],
        maxTokens: number,
        {
            stream = false,
            sampling,
            stop,
        }: { stream?: boolean; sampling?: Sampling; stop?: readonly string[] } = {},
    ): Promise<Reply> {
        const started = performance.now();
        const seconds = (): number => (performance.now() - started) / 1000;
        try {
            const response = await this.fetch("/v1/chat/completions", {
                model: this.options.model,
                messages,
                max_tokens: maxTokens,
                temperature: sampling?.temperature ?? 0,
                ...(sampling && { top_p: sampling.topP }),
                seed: sampling?.seed ?? this.options.seed,
                ...(stop && { stop }),
                ...(stream && { stream: true, stream_options: { include_usage: true } }),
            });
            if (!response.ok) {
                const message = errorMessage(await response.text());
                return { kind: "refused", status: response.status, message, seconds: seconds() };
            }
            return stream
                ? await readStream(response, seconds)
                : {
                      kind: "answered",
                      ...readCompletion(await response.json()),
                      seconds: seconds(),
                  };
        } catch (error) {
            return { kind: "silent", ...reasonOf(error), seconds: seconds() };
        }
    }

    /** Asks /v1/models and /version. Returns what came instead where neither gives an HTTP answer. */
    async identify(): Promise<ServerIdentity | Silent> {
        const { identifyTimeoutSeconds = 15 } = this.options;
        const started = performance.now();
        try {
            const models = await this.fetch("/v1/models", undefined, identifyTimeoutSeconds);
            const list = models.ok ? ((await json(models)) as ModelList) : undefined;
            const version = await this.fetch("/version", undefined, identifyTimeoutSeconds);
            const says = version.ok ? ((await json(version)) as Record<string, unknown>) : {};
            const entries = Array.isArray(list?.data) ? list.data : [];
            const ours = entries.find(({ id }) => id === this.options.model) ?? entries[0];
            const named = typeof says?.name === "string" ? says.name : undefined;
            const name =
                named ?? version.headers.get("server") ?? models.headers.get("server") ?? undefined;
            return {
                version: typeof says?.version === "string" ? says.version : undefined,
                name,
                standIn: says?.stand_in === true || /stand-?in/i.test(name ?? ""),
                models: entries.map(({ id }) => id),
                contextTokens: ours?.max_model_len ?? undefined,
            };
        } catch (error) {
            const seconds = (performance.now() - started) / 1000;
            return { kind: "silent", ...reasonOf(error), seconds };
        }
    }

    /**
     * True where the server gives any HTTP answer at all, but for vLLM's 503 of a dead engine, whose
     * other pages may answer a little longer (vLLM, entrypoints/serve/instrumentator/health.py).
     */
    async isThere(): Promise<boolean> {
        try {
            const response = await this.fetch("/health", undefined, 5);
            await response.text();
            return response.status !== 503;
        } catch {
            return false;
        }
    }

    /** How many tokens a text has by the server's own tokenizer (vLLM's /tokenize), where it tells. */
    async countTokens(text: string): Promise<number | undefined> {
        try {
            const body = { model: this.options.model, prompt: text };
            const response = await this.fetch("/tokenize", body, 30);
            const { count } = (await json(response)) as { count?: unknown };
            return response.ok && typeof count === "number" && count > 0 ? count : undefined;
        } catch {
            return undefined;
        }
    }

    private fetch(
        path: string,
        body?: unknown,
        timeoutSeconds = this.options.requestTimeoutSeconds,
    ): Promise<Response> {
        const { apiKey, signal } = this.options;
        const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
        return fetch(this.url + path, {
            method: body === undefined ? "GET" : "POST",
            headers: {
                ...(body !== undefined && { "content-type": "application/json" }),
                ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
            },
            body: body === undefined ? undefined : JSON.stringify(body),
            signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
        });
    }
}

interface ModelList {
    readonly data?: readonly { readonly id: string; readonly max_model_len?: number }[];
}

interface Usage {
    readonly prompt_tokens?: number;
    readonly completion_tokens?: number;
}

interface Completion {
    readonly choices?: readonly {
        readonly message?: { readonly content?: string | null };
        readonly delta?: {
            readonly content?: string | null;
            readonly reasoning_content?: string | null;
        };
        readonly finish_reason?: string | null;
    }[];
    readonly usage?: Usage | null;
    readonly error?: unknown;
}

async function json(response: Response): Promise<unknown> {
    const text = await response.text();
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return {};
    }
}

function readCompletion(body: unknown): Omit<Answered, "kind" | "seconds"> {
    const { choices, usage } = body as Completion;
    return {
        text: choices?.[0]?.message?.content ?? "",
        finishReason: choices?.[0]?.finish_reason ?? undefined,
        promptTokens: usage?.prompt_tokens,
        completionTokens: usage?.completion_tokens,
    };
}

/** Reads server-sent events: `data: {...}` lines up to `data: [DONE]`. */
async function readStream(response: Response, seconds: () => number): Promise<Reply> {
    let text = "";
    let finishReason: string | undefined;
    let usage: Usage | undefined;
    let timeToFirstTokenSeconds: number | undefined;
    for await (const data of serverSentEvents(response)) {
        const event = JSON.parse(data) as Completion;
        if (event.error !== undefined) {
            // The status line is long gone when a server fails in the middle of a stream.
            const message = errorMessage(data);
            return { kind: "refused", status: 500, message, seconds: seconds() };
        }
        const [choice] = event.choices ?? [];
        const piece = choice?.delta?.content ?? "";
        if (piece !== "" || choice?.delta?.reasoning_content) {
            timeToFirstTokenSeconds ??= seconds();
        }
        text += piece;
        finishReason = choice?.finish_reason ?? finishReason;
        usage = event.usage ?? usage;
    }
    return {
        kind: "answered",
        text,
        finishReason,
        promptTokens: usage?.prompt_tokens,
        completionTokens: usage?.completion_tokens,
        seconds: seconds(),
        timeToFirstTokenSeconds,
    };
}

async function* serverSentEvents(response: Response): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let waiting = "";
    for await (const bytes of response.body ?? []) {
        waiting += decoder.decode(bytes as Uint8Array, { stream: true });
        const lines = waiting.split(/\r?\n/);
        waiting = lines.pop() ?? "";
        for (const line of lines) {
            const data = /^data:\s*(.*)$/.exec(line)?.[1];
            if (data === "[DONE]") {
                return;
            }
            if (data) {
                yield data;
            }
        }
    }
    throw new Error("the stream ended before its [DONE]");
}

/** The sentence of an error body: OpenAI's and vLLM's error.message, FastAPI's detail, or the text. */
function errorMessage(body: string): string {
    let message = body;
    try {
        const parsed = JSON.parse(body) as Record<string, unknown>;
        const inner = parsed.error as Record<string, unknown> | string | undefined;
        const found =
            (typeof inner === "object" ? inner?.message : inner) ?? parsed.message ?? parsed.detail;
        message = typeof found === "string" ? found : body;
    } catch {
        // Not JSON: the text itself is all there is.
    }
    const line = message.replace(/\s+/g, " ").trim();
    return line.length > 500 ? `${line.slice(0, 500)}…` : line || "(no message)";
}

function reasonOf(error: unknown): Pick<Silent, "cause" | "message"> {
    const { name, message, cause } = error as Error & { cause?: Error & { code?: string } };
    if (name === "TimeoutError") {
        return { cause: "timeout", message: "no answer within the time limit" };
    }
    const detail = cause?.code ?? cause?.message ?? message;
    return { cause: "connection", message: `no answer: ${detail}` };
}
