import { Distributions, ServerNumbers } from "./numbers";

/** The sums of a server's counters and histograms at one moment, without the prefix of its name. */
export type Metrics = ReadonlyMap<string, number>;

/** Client and server are named as different beyond this share of the server's figure. */
export const USUAL_DIFFERENCE = 0.2;

const MEANS = {
    timeToFirstTokenSeconds: ["time_to_first_token_seconds"],
    interTokenSeconds: ["inter_token_latency_seconds"],
    timePerOutputTokenSeconds: [
        "request_time_per_output_token_seconds",
        "time_per_output_token_seconds",
    ],
    endToEndSeconds: ["e2e_request_latency_seconds"],
    queueSeconds: ["request_queue_time_seconds", "queue_time_seconds"],
} as const;
const COUNTS = {
    preemptions: "num_preemptions_total",
    promptTokens: "prompt_tokens_total",
    generationTokens: "generation_tokens_total",
} as const;
const KV_CACHE_USE = ["kv_cache_usage_perc", "gpu_cache_usage_perc", "token_usage"];

/**
 * Reads the text of /metrics: lines `name{labels} value` of Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Values of the same name are added: a server
 * of several engines has one line for each. Names lose the prefix of vLLM or SGLang.
 *
 * @example parseMetrics('vllm:prompt_tokens_total{engine="0"} 12.0').get("prompt_tokens_total") // 12
 */
export function parseMetrics(text: string): Metrics {
    const sums = new Map<string, number>();
    for (const line of text.split("\n")) {
        const [, name, given] = /^([a-z_][\w:]*)(?:\{.*\})? ([^ ]+)/i.exec(line) ?? [];
        const value = Number(given);
        if (name !== undefined && Number.isFinite(value)) {
            const bare = name.replace(/^(vllm|sglang):/, "");
            sums.set(bare, (sums.get(bare) ?? 0) + value);
        }
    }
    return sums;
}

/**
 * What the server counted from `before` to `after`: means of its histograms' differences (sum over
 * count), and how the client's means differ. Undefined for a server that counts no requests.
 *
 * @param between looked at while requests were under way, for the use of its cache.
 */
export function serverNumbers(
    before: Metrics,
    after: Metrics,
    client: Distributions = {},
    between: readonly Metrics[] = [],
): ServerNumbers | undefined {
    const grown = (name: string): number | undefined => {
        const value = after.get(name);
        return value === undefined ? undefined : value - (before.get(name) ?? 0);
    };
    const requests = grown("e2e_request_latency_seconds_count");
    if (!requests || requests < 0) {
        return undefined;
    }
    const means = Object.entries(MEANS).flatMap(([metric, names]) => {
        const [name = ""] = names.filter((each) => (grown(`${each}_count`) ?? 0) > 0);
        const [sum, count] = [grown(`${name}_sum`), grown(`${name}_count`)];
        return sum !== undefined && count ? [[metric, Math.max(0, sum / count)] as const] : [];
    });
    const counts = Object.entries(COUNTS).flatMap(([key, name]) => {
        const value = grown(name);
        return value === undefined ? [] : [[key, Math.max(0, Math.round(value))] as const];
    });
    const uses = [before, ...between, after].flatMap((each) =>
        KV_CACHE_USE.flatMap((name) => each.get(name) ?? []),
    );
    return {
        requests: Math.round(requests),
        ...Object.fromEntries([...means, ...counts]),
        ...(uses.length > 0 && { kvCacheUse: Math.min(1, Math.max(0, ...uses)) }),
        differences: differencesOf(means, client),
    };
}

function differencesOf(
    means: readonly (readonly [string, number])[],
    client: Distributions,
): ServerNumbers["differences"] {
    return means.flatMap(([metric, server]) => {
        const ours = client[metric as keyof Distributions]?.mean;
        if (ours === undefined || server <= 0) {
            return [];
        }
        const share = (ours - server) / server;
        return Math.abs(share) > USUAL_DIFFERENCE ? [{ metric, client: ours, server, share }] : [];
    });
}
