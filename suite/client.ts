import { Token, tokensOf } from "./answerTokens";
import { RawReply, TimedTransport } from "./performance/transport";

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
    /** Of a request that is neither streamed nor sampled, where they are asked for and given. */
    readonly tokens?: readonly Token[];
    readonly seconds: number;
    /** Only of a measured request: seconds until the first piece of the answer. */
    readonly timeToFirstTokenSeconds?: number;
    /** Only of a measured request: when each piece of the answer came. */
    readonly pieceSeconds?: readonly number[];
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
    /** Whether log-probabilities are asked for; a server that refuses them is not asked again. */
    readonly logprobs?: boolean;
    /** Ends every request under way. */
    readonly signal?: AbortSignal;
}

/** What requests have told of the server. */
interface Abilities {
    logprobs: "yes" | "no" | "unknown";
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
    private transport?: TimedTransport;

    constructor(
        private readonly options: ClientOptions,
        private readonly abilities: Abilities = { logprobs: options.logprobs ? "unknown" : "no" },
    ) {
        this.url = options.url.replace(/\/+$/, "").replace(/\/v1$/, "");
    }

    /** A client of the same server, of which the same is known, with a signal of its own. */
    until(signal: AbortSignal): ChatClient {
        return new ChatClient({ ...this.options, signal }, this.abilities);
    }

    /** One answer; never throws, whatever the server does. */
    async chat(
        messages: readonly Message[],
        maxTokens: number,
        { sampling, stop }: { sampling?: Sampling; stop?: readonly string[] } = {},
    ): Promise<Reply> {
        const { abilities } = this;
        const logprobs = sampling === undefined && abilities.logprobs !== "no";
        const reply = await this.send(messages, maxTokens, { sampling, stop, logprobs });
        if (!logprobs || abilities.logprobs !== "unknown") {
            return reply;
        }
        if (reply.kind === "refused") {
            // It may be the log-probabilities that it refuses.
            const plain = await this.send(messages, maxTokens, { sampling, stop });
            abilities.logprobs = plain.kind === "answered" ? "no" : "unknown";
            return plain;
        }
        abilities.logprobs = reply.kind === "answered" ? "yes" : "unknown";
        return reply;
    }

    private async send(
        messages: readonly Message[],
        maxTokens: number,
        {
            sampling,
            stop,
            logprobs = false,
        }: { sampling?: Sampling; stop?: readonly string[]; logprobs?: boolean },
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
                ...(logprobs && { logprobs: true }),
            });
            if (!response.ok) {
                const message = errorMessage(await response.text());
                return { kind: "refused", status: response.status, message, seconds: seconds() };
            }
            const completion = readCompletion(await response.json());
            return { kind: "answered", ...completion, seconds: seconds() };
        } catch (error) {
            return { kind: "silent", ...reasonOf(error), seconds: seconds() };
        }
    }

    /** A streamed request, ready to be sent: its text is made before any clock starts. */
    prepare(messages: readonly Message[], maxTokens: number): Buffer {
        const { model, seed } = this.options;
        const body = {
            model,
            messages,
            max_tokens: maxTokens,
            temperature: 0,
            seed,
            stream: true,
            stream_options: { include_usage: true },
        };
        return Buffer.from(JSON.stringify(body));
    }

    /** Sends what `prepare` made; readStream makes a reply of what came. Never throws. */
    measure(prepared: Buffer): Promise<RawReply> {
        const { requestTimeoutSeconds, signal } = this.options;
        this.transport ??= new TimedTransport(`${this.url}/v1/chat/completions`, {
            "content-type": "application/json",
            ...this.authorization(),
        });
        return this.transport.post(prepared, requestTimeoutSeconds, signal);
    }

    /** The text of /metrics (Prometheus), where the server has it. */
    async readMetrics(): Promise<string | undefined> {
        try {
            const response = await this.fetch("/metrics", undefined, 10);
            const text = await response.text();
            return response.ok ? text : undefined;
        } catch {
            return undefined;
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

    private authorization(): Record<string, string> {
        const { apiKey } = this.options;
        return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    }

    private fetch(
        path: string,
        body?: unknown,
        timeoutSeconds = this.options.requestTimeoutSeconds,
    ): Promise<Response> {
        const { signal } = this.options;
        const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
        return fetch(this.url + path, {
            method: body === undefined ? "GET" : "POST",
            headers: {
                ...(body !== undefined && { "content-type": "application/json" }),
                ...this.authorization(),
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
        readonly logprobs?: unknown;
        readonly finish_reason?: string | null;
    }[];
    readonly usage?: Usage | null;
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
    const tokens = tokensOf(choices?.[0]?.logprobs);
    return {
        ...(tokens && { tokens }),
        text: choices?.[0]?.message?.content ?? "",
        finishReason: choices?.[0]?.finish_reason ?? undefined,
        promptTokens: usage?.prompt_tokens,
        completionTokens: usage?.completion_tokens,
    };
}

/** The sentence of an error body: OpenAI's and vLLM's error.message, FastAPI's detail, or the text. */
export function errorMessage(body: string): string {
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

/** Why there is no answer, of an error of fetch or of Node's HTTP. */
export function reasonOf(error: unknown): Pick<Silent, "cause" | "message"> {
    const { name, message, code, cause } = error as NodeJS.ErrnoException & {
        cause?: NodeJS.ErrnoException;
    };
    if (name === "TimeoutError") {
        return { cause: "timeout", message: "no answer within the time limit" };
    }
    const detail = code ?? cause?.code ?? cause?.message ?? message;
    return { cause: "connection", message: `no answer: ${detail}` };
}
