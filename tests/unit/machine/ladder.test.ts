import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { machineScript } from "../../../machine/userData";
import { serverFiles, ServerRung } from "../../../machine/serverFiles";

// The texts are vLLM's, as its users have reported them; the sources stand beside them.
const LOGS = {
    // vLLM 0.32, v1/worker/gpu_model_runner.py, load_model
    weights:
        "(EngineCore_DP0 pid=9) ERROR 11-24 06:00:00 [gpu_model_runner.py:4561] Failed to load model - not enough GPU memory. Try lowering --gpu-memory-utilization to free memory for weights, increasing --tensor-parallel-size, or using --quantization. See https://docs.vllm.ai/en/latest/configuration/conserving_memory/ for more tips. (original error: CUDA out of memory. Tried to allocate 192.00 MiB.)\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 192.00 MiB.",
    // https://github.com/vllm-project/vllm/issues/26884
    noRoom: "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.",
    // vLLM 0.32, v1/core/kv_cache_utils.py: without the estimate where it is 0
    notOne: "ValueError: To serve at least one request with the model's max seq len (40960), (5.62 GiB KV cache is needed, which is larger than the available KV cache memory (0.00 GiB). Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
    context:
        "(EngineCore_DP0 pid=18799) ERROR 10-08 20:33:48 [core.py:708] ValueError: To serve at least one request with the models's max seq len (40960), (5.62 GiB KV cache is needed, which is larger than the available KV cache memory (4.50 GiB). Based on the available memory, the estimated maximum model length is 32768. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
    inUse: "ValueError: Free memory on device cuda:0 (3.25/23.43 GiB) on startup is less than desired GPU memory utilization (0.96, 22.49 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.",
    // https://github.com/vllm-project/vllm/issues/26863, .../club-3090/issues/58
    request:
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 232.00 MiB. GPU 0 has a total capacity of 23.57 GiB of which 154.25 MiB is free.\nvllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.",
    warmUp: "RuntimeError: CUDA out of memory occurred when warming up sampler with 256 dummy requests. Please try lowering `max_num_seqs` or `gpu_memory_utilization` when initializing the engine.",
    // https://github.com/vllm-project/vllm/issues/18446
    nccl: "ncclUnhandledCudaError: Call to CUDA function failed.\nLast error:\nCuda failure 'out of memory'",
    illegal: "RuntimeError: CUDA error: an illegal memory access was encountered",
    killed: "(APIServer pid=1) INFO 11-24 06:00:00 Loading safetensors checkpoint shards:  50% Completed",
    options: "vllm serve: error: unrecognized arguments: --no-such-option",
} as const;

let dir: string;

beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "ladder-"));
    for (const path of ["phases", "report"]) {
        mkdirSync(join(dir, "var/lib/ephemeral-gpu-ci", path), { recursive: true });
    }
    mkdirSync(join(dir, "var/log/ephemeral-gpu-ci"), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const inside = (path: string) => join(dir, path);
const state = (name: string) => inside(`var/lib/ephemeral-gpu-ci/${name}`);

/** Puts a file where it is on a machine, below a folder of this test's own. */
function put(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(inside(path)), { recursive: true });
    const moved = content.replace(/\/(etc|opt|var\/lib|var\/log)\/ephemeral-gpu-ci/g, `${dir}$&`);
    writeFileSync(inside(path), moved, { mode });
}

function run(script: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    const { path } = machineScript(script);
    return spawnSync("sh", [inside(path), ...args], {
        encoding: "utf8",
        env: { ...process.env, ...env, PATH: `${inside("bin")}:${process.env.PATH}` },
    });
}

describe("oom.sh tells the failures of vLLM apart", () => {
    test.each`
        log          | status | failure
        ${"weights"} | ${1}   | ${"weights-too-big"}
        ${"noRoom"}  | ${1}   | ${"no-room-for-cache"}
        ${"notOne"}  | ${1}   | ${"no-room-for-cache"}
        ${"context"} | ${1}   | ${"context-too-long"}
        ${"inUse"}   | ${1}   | ${"gpu-in-use"}
        ${"request"} | ${0}   | ${"cuda-out-of-memory"}
        ${"warmUp"}  | ${1}   | ${"cuda-out-of-memory"}
        ${"nccl"}    | ${1}   | ${"cuda-out-of-memory"}
        ${"killed"}  | ${137} | ${"host-out-of-memory"}
        ${"killed"}  | ${0}   | ${"other"}
        ${"illegal"} | ${1}   | ${"other"}
        ${"options"} | ${2}   | ${"other"}
    `("$log, exit code $status: $failure", ({ log, status, failure }) => {
        const { path, content } = machineScript("oom.sh");
        put(path, content);
        put("log", `(APIServer pid=1) INFO vLLM\n${LOGS[log as keyof typeof LOGS]}\n`);
        expect(run("oom.sh", [String(status), inside("log")]).stdout).toBe(`${failure}\n`);
    });
});

const LADDER: readonly ServerRung[] = [
    {
        name: "fewer-sequences",
        note: "2 instead of 8 requests at once",
        helps: ["no-room-for-cache", "context-too-long", "cuda-out-of-memory"],
        args: ["model", "--max-num-seqs", "2", "--json", '{"a": "b \\\\ $c"}'],
    },
    {
        name: "server-length",
        note: "the server's own context",
        helps: ["context-too-long"],
        leastLength: 1600,
        args: ["model", "--max-model-len", "@SERVER_LENGTH:8192@"],
    },
    {
        name: "fp8-kv",
        note: "FP8 cache",
        helps: ["context-too-long", "cuda-out-of-memory"],
        args: ["model", "--max-model-len", "@SERVER_LENGTH:8192@", "--kv-cache-dtype", "fp8"],
    },
];

/** How a start of a server ends; with `true`, after the suite has been at work. */
type End = readonly [log: keyof typeof LOGS, status: number, inSuite?: boolean];

/** The starts of a server: how each ends; after the last one the unit is stopped. */
function serve(ends: readonly End[], ladder = LADDER) {
    for (const { path, content } of [
        ...serverFiles({ image: "image@sha256:1", args: ["model", "--planned"], ladder }),
        machineScript("finish.sh"),
    ]) {
        put(path, content, 0o755);
    }
    ends.forEach(([log, status, inSuite = false], index) => {
        put(`ends/${index + 1}.suite`, inSuite ? "date -u +%s" : "echo 1");
        put(`ends/${index + 1}.log`, `${LOGS[log]}\n`);
        put(`ends/${index + 1}.status`, String(status));
    });
    put(
        "bin/docker",
        `#!/bin/sh
case $1 in
run) ;;
*) exit 0 ;;
esac
while [ "$1" != image@sha256:1 ]; do shift; done
shift
n=$(($(cat "${dir}/starts" 2>/dev/null || echo 0) + 1))
echo $n >"${dir}/starts"
printf '%s\\n' "$@" >"${dir}/args.$n"
if [ ! -e "${dir}/ends/$n.log" ]; then
    # As systemd stops the unit.
    touch /var/lib/ephemeral-gpu-ci/phases/suite
    kill -TERM $PPID
    exit 0
fi
sh "${dir}/ends/$n.suite" >/var/lib/ephemeral-gpu-ci/phases/suite
cat "${dir}/ends/$n.log"
exit "$(cat "${dir}/ends/$n.status")"
`,
        0o755,
    );
    put("bin/sleep", "#!/bin/sh\n", 0o755);
    run("serve.sh");
    put("opt/ephemeral-gpu-ci/health.sh", "#!/bin/sh\n", 0o755);
    run("finish.sh", [], { EXIT_CODE: "exited", EXIT_STATUS: "3" });
    const { rungs, ended } = JSON.parse(readFileSync(state("report/ladder.json"), "utf8"));
    const args = (start: number) =>
        readFileSync(inside(`args.${start}`), "utf8")
            .trimEnd()
            .split("\n");
    return {
        starts: Number(readFileSync(inside("starts"), "utf8")),
        args,
        ended,
        rungs: rungs.map((rung: any) => `${rung.name} ${rung.failure}`),
        notes: rungs.map((rung: any) => rung.note),
    };
}

describe("serve.sh", () => {
    test("stays as planned when nothing fails", () => {
        const { args, rungs, ended } = serve([]);
        expect(args(1)).toEqual(["model", "--planned"]);
        expect({ rungs, ended }).toEqual({ rungs: ["as-planned null"], ended: "served" });
    });

    test("goes to the next rung that helps, with its arguments as they are", () => {
        const { args, rungs, notes } = serve([["noRoom", 1]]);
        expect(rungs).toEqual(["as-planned no-room-for-cache", "fewer-sequences null"]);
        expect(notes).toEqual(["as planned", LADDER[0].note]);
        expect(args(2)).toEqual([...LADDER[0].args]);
    });

    test("takes the context that the server named, a little less", () => {
        const { args, rungs } = serve([
            ["context", 1],
            ["context", 1],
        ]);
        expect(rungs).toEqual([
            "as-planned context-too-long",
            "fewer-sequences context-too-long",
            "server-length null",
        ]);
        expect(args(3)).toEqual(["model", "--max-model-len", "32256"]);
    });

    test("passes over a rung that does not help, and keeps the planned context there", () => {
        const { args, rungs } = serve([
            ["warmUp", 1],
            ["request", 0],
        ]);
        expect(rungs.at(-1)).toBe("fp8-kv null");
        expect(args(3).slice(1, 3)).toEqual(["--max-model-len", "8192"]);
    });

    test("passes over the server's context where it is too short for an image", () => {
        const ladder = LADDER.map((rung) => ({ ...rung, leastLength: rung.leastLength && 99_999 }));
        const { rungs } = serve(
            [
                ["context", 1],
                ["context", 1],
            ],
            ladder,
        );
        expect(rungs.at(-1)).toBe("fp8-kv null");
    });

    test("waits once for memory that is not given back yet", () => {
        const once = serve([["inUse", 1]]);
        expect(once.rungs).toEqual(["as-planned gpu-in-use", "as-planned null"]);
    });

    test.each`
        why                                | ends                               | starts | ended
        ${"no rung is left"}               | ${[["noRoom", 1], ["noRoom", 1]]}  | ${2}   | ${"exhausted"}
        ${"no rung helps at all"}          | ${[["weights", 1]]}                | ${1}   | ${"exhausted"}
        ${"the host has too little"}       | ${[["killed", 137]]}               | ${1}   | ${"exhausted"}
        ${"something else holds the GPU"}  | ${[["inUse", 1], ["inUse", 1]]}    | ${2}   | ${"exhausted"}
        ${"it is not about memory"}        | ${[["illegal", 1]]}                | ${1}   | ${"other"}
        ${"a lower rung breaks otherwise"} | ${[["noRoom", 1], ["options", 2]]} | ${2}   | ${"other"}
    `("ends when $why: $ended", ({ ends, starts, ended }) => {
        const end = serve(ends);
        expect({ starts: end.starts, ended: end.ended }).toEqual({ starts, ended });
    });

    test("has tried every rung once when each of them fails", () => {
        const { rungs, ended } = serve(Array(9).fill(["context", 1]));
        expect(rungs).toHaveLength(LADDER.length + 1);
        expect(ended).toBe("exhausted");
    });
});

describe("serve.sh, when a case of the suite uses up the memory", () => {
    const split: ServerRung = {
        name: "split-cases",
        note: "without the cases in which it ran out of memory",
        helps: ["cuda-out-of-memory-in-case"],
        args: [],
    };
    const ladder = [...LADDER, split];
    const inCase: End = ["request", 0, true];

    test("leaves out cases once no other rung helps, with the arguments of the last start", () => {
        // FP8 would not help here: what is left out is a case of the rung above it.
        const noFp8 = [...LADDER.slice(0, 2), { ...LADDER[2], helps: ["context-too-long"] }, split];
        const { args, rungs, notes, ended } = serve([inCase, inCase], noFp8);
        expect(rungs).toEqual([
            "as-planned cuda-out-of-memory",
            "fewer-sequences cuda-out-of-memory",
            "split-cases null",
        ]);
        expect(args(3)).toEqual(args(2));
        expect(notes.at(-1)).toBe(`${LADDER[0].note}; ${split.note}`);
        expect(ended).toBe("served");
    });

    test("leaves out three cases at most", () => {
        const { starts, rungs, ended } = serve(Array(9).fill(inCase), ladder);
        expect(rungs.slice(-3)).toEqual(Array(3).fill("split-cases cuda-out-of-memory"));
        expect({ starts, ended }).toEqual({ starts: 6, ended: "exhausted" });
    });

    test.each`
        why                               | ends                                       | rungs
        ${"nothing was asked yet"}        | ${[inCase, inCase, ["request", 0]]}        | ${["as-planned", "fewer-sequences", "fp8-kv"]}
        ${"a start without a case fails"} | ${[inCase, inCase, inCase, ["warmUp", 1]]} | ${["as-planned", "fewer-sequences", "fp8-kv", "split-cases"]}
        ${"it is not the GPU's memory"}   | ${[["killed", 137, true]]}                 | ${["as-planned"]}
    `("does not when $why", ({ ends, rungs }) => {
        const end = serve(ends, ladder);
        expect(end.rungs.map((rung: string) => rung.split(" ")[0])).toEqual(rungs);
        expect(end.ended).toBe("exhausted");
    });
});

test("a rung's words must be such that the machine can write them into JSON", () => {
    const rung = { ...LADDER[0], note: 'a "quoted" word' };
    expect(() => serverFiles({ image: "i", args: ["m"], ladder: [rung] })).toThrow("plain words");
});
