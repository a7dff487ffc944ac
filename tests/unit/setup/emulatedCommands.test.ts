import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** The commands of the machine's image that stand in for Docker and for NVIDIA's tool. */
const BIN = path.resolve(__dirname, "../../../rehearsal/machines/files/usr/local/bin");

let dir: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "emulated-"));
    // Instead of podman: one that writes down how it was called, a line an argument.
    fs.writeFileSync(
        path.join(dir, "podman"),
        [
            "#!/bin/sh",
            'case "$1 $2" in',
            '"--version "*) echo podman version 4.3.1 ;;',
            '"image exists") ;;',
            `*) printf '%s\\n' "$@" ;;`,
            "esac\n",
        ].join("\n"),
        { mode: 0o755 },
    );
    env = {
        PATH: `${dir}:${process.env.PATH}`,
        REHEARSAL_MACHINE_FILE: path.join(dir, "machine.json"),
        REHEARSAL_GPU_DIR: path.join(dir, "gpu"),
    };
});

beforeEach(() => {
    fs.rmSync(path.join(dir, "gpu"), { recursive: true, force: true });
    fs.writeFileSync(
        path.join(dir, "machine.json"),
        JSON.stringify({
            instanceId: "i-0123456789abcdef0",
            instanceType: "g6.12xlarge",
            gpuName: "L4",
            gpuCount: 2,
            gpuMemoryMiB: 23034,
        }),
    );
});

afterAll(() => {
    fs.rmSync(dir, { recursive: true, force: true });
});

interface Result {
    readonly status: number | null;
    readonly lines: string[];
    readonly stderr: string;
}

function call(command: string, ...args: string[]): Result {
    const result = spawnSync(path.join(BIN, command), args, { env, encoding: "utf8" });
    return {
        status: result.status,
        lines: result.stdout.split("\n").slice(0, -1),
        stderr: result.stderr,
    };
}

const docker = (...args: string[]): Result => call("docker", ...args);
const smi = (...args: string[]): Result => call("nvidia-smi", ...args);

const MODEL = "localhost/ephemeral-gpu-ci/model-stand-in:latest";
const PYTEST = "localhost/ephemeral-gpu-ci/pytest-suite:latest";
const NODE = "localhost/ephemeral-gpu-ci/node:latest";

describe("docker", () => {
    test("the server's start: no --gpus, the GPU's description instead, the stand-in's image", () => {
        const { lines, stderr } = docker(
            ...["run", "--rm", "--name", "s", "--gpus", "all", "-e", "A=two words"],
            ...["vllm/vllm-openai:v0.31.0@sha256:c1c9", "Qwen/Qwen3-VL-8B", "--port", "8000"],
        );
        expect(lines).toEqual([
            ...["run", "--cgroups=disabled"],
            ...["-v", `${dir}/machine.json:/etc/rehearsal/machine.json:ro`],
            ...["-v", `${dir}/gpu:/run/rehearsal/gpu`],
            ...["--rm", "--name", "s", "-e", "A=two words"],
            ...[MODEL, "Qwen/Qwen3-VL-8B", "--port", "8000"],
        ]);
        expect(stderr).toContain("stand-in");
    });

    test("what follows the image is the container's own", () => {
        const { lines } = docker("run", "node:22-slim", "node", "--gpus", "node:x");
        expect(lines).toEqual(["run", "--cgroups=disabled", NODE, "node", "--gpus", "node:x"]);
    });

    test.each([
        ["vllm/vllm-openai", MODEL],
        ["docker.io/vllm/vllm-openai:latest", MODEL],
        ["node:22-slim@sha256:83f4", NODE],
        ["library/node", NODE],
        ["ghcr.io/acme/pytest-suite@sha256:aa", PYTEST],
        ["/srv/pytest-suite:/suite:ro", "/srv/pytest-suite:/suite:ro"],
        ["vllm/vllm-openai-cpu:v1", "vllm/vllm-openai-cpu:v1"],
        ["nodejs:1", "nodejs:1"],
        ["registry.example/node:22", "registry.example/node:22"],
    ])("%s is %s", (image, expected) => {
        expect(docker("image", "inspect", image).lines).toEqual(["image", "inspect", expected]);
    });

    test("a stand-in is not pulled and says so, anything else is pulled for real", () => {
        const stand = docker("pull", "--quiet", "node:22-slim");
        expect(stand).toMatchObject({ status: 0, lines: [expect.stringContaining("stand-in")] });
        expect(docker("pull", "--quiet", "a/b:1").lines).toEqual(["pull", "--quiet", "a/b:1"]);
    });

    test.each([
        [["--version"], "Docker version stand-in-podman-4.3.1"],
        [["version", "--format", "{{.Server.Version}}"], "stand-in-podman-4.3.1"],
        [["info", "--format", "{{.ServerVersion}}"], "stand-in-podman-4.3.1"],
    ])("%j names the stand-in", (args, expected) => {
        expect(docker(...args).lines).toEqual([expected]);
    });
});

describe("nvidia-smi", () => {
    const report = (name: string, ageSeconds: number, used: number, busy: number): void => {
        fs.mkdirSync(path.join(dir, "gpu"), { recursive: true });
        fs.writeFileSync(
            path.join(dir, "gpu", name),
            JSON.stringify({
                memoryUsedMiB: used,
                utilizationPercent: busy,
                updatedAt: Date.now() / 1000 - ageSeconds,
            }),
        );
    };
    const query = (fields: string, format = "csv,noheader,nounits"): string[] =>
        smi(`--query-gpu=${fields}`, `--format=${format}`).lines;

    test("one line a GPU, with and without units and header", () => {
        expect(query("index,name,memory.total")).toEqual([
            "0, NVIDIA L4, 23034",
            "1, NVIDIA L4, 23034",
        ]);
        expect(query("memory.total,utilization.gpu", "csv")).toEqual([
            "memory.total [MiB], utilization.gpu [%]",
            "23034 MiB, 0 %",
            "23034 MiB, 0 %",
        ]);
        expect(query("driver_version,compute_cap")[0]).toBe("580.00-stand-in, 8.9");
    });

    test("use is what the servers report, but not one that died", () => {
        report("1.json", 1, 9000, 40);
        report("2.json", 2, 1000, 75);
        report("3.json", 120, 5000, 99);
        fs.writeFileSync(path.join(dir, "gpu", "4.json"), "{");
        expect(query("memory.used,memory.free,utilization.gpu")[0]).toBe("10000, 13034, 75");
    });

    test.each([
        [["--query-gpu=nonsense", "--format=csv"], 2, "not a valid field"],
        [["--query-gpu=name"], 2, "--format"],
        [["--query-gpu"], 2, "missing its value"],
        [["--reset"], 2, "--reset"],
    ])("%j fails with %d", (args, status, text) => {
        const result = smi(...args);
        expect(result.status).toBe(status);
        expect(result.lines.join("\n")).toContain(text);
    });

    test("a machine without a GPU", () => {
        fs.rmSync(path.join(dir, "machine.json"));
        for (const args of [[], ["-L"], ["--query-gpu=name", "--format=csv"]]) {
            expect(smi(...args)).toMatchObject({
                status: 9,
                lines: [expect.stringContaining("has no GPU")],
            });
        }
    });

    test("it never passes for the real one", () => {
        expect(smi().lines.join("\n")).toContain("stand-in, no real GPU");
        expect(smi("-L").lines).toEqual([
            expect.stringMatching(/^GPU 0: NVIDIA L4 \(UUID: GPU-.*\) \(stand-in\)$/),
            expect.stringMatching(/^GPU 1: NVIDIA L4 \(UUID: GPU-.*\) \(stand-in\)$/),
        ]);
    });
});
