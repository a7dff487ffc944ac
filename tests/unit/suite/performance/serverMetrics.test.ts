import { parseMetrics, serverNumbers } from "../../../../suite/performance/serverMetrics";

const text = (count: number, sum: number, tokens: number, cache = 0): string => `
# HELP vllm:e2e_request_latency_seconds Histogram of e2e request latency in seconds.
# TYPE vllm:e2e_request_latency_seconds histogram
vllm:e2e_request_latency_seconds_bucket{engine="0",le="1.0",model_name="a b {c}"} ${count}
vllm:e2e_request_latency_seconds_sum{engine="0",model_name="a b {c}"} ${sum}
vllm:e2e_request_latency_seconds_count{engine="0",model_name="a b {c}"} ${count}
vllm:time_to_first_token_seconds_sum{engine="0"} ${sum / 4}
vllm:time_to_first_token_seconds_count{engine="0"} ${count}
vllm:generation_tokens_total{engine="0"} ${tokens}
vllm:generation_tokens_total{engine="1"} ${tokens}
vllm:num_preemptions_total{engine="0"} 3.0
vllm:kv_cache_usage_perc{engine="0"} ${cache}
python_gc_objects_collected_total{generation="0"} NaN
`;
const [before, after] = [parseMetrics(text(10, 20, 100)), parseMetrics(text(14, 28, 150))];

it("takes what was counted in between, over all engines", () => {
    const half = parseMetrics(text(12, 24, 120, 0.4));
    expect(serverNumbers(before, after, {}, [half])).toEqual({
        requests: 4,
        endToEndSeconds: 2,
        timeToFirstTokenSeconds: 0.5,
        generationTokens: 100,
        preemptions: 0,
        kvCacheUse: 0.4,
        differences: [],
    });
});

it("names what client and server do not agree on, and nothing else", () => {
    const of = (mean: number) => {
        const percentile = { value: mean };
        return {
            count: 4,
            mean,
            p50: percentile,
            p90: percentile,
            p95: percentile,
            p99: percentile,
        };
    };
    const client = { endToEndSeconds: of(2.1), timeToFirstTokenSeconds: of(0.75) };
    expect(serverNumbers(before, after, client)?.differences).toEqual([
        { metric: "timeToFirstTokenSeconds", client: 0.75, server: 0.5, share: 0.5 },
    ]);
});

it("knows nothing of a server that counts no requests, or has started anew", () => {
    const none = parseMetrics("llamacpp:prompt_tokens_total 5\n<html>");
    expect(serverNumbers(none, none)).toBeUndefined();
    expect(serverNumbers(after, before)).toBeUndefined();
});
