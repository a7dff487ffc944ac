import { PLANNED_RUNG } from "../common/rungNames";
import { environmentFile } from "./runFile";
import { MachineFile, machineScript, machineUnit } from "./userData";

/** What the server is started with when it has run out of memory: see `Rung` of the sizing. */
export interface ServerRung {
    /** Letters, digits and hyphens. */
    readonly name: string;
    /** What is different from the plan, for the report. */
    readonly note: string;
    /**
     * Failures (words of `oom.sh`) after which it is worth a try. With `-in-case`: only where the suite
     * was at work, and no rung further down helps with the failure itself.
     */
    readonly helps: readonly string[];
    /** Worth a try only when the server has named a context of at least so many tokens. */
    readonly leastLength?: number;
    /**
     * Arguments of `vllm serve`; none: those that it was started with last. `@SERVER_LENGTH:8192@` in
     * them is the context that it has named.
     */
    readonly args: readonly string[];
}

export interface ServerArgs {
    /** Container image by digest. */
    readonly image: string;
    /** Arguments of `vllm serve`, the model first. */
    readonly args: readonly string[];
    /** What to try in turn when the server runs out of memory. Default: nothing. */
    readonly ladder?: readonly ServerRung[];
}

export interface SuiteArgs {
    /** Container image by digest. */
    readonly image: string;
    /** Command and arguments in that image; /suite is what was copied, /report where results go. */
    readonly command: readonly string[];
    /** Seconds that the server may take until it is ready. */
    readonly serverReadySeconds: number;
    /** The model's name as the server serves it. */
    readonly model: string;
    /**
     * `results`: it writes results.json, junit.xml and report.html itself. `junit`: it is somebody's
     * own, and what it leaves in /report has a folder to itself in the report.
     */
    readonly output: "results" | "junit";
}

/** Commands that start the server; they run once, at the end of cloud-init. */
export const START_SERVER_COMMANDS: readonly string[] = [
    "cd /var/lib/ephemeral-gpu-ci && mkdir -p cache suite report",
    "systemctl start --no-block gpu-ci-server.service",
];

function lines(name: string, values: readonly string[]): MachineFile {
    const broken = values.find((value) => value.includes("\n"));
    if (broken !== undefined) {
        throw new Error(`an argument on the machine cannot hold a line break: ${broken}`);
    }
    return {
        path: `/etc/ephemeral-gpu-ci/${name}`,
        content: values.map((value) => `${value}\n`).join(""),
        permissions: "0644",
    };
}

/** The machine writes these words into JSON as they are. */
const PLAIN = /^[^"\\\p{Cc}]*$/u;

function rungLines({ name, note, helps, leastLength = 0, args }: ServerRung): string[] {
    if (!/^[a-z0-9-]+$/.test(name) || !PLAIN.test(note)) {
        throw new Error(`a rung's name and note must be plain words: ${name}: ${note}`);
    }
    return [
        `rung ${name} ${helps.join(",") || "-"} ${leastLength}`,
        `note ${note}`,
        ...args.map((arg) => `arg ${arg}`),
    ];
}

/** Files of the model server's unit. */
export function serverFiles({ image, args, ladder = [] }: ServerArgs): MachineFile[] {
    const planned: ServerRung = { name: PLANNED_RUNG, note: "as planned", helps: [], args };
    return [
        lines("server.image", [image]),
        lines("ladder", [planned, ...ladder].flatMap(rungLines)),
        machineScript("serve.sh"),
        machineScript("oom.sh"),
        machineUnit("gpu-ci-server.service"),
    ];
}

/** The server as whoever runs on the machine reaches it. */
export const SERVER_URL = "http://127.0.0.1:8000";

/** The name under which a server with these arguments serves its model. */
export function servedModel(serverArgs: readonly string[]): string {
    const at = serverArgs.indexOf("--served-model-name");
    return serverArgs[at < 0 ? 0 : at + 1] ?? "";
}

/** Files of the suite's unit, started later by a remote command. */
export function suiteFiles(suite: SuiteArgs): MachineFile[] {
    const { image, command, model } = suite;
    return [
        lines("suite.image", [image]),
        lines("suite.args", command),
        environmentFile("suite.env", {
            GPU_CI_MODEL: model,
            GPU_CI_REPORT_DIR: "/report",
        }),
        ...(suite.output === "junit"
            ? [lines("own-suite.json", [JSON.stringify({ image, command, model })])]
            : []),
        lines("server-ready-seconds", [String(suite.serverReadySeconds)]),
        machineScript("suite.sh"),
        machineScript("finish.sh"),
        machineScript("start-suite.sh"),
        machineScript("wait-for-suite.sh"),
        machineUnit("gpu-ci-suite.service"),
    ];
}
