import { ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "simple-statistics";
import { run } from "../../scripts/setup/commands";
import { ClientFigures, summarise, Summary } from "./figures";

const PROJECT = resolve(__dirname, "../..");
const MODEL = "Qwen/Qwen3-VL-8B-Instruct";
const MAX_TOKENS = 48;
const SEED = 20261124;

export interface AgreementOptions {
    /** Of the virtual environment with the stand-in's packages, and of that with guidellm. */
    readonly serverPython: string;
    readonly guidellmPython: string;
    readonly concurrencies: readonly number[];
    /** Measured ones, of each client in each round. */
    readonly requests: number;
    readonly rounds: number;
    readonly firstTokenSeconds: number;
    readonly tokenSeconds: number;
    readonly onRound?: (line: string) => void;
}

export interface Agreement {
    readonly concurrency: number;
    readonly metric: keyof Summary;
    /** Medians over the rounds. */
    readonly suite: number;
    readonly guidellm: number;
    /** Median of the rounds' own differences: (suite - guidellm) / guidellm. */
    readonly difference: number;
    readonly lowest: number;
    readonly highest: number;
}

export interface AgreementReport {
    readonly rows: readonly Agreement[];
    /** CPU of a client for each request, medians over rounds and concurrencies. */
    readonly suiteCpuSeconds: number;
    /** Without what guidellm takes to start, by a run with fewer requests. */
    readonly guidellmCpuSeconds: number;
}

/**
 * Measures one server by two clients that take turns: the suite's, and guidellm. Both send the same prompts
 * with the same limits; the server's pace is fixed, so that what differs is the clients' doing.
 *
 * @throws CommandError where a client fails, Error where the server does not start.
 */
export async function measureAgreement(options: AgreementOptions): Promise<AgreementReport> {
    const folder = mkdtempSync(join(tmpdir(), "agreement-"));
    const server = await startServer(options, folder);
    try {
        const rounds: Round[] = [];
        for (const concurrency of options.concurrencies) {
            for (let round = 0; round < options.rounds; round++) {
                const done = await runRound(options, server.url, folder, concurrency, round);
                rounds.push(done);
                options.onRound?.(sayRound(done, round));
            }
        }
        return reportOf(options, rounds, await startCpuSeconds(options, server.url, folder));
    } finally {
        server.process.kill("SIGTERM");
        rmSync(folder, { recursive: true, force: true });
    }
}

interface Round {
    readonly concurrency: number;
    readonly suite: Summary;
    readonly guidellm: Summary;
    readonly requests: number;
    readonly suiteCpuSeconds: number;
    readonly guidellmCpuSeconds: number;
}

const METRICS = ["timeToFirstTokenSeconds", "interTokenSeconds", "outputTokensPerSecond"] as const;

async function runRound(
    { requests, guidellmPython }: AgreementOptions,
    url: string,
    folder: string,
    concurrency: number,
    round: number,
): Promise<Round> {
    const warmUp = 2 * concurrency;
    const prompts = writePrompts(folder, warmUp + requests);
    const suite = (): Promise<ClientFigures> => runSuiteClient(url, prompts, concurrency);
    const other = (): Promise<ClientFigures> =>
        runGuidellm(guidellmPython, url, prompts, concurrency);
    // Whoever comes second finds the machine as the first left it: they take turns.
    const first = await (round % 2 === 0 ? suite() : other());
    const second = await (round % 2 === 0 ? other() : suite());
    const [ours, theirs] = round % 2 === 0 ? [first, second] : [second, first];
    for (const [client, { requests: answered }] of Object.entries({ ours, theirs })) {
        if (answered.length !== warmUp + requests) {
            throw new Error(`${client}: ${answered.length} of ${warmUp + requests} were answered`);
        }
    }
    return {
        concurrency,
        suite: summarise(ours, warmUp),
        guidellm: summarise(theirs, warmUp),
        requests: warmUp + requests,
        suiteCpuSeconds: ours.cpuSeconds,
        guidellmCpuSeconds: theirs.cpuSeconds,
    };
}

function writePrompts(folder: string, count: number): string {
    const file = join(folder, "prompts.jsonl");
    const lines = Array.from({ length: count }, (_, index) =>
        JSON.stringify({ prompt: `Write one sentence about the number ${index + 1}.` }),
    );
    writeFileSync(file, `${lines.join("\n")}\n`);
    return file;
}

async function runSuiteClient(
    url: string,
    prompts: string,
    concurrency: number,
): Promise<ClientFigures> {
    const script = join(__dirname, "suiteClient.ts");
    const args = [url, MODEL, prompts, concurrency, MAX_TOKENS, SEED].map(String);
    const output = await run(process.execPath, ["--require", "tsx/cjs", script, ...args], {
        cwd: PROJECT,
    });
    return JSON.parse(output) as ClientFigures;
}

async function runGuidellm(
    python: string,
    url: string,
    prompts: string,
    concurrency: number,
): Promise<ClientFigures> {
    const script = join(__dirname, "run_guidellm.py");
    const args = [url, prompts, concurrency, MAX_TOKENS, SEED].map(String);
    const output = await run(python, [script, ...args], { cwd: PROJECT });
    return JSON.parse(output.trim().split("\n").at(-1) as string) as ClientFigures;
}

/** What guidellm takes for two requests, which is its start. */
async function startCpuSeconds(
    { guidellmPython, concurrencies }: AgreementOptions,
    url: string,
    folder: string,
): Promise<number> {
    const prompts = writePrompts(folder, 2);
    const [concurrency = 1] = concurrencies;
    return (await runGuidellm(guidellmPython, url, prompts, concurrency)).cpuSeconds;
}

function reportOf(
    { concurrencies }: AgreementOptions,
    rounds: readonly Round[],
    startSeconds: number,
): AgreementReport {
    const rows = concurrencies.flatMap((concurrency) => {
        const own = rounds.filter((round) => round.concurrency === concurrency);
        return METRICS.map((metric): Agreement => {
            const differences = own.map(
                ({ suite, guidellm }) => suite[metric] / guidellm[metric] - 1,
            );
            return {
                concurrency,
                metric,
                suite: median(own.map(({ suite }) => suite[metric])),
                guidellm: median(own.map(({ guidellm }) => guidellm[metric])),
                difference: median(differences),
                lowest: Math.min(...differences),
                highest: Math.max(...differences),
            };
        });
    });
    return {
        rows,
        suiteCpuSeconds: median(rounds.map((each) => each.suiteCpuSeconds / each.requests)),
        guidellmCpuSeconds: median(
            rounds.map((each) => (each.guidellmCpuSeconds - startSeconds) / (each.requests - 2)),
        ),
    };
}

function sayRound({ concurrency, suite, guidellm }: Round, round: number): string {
    const parts = METRICS.map((metric) => {
        const percent = ((suite[metric] / guidellm[metric] - 1) * 100).toFixed(1);
        return `${metric} ${percent} %`;
    });
    return `${concurrency} at a time, round ${round + 1}: ${parts.join(", ")}`;
}

async function startServer(
    { serverPython, firstTokenSeconds, tokenSeconds }: AgreementOptions,
    folder: string,
): Promise<{ process: ChildProcess; url: string }> {
    const machine = join(folder, "machine.json");
    writeFileSync(machine, '{"gpuName": "L40S", "gpuCount": 1, "gpuMemoryMiB": 46068}');
    const log = join(folder, "server.log");
    const server = spawn(
        "sh",
        [
            ...["-c", 'log=$1; shift; exec "$@" > "$log" 2>&1', "sh", log, serverPython],
            ...[join(__dirname, "paced_server.py"), String(firstTokenSeconds)],
            ...[String(tokenSeconds), MODEL, "--host", "127.0.0.1", "--port", "0"],
            ...["--max-model-len", "8192", "--disable-uvicorn-access-log"],
        ],
        {
            env: {
                ...process.env,
                REHEARSAL_MACHINE_FILE: machine,
                REHEARSAL_MODEL_START_SECONDS: "0",
                PYTHONDONTWRITEBYTECODE: "1",
            },
            stdio: "ignore",
        },
    );
    for (let tries = 0; tries < 150 && server.exitCode === null; tries++) {
        await sleep(100);
        const url = /server 0 on (http:\/\/\S+)\n/.exec(readLog(log))?.[1];
        if (url !== undefined) {
            return { process: server, url };
        }
    }
    server.kill("SIGTERM");
    throw new Error(`the model stand-in did not start:\n${readLog(log)}`);
}

function readLog(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch {
        return "";
    }
}
