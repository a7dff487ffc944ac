import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { Session } from "../session";

const run = promisify(execFile);
const LOOK_MILLISECONDS = 200;

/** A machine of the emulated cloud that really booted, as something that goes wrong in it sees it. */
export class BootedMachine {
    constructor(
        private readonly session: Session,
        readonly instanceId: string,
    ) {}

    private get container(): string {
        return `ephemeral-gpu-ci-${this.instanceId}`;
    }

    private async docker(...args: string[]): Promise<string> {
        const all = ["--host", this.session.tools.dockerHost, ...args];
        return (await run("docker", all, { encoding: "utf8" })).stdout;
    }

    /** Runs a shell command in it, as root. */
    async inside(command: string): Promise<void> {
        await this.docker("exec", this.container, "sh", "-c", command);
    }

    /** Waits until a shell command in it ends with 0. */
    async until(command: string, seconds = 90): Promise<void> {
        for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
            if (await this.inside(command).then(isDone, isNotDone)) {
                return;
            }
            await new Promise((wake) => setTimeout(wake, LOOK_MILLISECONDS));
        }
        throw new Error(`${this.instanceId}, not within ${seconds} s: ${command}`);
    }

    /** Nothing in it runs any more, and nothing of it is gone: what a kernel that hangs looks like. */
    async freeze(): Promise<void> {
        await this.docker("pause", this.container);
    }

    async cutNetwork(): Promise<void> {
        await this.docker("network", "disconnect", "--force", "bridge", this.container);
    }
}

const isDone = () => true;
const isNotDone = () => false;
