import { parseServerMemory } from "../../../scripts/serverLog";

test("the memory lines of one rank", () => {
    const log = [
        "INFO 11-24 [gpu_model_runner.py:4577] Model loading took 16.65 GiB memory and 9.100000 seconds",
        "INFO 11-24 [gpu_worker.py:306] Available KV cache memory: 1.96 GiB",
    ].join("\n");
    expect(parseServerMemory(log)).toEqual({ loadGiB: 16.65, kvRoomGiB: 1.96 });
});

test("of several ranks, the largest load and the smallest room decide", () => {
    const log = [
        "(Worker_TP0) Model loading took 8.41 GiB memory",
        "(Worker_TP1) Model loading took 8.40 GiB memory",
        "(Worker_TP0) Available KV cache memory: 9.02 GiB",
        "(Worker_TP1) Available KV cache memory: 8.97 GiB",
    ].join("\n");
    expect(parseServerMemory(log)).toEqual({ loadGiB: 8.41, kvRoomGiB: 8.97 });
});

test("a server that ended while loading, or another server", () => {
    expect(parseServerMemory("Model loading took 8.41 GiB memory")).toEqual({ loadGiB: 8.41 });
    expect(parseServerMemory("listening on 8080")).toBeUndefined();
});
