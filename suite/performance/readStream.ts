import { errorMessage, reasonOf, Reply } from "../client";
import { Arrival, RawReply } from "./transport";

interface Event {
    readonly choices?: readonly {
        readonly delta?: {
            readonly content?: string | null;
            readonly reasoning?: string | null;
            readonly reasoning_content?: string | null;
        };
        readonly finish_reason?: string | null;
    }[];
    readonly usage?: {
        readonly prompt_tokens?: number;
        readonly completion_tokens?: number;
    } | null;
    readonly error?: unknown;
}

/**
 * Makes a reply of a streamed answer, read after the fact. A piece of text is dated by the arrival that
 * completes its event; pieces that arrive together have no time between them.
 */
export function readStream(raw: RawReply): Reply {
    const { status, seconds } = raw;
    if (status === undefined) {
        return { kind: "silent", ...reasonOf(raw.error), seconds };
    }
    if (status !== 200) {
        const body = Buffer.concat(raw.arrivals.map(({ bytes }) => bytes)).toString("utf8");
        return { kind: "refused", status, message: errorMessage(body), seconds };
    }
    try {
        return readEvents(raw);
    } catch (error) {
        return { kind: "silent", ...reasonOf(error), seconds };
    }
}

function readEvents(raw: RawReply): Reply {
    const moments: number[] = [];
    let text = "";
    let finishReason: string | undefined;
    let usage: Event["usage"];
    let ended: number | undefined;
    for (const { data, seconds } of serverSentEvents(raw.arrivals)) {
        if (data === "[DONE]") {
            ended = seconds;
            break;
        }
        const event = JSON.parse(data) as Event;
        if (event.error !== undefined) {
            // The status line is long gone when a server fails in the middle of a stream.
            return { kind: "refused", status: 500, message: errorMessage(data), seconds };
        }
        const [choice] = event.choices ?? [];
        const { content, reasoning, reasoning_content: thought } = choice?.delta ?? {};
        if (content || reasoning || thought) {
            moments.push(seconds);
        }
        text += content ?? "";
        finishReason = choice?.finish_reason ?? finishReason;
        usage = event.usage ?? usage;
    }
    if (ended === undefined) {
        throw raw.error ?? new Error("the stream ended before its [DONE]");
    }
    return {
        kind: "answered",
        text,
        finishReason,
        promptTokens: usage?.prompt_tokens,
        completionTokens: usage?.completion_tokens,
        seconds: ended,
        timeToFirstTokenSeconds: moments[0],
        pieceSeconds: moments,
    };
}

function* serverSentEvents(
    arrivals: readonly Arrival[],
): Generator<{ data: string; seconds: number }> {
    const decoder = new TextDecoder();
    let waiting = "";
    for (const { bytes, seconds } of arrivals) {
        waiting += decoder.decode(bytes, { stream: true });
        const lines = waiting.split(/\r?\n/);
        waiting = lines.pop() ?? "";
        for (const line of lines) {
            const data = line.startsWith("data:") ? line.slice(5).trim() : "";
            if (data !== "") {
                yield { data, seconds };
            }
        }
    }
}
