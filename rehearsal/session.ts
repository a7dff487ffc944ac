import { ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

import { Tools, toolsEnvironment } from "./tools";
import { Meter } from "./meter";

const PROJECT_DIR = resolve(__dirname, "..");
const READY_SECONDS = 60;
const STOP_SECONDS = 30;

/** A fault that the emulated cloud injects into matching calls. */
export interface Fault {
    readonly service: string;
    readonly action: string;
    readonly times: number;
    readonly kind: "error" | "drop-response" | "delay";
    readonly code?: string;
    readonly message?: string;
    readonly httpStatus?: number;
    readonly delaySeconds?: number;
    /** Only calls by this caller: `client`, `machine`, `scheduler` or `states`. */
    readonly caller?: string;
    /** Only calls in this region. */
    readonly region?: string;
    /** Only calls by who calls itself so in AWS_SDK_UA_APP_ID. */
    readonly app?: string;
    /** Ends by itself after so many seconds of real time. Default: never. */
    readonly seconds?: number;
    /** Only calls with these parameters, such as `{ InstanceType: "g6.xlarge" }`. */
    readonly match?: Readonly<Record<string, unknown>>;
}

/** A call that the emulated cloud stops on its way. */
export interface Hold {
    readonly service: string;
    readonly action: string;
    /** `before`: it was not done yet. `after`: it was, and its answer is held back. */
    readonly when: "before" | "after";
    /** Only calls by who calls itself so in AWS_SDK_UA_APP_ID. */
    readonly app: string;
    /** So many matching calls go by first. */
    readonly skip: number;
}

/** A call that reached the emulated cloud. */
export interface Call {
    readonly at: string;
    readonly service: string;
    readonly action: string;
    readonly caller: string;
    /** What the caller calls itself in AWS_SDK_UA_APP_ID. */
    readonly app: string;
    readonly region: string;
    /** ARN of the role with which a service or a machine called. */
    readonly role?: string;
    readonly status: number;
    readonly error?: string;
    readonly params?: unknown;
    /** Tags of the existing things that it names, as they were before it: by id, a key pair's by name. */
    readonly resourceTags: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What those call themselves who use the emulated cloud: CI's role, and who deploys the foundation. */
export const APPS = { ci: "ci", administrator: "administrator" } as const;

export interface SessionOptions {
    /** A worse model on purpose, for tests: see rehearsal/model. */
    readonly modelFault?: string;
    /** Other GPUs than the instance type's, which no plan knows of: see rehearsal/model. */
    readonly machineSettings?: {
        /** As EC2 reports it; of all machines, or by instance type. */
        readonly gpuMemoryMiB?: number | Readonly<Record<string, number>>;
        /** What each running request takes beyond what the server has measured at its start. */
        readonly modelRequestMiB?: number;
    };
    /**
     * `none`: instances of the API only, nothing boots. `sleeping`: the same, and rehearsal/faults
     * answers in their stead. Default: `docker`.
     */
    readonly machines?: "docker" | "sleeping" | "none";
}

/**
 * An emulated cloud that runs, and the environment in which the very same commands that talk to AWS
 * talk to it. Nothing of it listens beyond loopback.
 */
export class Session {
    private constructor(
        readonly dir: string,
        readonly endpoint: string,
        /** For whatever runs in the emulated cloud. */
        readonly env: NodeJS.ProcessEnv,
        readonly tools: Tools,
        private readonly cloud: ChildProcess,
    ) {}

    /** Starts an emulated cloud of its own, empty. */
    static async start(tools: Tools, options: SessionOptions = {}): Promise<Session> {
        const dir = join(tools.cacheDir, "sessions", `${Date.now()}-${process.pid}`);
        const backend = join(dir, "state");
        mkdirSync(backend, { recursive: true });

        const log = openSync(join(dir, "cloud.log"), "a");
        const cloud = spawn(
            tools.python,
            [
                ...[
                    "-m",
                    "rehearsal.cloud",
                    "--dir",
                    dir,
                    "--machines",
                    options.machines ?? "docker",
                ],
                ...["--docker-host", tools.dockerHost, "--machine-image", tools.machineImage],
                ...["--image-store-volume", tools.imageStoreVolume],
                ...(options.modelFault ? ["--model-fault", options.modelFault] : []),
                ...(options.machineSettings
                    ? ["--machine-settings", JSON.stringify(options.machineSettings)]
                    : []),
            ],
            {
                cwd: PROJECT_DIR,
                stdio: ["ignore", log, log],
                env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
                // A Ctrl-C in the terminal is for the command; the cloud ends after it.
                detached: true,
            },
        );
        closeSync(log);
        const endpoint = await cloudIsReady(dir, cloud);
        const env = {
            ...toolsEnvironment(tools),
            AWS_ENDPOINT_URL: endpoint,
            AWS_REGION: "us-east-1",
            AWS_ACCESS_KEY_ID: "rehearsal",
            AWS_SECRET_ACCESS_KEY: "rehearsal",
            AWS_SESSION_TOKEN: undefined,
            AWS_PROFILE: undefined,
            AWS_SDK_UA_APP_ID: APPS.ci,
            PULUMI_BACKEND_URL: `file://${backend}`,
            PULUMI_CONFIG_PASSPHRASE: "",
            PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
            PULUMI_SKIP_UPDATE_CHECK: "true",
            GPU_CI_CALLER_CIDR: "127.0.0.1/32",
            // Where a machine finds S3: inside itself, see rehearsal/machines.
            GPU_CI_REPORT_ENDPOINT: "http://127.0.0.1:9000",
            // What takes seconds here says nothing about the minutes of a plan.
            GPU_CI_HISTORY: join(dir, "history.jsonl"),
        };
        return new Session(dir, endpoint, env, tools, cloud);
    }

    /** What the emulated cloud bills. */
    meter(): Promise<Meter> {
        return this.control("meter");
    }

    /** Every call that reached the emulated cloud so far. */
    calls(): Promise<Call[]> {
        return this.control("calls");
    }

    /** Puts the emulated cloud's clock forward; machines keep their own. */
    async advanceClock(seconds: number): Promise<void> {
        await this.control("clock", { advanceSeconds: seconds });
    }

    /** Takes a spot machine back, at once. */
    async interrupt(instanceId: string): Promise<void> {
        await this.control("interrupt", { instanceId });
    }

    /** Tells a spot machine that it is taken back in so many seconds (EC2: 120), and then does it. */
    async giveSpotNotice(instanceId: string, seconds?: number): Promise<void> {
        await this.control("spot-notice", { instanceId, seconds });
    }

    /** Settings of an SDK client of whoever administers the account, past every role of ours. */
    get administrator() {
        return {
            endpoint: this.endpoint,
            region: "us-east-1",
            credentials: { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" },
        };
    }

    /** As if the machine powered itself off. */
    async powerOff(instanceId: string): Promise<void> {
        await this.control("poweroff", { instanceId });
    }

    /** What a machine has written to its console; kept when it has ended. */
    async console(instanceId: string): Promise<string> {
        const response = await fetch(
            `${this.endpoint}/_rehearsal/console?instanceId=${instanceId}`,
        );
        return response.text();
    }

    /** vCPUs by quota code; the others stay. */
    async setQuotas(vcpus: Readonly<Record<string, number>>): Promise<void> {
        await this.control("quotas", vcpus);
    }

    /** Replaces the faults that are still to come. */
    async injectFaults(faults: readonly Fault[]): Promise<void> {
        await this.control("faults", undefined, "DELETE");
        await this.control("faults", faults);
    }

    /** Adds to the faults that are still to come. */
    async addFaults(faults: readonly Fault[]): Promise<void> {
        await this.control("faults", faults);
    }

    /** Stops a call when it comes, until `letGo`. */
    async hold(name: string, hold: Hold): Promise<void> {
        await this.control(`hold?name=${name}`, hold);
    }

    /** When the call was stopped, by the emulated clock; null while it has not come. */
    async heldSince(name: string): Promise<string | null> {
        return (await this.control<{ struckAt: string | null }>(`hold?name=${name}`)).struckAt;
    }

    async letGo(name: string): Promise<void> {
        await this.control(`hold?name=${name}`, undefined, "DELETE");
    }

    /** From now on the ticks of schedules with such names (a regular expression) do nothing. */
    async muteSchedules(names: string): Promise<void> {
        await this.control("mute", { schedules: names });
    }

    /** From now on DescribeInstances does not show a machine until so long after its launch. */
    async lagListings(seconds: number): Promise<void> {
        await this.control("lag", { describeInstancesSeconds: seconds });
    }

    /** Ends the emulated cloud and its machines; gives the last reading of the meter. */
    async stop(options: { keepFiles?: boolean } = {}): Promise<Meter> {
        const meter = await this.meter();
        if (this.cloud.exitCode === null) {
            const ended = new Promise((done) => this.cloud.once("exit", done));
            this.cloud.kill("SIGTERM");
            const timer = setTimeout(() => this.cloud.kill("SIGKILL"), STOP_SECONDS * 1000);
            await ended;
            clearTimeout(timer);
        }
        if (!options.keepFiles) {
            rmSync(this.dir, { recursive: true, force: true });
        }
        return meter;
    }

    private async control<T>(
        path: string,
        body?: unknown,
        method = body === undefined ? "GET" : "POST",
    ): Promise<T> {
        const response = await fetch(`${this.endpoint}/_rehearsal/${path}`, {
            method,
            headers: { "content-type": "application/json" },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        if (!response.ok) {
            throw new Error(`the emulated cloud refused ${path}: ${await response.text()}`);
        }
        return (await response.json()) as T;
    }
}

async function cloudIsReady(dir: string, cloud: ChildProcess): Promise<string> {
    const file = join(dir, "cloud.json");
    for (const until = Date.now() + READY_SECONDS * 1000; Date.now() < until;) {
        if (existsSync(file)) {
            return JSON.parse(readFileSync(file, "utf8")).endpoint;
        }
        if (cloud.exitCode !== null) {
            break;
        }
        await new Promise((resolveLater) => setTimeout(resolveLater, 50));
    }
    cloud.kill("SIGKILL");
    const log = readFileSync(join(dir, "cloud.log"), "utf8").trimEnd().split("\n").slice(-10);
    throw new Error(`the emulated cloud did not start:\n${log.join("\n")}`);
}
