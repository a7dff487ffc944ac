import * as http from "node:http";
import * as https from "node:https";

/** Bytes of an answer, and when they came. */
export interface Arrival {
    /** Since the request was sent, on the monotonic clock. */
    readonly seconds: number;
    readonly bytes: Buffer;
}

/** An answer as the network brought it, to be read when no clock runs any more. */
export interface RawReply {
    readonly status?: number;
    readonly arrivals: readonly Arrival[];
    readonly seconds: number;
    /** Why there is no status, or why the answer broke off. */
    readonly error?: Error;
}

/**
 * Sends requests whose answers are timed as their bytes arrive. Between network and clock there is
 * Node's HTTP parser and nothing else: the body is ready before the clock starts, and what came is only
 * kept, so that no stream waits for another's text to be parsed.
 */
export class TimedTransport {
    private readonly target: URL;
    private readonly agent: http.Agent;

    constructor(
        url: string,
        private readonly headers: Readonly<Record<string, string>>,
    ) {
        this.target = new URL(url);
        const { Agent } = this.target.protocol === "https:" ? https : http;
        // A connection that is there already is no part of what a server takes to answer.
        this.agent = new Agent({ keepAlive: true, noDelay: true });
    }

    /** Posts JSON; never throws. A kept connection that the server had closed is replaced once. */
    async post(body: Buffer, timeoutSeconds: number, signal?: AbortSignal): Promise<RawReply> {
        const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
        const stop = signal ? AbortSignal.any([timeout, signal]) : timeout;
        const first = await this.tryOnce(body, stop);
        const { raw, reused } = first;
        const wasClosed = reused && (raw.error as NodeJS.ErrnoException)?.code === "ECONNRESET";
        // Node, http.ClientRequest: https://nodejs.org/api/http.html#requestreusedsocket
        const again = wasClosed && raw.status === undefined && !stop.aborted;
        return again ? (await this.tryOnce(body, stop)).raw : raw;
    }

    private tryOnce(
        body: Buffer,
        signal: AbortSignal,
    ): Promise<{ raw: RawReply; reused: boolean }> {
        const { request: open } = this.target.protocol === "https:" ? https : http;
        const headers = { ...this.headers, "content-length": body.length };
        return new Promise((resolve) => {
            const arrivals: Arrival[] = [];
            let status: number | undefined;
            const request = open(this.target, {
                method: "POST",
                agent: this.agent,
                headers,
                signal,
            });
            const started = performance.now();
            const seconds = (): number => (performance.now() - started) / 1000;
            const end = (error?: Error): void => {
                const cause = signal.aborted ? (signal.reason as Error) : error;
                const raw = {
                    status,
                    arrivals,
                    seconds: seconds(),
                    ...(cause && { error: cause }),
                };
                resolve({ raw, reused: request.reusedSocket });
            };
            request.on("error", end);
            request.on("response", (response) => {
                status = response.statusCode;
                response.on("data", (bytes: Buffer) => {
                    arrivals.push({ seconds: seconds(), bytes });
                });
                response.on("end", () => end());
                response.on("error", end);
            });
            request.end(body);
        });
    }
}
