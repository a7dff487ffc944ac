import { readdirSync, readFileSync } from "node:fs";

/** The processes of a run, by what they do in it. */
export const ROLES = {
    driver: /bin\/gpu-ci\.js run|plainDriver/,
    engine: /(^|\/)pulumi (up|destroy|refresh|stack|cancel)/,
    "language host": /pulumi-language-nodejs|@pulumi\/pulumi\/cmd\/run/,
    provider: /pulumi-resource-aws|\/aws\.js/,
} as const;

export type Role = keyof typeof ROLES;

interface RunningProcess {
    readonly pid: number;
    readonly command: string;
}

/** Marks, in the environment, whatever a cell starts; children inherit it. */
export const CELL_VARIABLE = "FAULTS_CELL";

/**
 * Everything that runs for a cell, found by its environment: what has lost its parent is found as
 * well. Linux only.
 */
export function processesOf(cellId: string): RunningProcess[] {
    const mark = `${CELL_VARIABLE}=${cellId}`;
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .filter((pid) => read(pid, "environ").includes(mark))
        .map((pid) => ({ pid: Number(pid), command: read(pid, "cmdline").join(" ").trim() }));
}

/** kill -9 of everything that plays the role, or of everything; returns when it is gone. */
export async function killAll(cellId: string, role?: Role): Promise<void> {
    const doomed = () =>
        processesOf(cellId).filter(
            ({ command }) => role === undefined || ROLES[role].test(command),
        );
    for (let left = doomed(); left.length > 0; left = doomed()) {
        left.forEach(({ pid }) => signal(pid, "SIGKILL"));
        await new Promise((wake) => setTimeout(wake, 20));
    }
}

/** To one process, which may be gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
    try {
        process.kill(pid, name);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
            throw error;
        }
    }
}

/** A file of /proc with NUL between its words; empty for a process that has ended. */
function read(pid: string, file: string): string[] {
    try {
        return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
    } catch {
        return [];
    }
}
