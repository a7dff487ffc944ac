import { parseServerMemory } from "../../../scripts/serverLog";

const UNKNOWN = {
    kvRoomGiB: undefined,
    kvTokens: undefined,
    sequences: undefined,
    graphGiB: undefined,
    encoderTokens: undefined,
};

test("the memory lines of one rank", () => {
    const log = [
        "INFO 11-24 [gpu_model_runner.py:4577] Model loading took 16.65 GiB memory and 9.100000 seconds",
        "INFO 11-24 [gpu_model_runner.py:5000] Encoder cache will be initialized with a budget of 16384 tokens, and profiled with 1 image items of the maximum feature size.",
        "INFO 11-24 [gpu_worker.py:306] Available KV cache memory: 1.96 GiB",
        "INFO 11-24 [kv_cache_utils.py:1307] GPU KV cache size: 14,272 tokens",
        "INFO 11-24 [kv_cache_utils.py:1312] Maximum concurrency for 8,192 tokens per request: 1.74x",
        "INFO 11-24 [gpu_model_runner.py:5500] Graph capturing finished in 12 secs, took 0.51 GiB",
    ].join("\n");
    expect(parseServerMemory(log)).toEqual({
        loadGiB: 16.65,
        kvRoomGiB: 1.96,
        kvTokens: 14272,
        sequences: 1.74,
        graphGiB: 0.51,
        encoderTokens: 16384,
    });
});

test("of several ranks, the largest load and the smallest room decide", () => {
    const log = [
        "(Worker_TP0) Model loading took 8.41 GiB memory",
        "(Worker_TP1) Model loading took 8.40 GiB memory",
        "(Worker_TP0) Available KV cache memory: 9.02 GiB",
        "(Worker_TP1) Available KV cache memory: 8.97 GiB",
    ].join("\n");
    expect(parseServerMemory(log)).toEqual({ ...UNKNOWN, loadGiB: 8.41, kvRoomGiB: 8.97 });
});

test("of several starts, the last one counts", () => {
    const start = (load: number, room: number) => [
        "INFO 11-24 [utils.py:325] vLLM API server version 0.31.0",
        `Model loading took ${load} GiB memory`,
        `Available KV cache memory: ${room} GiB`,
    ];
    const log = [...start(16.6, -0.4), ...start(8.9, 6.2)].join("\n");
    expect(parseServerMemory(log)).toMatchObject({ loadGiB: 8.9, kvRoomGiB: 6.2 });
});

test("a server that ended while loading, or another server", () => {
    const loaded = parseServerMemory("Model loading took 8.41 GiB memory");
    expect(loaded).toEqual({ ...UNKNOWN, loadGiB: 8.41 });
    expect(parseServerMemory("listening on 8080")).toBeUndefined();
});
