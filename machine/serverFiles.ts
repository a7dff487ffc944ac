import { MachineFile, machineScript, machineUnit } from "./userData";

export interface ServerArgs {
    /** Container image by digest. */
    readonly image: string;
    /** Arguments of `vllm serve`, the model first. */
    readonly args: readonly string[];
}

export interface SuiteArgs {
    /** Container image by digest. */
    readonly image: string;
    /** Command and arguments in that image; /suite is what was copied, /report where results go. */
    readonly command: readonly string[];
    /** Seconds that the server may take until it is ready. */
    readonly serverReadySeconds: number;
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

/** Files of the model server's unit. */
export function serverFiles(server: ServerArgs): MachineFile[] {
    return [
        lines("server.image", [server.image]),
        lines("server.args", server.args),
        machineScript("serve.sh"),
        machineUnit("gpu-ci-server.service"),
    ];
}

/** Files of the suite's unit, started later by a remote command. */
export function suiteFiles(suite: SuiteArgs): MachineFile[] {
    return [
        lines("suite.image", [suite.image]),
        lines("suite.args", suite.command),
        lines("server-ready-seconds", [String(suite.serverReadySeconds)]),
        machineScript("suite.sh"),
        machineScript("finish.sh"),
        machineScript("start-suite.sh"),
        machineScript("wait-for-suite.sh"),
        machineUnit("gpu-ci-suite.service"),
    ];
}
