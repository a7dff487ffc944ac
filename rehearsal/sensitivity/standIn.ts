import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the stand-in serves here; its size decides about memory only. */
export const MODEL = "Qwen/Qwen3-VL-8B-Instruct";

const SERVER = join(__dirname, "..", "model", "server.py");
const MACHINE = { gpuName: "L40S", gpuCount: 1, gpuMemoryMiB: 45_776 };
/** So long that filling it takes a moment, not the time of the whole run. */
const CONTEXT_TOKENS = 8192;
const READY_SECONDS = 30;

/** The stand-in model in a process of its own, warm for many runs. */
export class StandIn {
    private constructor(
        private readonly process: ChildProcess,
        private readonly folder: string,
        private readonly port: number,
    ) {}

    /**
     * Starts it and waits until it listens.
     *
     * @param python with numpy and Pillow.
     * @param tokensPerSecond its pace; 0 for no waiting.
     */
    static async start(python: string, tokensPerSecond: number): Promise<StandIn> {
        const folder = mkdtempSync(join(tmpdir(), "stand-in-"));
        const machine = join(folder, "machine.json");
        writeFileSync(
            machine,
            JSON.stringify({
                ...MACHINE,
                modelTokensPerSecond: tokensPerSecond,
                modelStartSeconds: 0,
            }),
        );
        const process_ = spawn(
            python,
            [
                ...[SERVER, MODEL, "--host", "127.0.0.1", "--port", "0"],
                ...["--max-model-len", String(CONTEXT_TOKENS), "--max-num-seqs", "64"],
                "--disable-uvicorn-access-log",
            ],
            {
                env: { ...process.env, REHEARSAL_MACHINE_FILE: machine, PYTHONUNBUFFERED: "1" },
                stdio: ["ignore", "pipe", "pipe"],
            },
        );
        return new StandIn(process_, folder, await portOf(process_));
    }

    /** Where it answers as if it had these faults; without any, as it is. */
    url(faults: readonly string[] = []): string {
        const prefix = faults.length > 0 ? `/with-faults/${faults.join(",")}` : "";
        return `http://127.0.0.1:${this.port}${prefix}`;
    }

    async stop(): Promise<void> {
        if (this.process.exitCode === null && this.process.signalCode === null) {
            const ended = new Promise((resolve) => this.process.once("exit", resolve));
            this.process.kill("SIGTERM");
            await ended;
        }
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** The port of its own choice, as its log tells it. */
function portOf(server: ChildProcess): Promise<number> {
    return new Promise((resolve, reject) => {
        let log = "";
        const fail = (why: string): void => reject(new Error(`the stand-in ${why}:\n${log}`));
        const timer = setTimeout(() => {
            server.kill("SIGKILL");
            fail(`is not ready after ${READY_SECONDS} s`);
        }, READY_SECONDS * 1000);
        const read = (chunk: Buffer): void => {
            log = (log + chunk.toString("utf8")).slice(-20_000);
            const port = /on http:\/\/127\.0\.0\.1:(\d+)\n/.exec(log)?.[1];
            if (port !== undefined) {
                clearTimeout(timer);
                resolve(Number(port));
            }
        };
        server.stdout?.on("data", read);
        server.stderr?.on("data", read);
        server.once("error", reject);
        server.once("exit", (code) => {
            clearTimeout(timer);
            fail(`ended with exit code ${code}`);
        });
    });
}
