import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";

import { machineText } from "../../../machine/userData";
import { environmentSchema } from "../../../suite/report/environment";
import { EmulatedMachine } from "./emulatedMachine";

const STATE = "var/lib/ephemeral-gpu-ci";
const REVISION = "0c351dd01ed87e9c1b53cbc748cba10e6187ff3b";
const SERVER = `vllm/vllm-openai@sha256:${"a".repeat(64)}`;

let machine: EmulatedMachine;

beforeEach(() => {
    machine = new EmulatedMachine();
    // The metadata service is not there: port 9 of this machine refuses at once.
    const script = machineText("environment.py").replace("169.254.169.254", "127.0.0.1:9");
    machine.put("opt/ephemeral-gpu-ci/environment.py", script);
    machine.put("etc/ephemeral-gpu-ci/server.image", `${SERVER}\n`);
    machine.put("etc/ephemeral-gpu-ci/suite.image", "node@sha256:b\n");
    machine.put(
        "etc/ephemeral-gpu-ci/ladder",
        "rung as-planned - 0\nnote as planned\narg Qwen/Planned\nrung eager oom 0\narg Qwen/Lower\n",
    );
    machine.command(
        "nvidia-smi",
        `case $1 in --query*) printf 'NVIDIA L4, 23034, 580.00\\nNVIDIA L4, 23034, 580.00\\n' ;;
*) echo '| NVIDIA-SMI 580.00   Driver Version: 580.00   CUDA Version: 13.0 |' ;; esac`,
    );
    serverRunsWith("Qwen/Qwen3-VL-8B-Instruct", "--max-num-batched-tokens", "4096");
});
afterEach(() => machine.remove());

function serverRunsWith(...args: string[]): void {
    const text = JSON.stringify(args).replaceAll("'", `'\\''`);
    machine.command("docker", `printf '%s\\n' '${text}'`);
}

/** One look, as the machine has it: the suite's verdict ends the script. */
function environment() {
    mkdirSync(machine.path(`${STATE}/report`), { recursive: true });
    const script = machine.path("opt/ephemeral-gpu-ci/environment.py");
    const verdict = machine.path(`${STATE}/report/verdict.json`);
    const done = spawnSync(
        "python3",
        [
            "-c",
            `import runpy, time
time.sleep = lambda seconds: open("${verdict}", "w").close()
runpy.run_path("${script}", run_name="__main__")`,
        ],
        {
            encoding: "utf8",
            env: { ...process.env, PATH: `${machine.path("bin")}:${process.env.PATH}` },
        },
    );
    expect(done).toMatchObject({ status: 0, stderr: "" });
    return environmentSchema.parse(JSON.parse(machine.read(`${STATE}/report/environment.json`)));
}

function blob(file: string, name: string): void {
    const repository = `${STATE}/cache/huggingface/hub/models--Qwen--Qwen3-VL-8B-Instruct`;
    machine.put(`${repository}/refs/main`, REVISION);
    machine.put(`${repository}/blobs/${name}`, "content");
    const link = machine.path(`${repository}/snapshots/${REVISION}/${file}`);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(machine.path(`${repository}/blobs/${name}`), link);
}

test("GPU, driver, images, and the server as it runs; what is not known is null", () => {
    expect(environment()).toMatchObject({
        gpus: [
            { name: "NVIDIA L4", memoryMiB: 23034 },
            { name: "NVIDIA L4", memoryMiB: 23034 },
        ],
        driver: "580.00",
        cuda: "13.0",
        instanceType: null,
        machineImage: null,
        serverImage: SERVER,
        serverArguments: ["Qwen/Qwen3-VL-8B-Instruct", "--max-num-batched-tokens", "4096"],
        suiteImage: "node@sha256:b",
        model: { id: "Qwen/Qwen3-VL-8B-Instruct", revision: null, weightsHash: null },
    });
});

test("a machine without a GPU and without a server that runs has the plan's model", () => {
    machine.command("nvidia-smi", "exit 9");
    machine.command("docker", "echo 'no such container' >&2; exit 1");
    expect(environment()).toMatchObject({
        gpus: [],
        driver: null,
        cuda: null,
        serverArguments: ["Qwen/Planned"],
        model: { id: "Qwen/Planned" },
    });
});

test("the weights are told by what the cache calls them, and nothing is read", () => {
    const [one, two] = ["1".repeat(64), "2".repeat(64)];
    blob("model-00001-of-00002.safetensors", one);
    blob("model-00002-of-00002.safetensors", two);
    // Small files are named otherwise, and are told by the revision.
    blob("config.json", "c".repeat(40));
    const lines = [
        `model-00001-of-00002.safetensors ${one}\n`,
        `model-00002-of-00002.safetensors ${two}\n`,
    ];
    expect(environment().model).toEqual({
        id: "Qwen/Qwen3-VL-8B-Instruct",
        revision: REVISION,
        weightsHash: createHash("sha256").update(lines.join("")).digest("hex"),
    });
});

test("a revision that was asked for is the one that is told", () => {
    blob("model.safetensors", "1".repeat(64));
    serverRunsWith("Qwen/Qwen3-VL-8B-Instruct", "--revision", REVISION);
    expect(environment().model.revision).toBe(REVISION);
    serverRunsWith("Qwen/Qwen3-VL-8B-Instruct", "--revision=v2");
    expect(environmentAgain().model.revision).toBeNull();
});

function environmentAgain() {
    machine.removeFile(`${STATE}/report/verdict.json`);
    return environment();
}

test.each([
    [
        ["--api-key", "one", "two", "--seed", "1"],
        ["--api-key", "***", "***", "--seed", "1"],
    ],
    [["--api-key=one"], ["--api-key=***"]],
    [
        ["--hf-token", `hf_${"x".repeat(30)}`],
        ["--hf-token", "***"],
    ],
    [
        ["--env", `TOKEN=hf_${"x".repeat(30)}`],
        ["--env", "TOKEN=***"],
    ],
])("%j: no key or token is told", (args, shown) => {
    serverRunsWith("M", ...args);
    expect(environment().serverArguments).toEqual(["M", ...shown]);
});
