import { spawnSync } from "node:child_process";
import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { machineScript } from "../../../machine/userData";

const STATE = "var/lib/ephemeral-gpu-ci";
const RUN = "run/ephemeral-gpu-ci";

/**
 * The machine's scripts as they are, in a folder that stands for its root: with clocks that a test
 * sets, and commands that answer what it says. What is asked of systemd is only written down.
 */
export class EmulatedMachine {
    private readonly root = mkdtempSync(join(tmpdir(), "machine-"));

    constructor() {
        for (const path of [`${STATE}/phases`, RUN, "bin", "var/log/ephemeral-gpu-ci"]) {
            mkdirSync(join(this.root, path), { recursive: true });
        }
        this.put("dev/console", "");
        for (const name of ["watchdog.sh", "guard.sh"]) {
            this.put(`opt/ephemeral-gpu-ci/${name}`, machineScript(name).content);
        }
        this.command("date", `cat ${this.path("clock")}`);
        this.command(
            "systemctl",
            `case $1 in
is-active) [ -e ${this.path("active")}/"$3" ] ;;
*) echo "$*" >>${this.path("systemctl.log")} ;;
esac`,
        );
        this.command("sync", ":");
        this.command("sleep", ":");
        this.clocks({ wall: 1_000_000, uptime: 50 });
    }

    path(name: string): string {
        return join(this.root, name);
    }

    /** Writes a file below the machine's root; its paths are those of the machine. */
    put(name: string, content: string): void {
        const moved = content.replace(
            /(?<![\w.])\/((etc|opt|run|var\/lib|var\/log)[/ ]ephemeral-gpu-ci|dev\/console|proc\/uptime)/g,
            `${this.root}/$1`,
        );
        mkdirSync(dirname(this.path(name)), { recursive: true });
        writeFileSync(this.path(name), moved);
        chmodSync(this.path(name), 0o755);
    }

    /** A command of the machine that does this instead. */
    command(name: string, script: string): void {
        this.put(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    }

    /** What is in the folder of the machine's own state. */
    state(name: string, content: string): void {
        this.put(`${STATE}/${name}`, `${content}\n`);
    }

    clocks(set: { wall?: number; uptime?: number }): void {
        if (set.wall !== undefined) {
            writeFileSync(this.path("clock"), `${set.wall}\n`);
        }
        if (set.uptime !== undefined) {
            this.put("proc/uptime", `${set.uptime}.25 99.00\n`);
        }
    }

    /** A new kernel, with nothing in /run. */
    reboot(uptime = 5): void {
        rmSync(this.path(RUN), { recursive: true });
        this.clocks({ uptime });
    }

    run(script: string, ...args: string[]) {
        return spawnSync("sh", [this.path(`opt/ephemeral-gpu-ci/${script}`), ...args], {
            encoding: "utf8",
            env: this.env,
        });
    }

    /** A unit that is active from now on, or no longer. */
    unit(name: string, isActive: boolean): void {
        mkdirSync(this.path("active"), { recursive: true });
        if (isActive) {
            writeFileSync(this.path(`active/${name}`), "");
        } else {
            rmSync(this.path(`active/${name}`), { force: true });
        }
    }

    /**
     * Lets guard.sh look for so many seconds of the machine's, or until it powers off: a `sleep` takes
     * no time here, moves the clock, does `each` (shell), and ends the guard when the time is over.
     */
    guard(seconds: number, each = ":"): string | undefined {
        const uptime = this.path("proc/uptime");
        this.command(
            "sleep",
            `read -r now _ <${uptime}
now=$(( \${now%.*} + $1 ))
echo "$now.25 99.00" >${uptime}
${each}
# The sleep of another script.
[ "$1" = 5 ] || exit 0
if grep -q poweroff ${this.path("systemctl.log")} 2>/dev/null || [ "$now" -ge ${this.uptime + seconds} ]; then
    kill -KILL $PPID
fi`,
        );
        const { stderr } = this.run("guard.sh");
        if (stderr !== "") {
            throw new Error(stderr);
        }
        return this.powerOff;
    }

    private get uptime(): number {
        return Math.floor(Number(this.read("proc/uptime").split(" ")[0]));
    }

    /** Why the machine is powered off; undefined while it is not. */
    get powerOff(): string | undefined {
        const asked = this.read("systemctl.log").includes("poweroff");
        const reason = this.read(`${RUN}/power-off-reason`).trimEnd();
        return asked ? reason : undefined;
    }

    read(name: string): string {
        return existsSync(this.path(name)) ? readFileSync(this.path(name), "utf8") : "";
    }

    removeFile(name: string): void {
        rmSync(this.path(name));
    }

    remove(): void {
        rmSync(this.root, { recursive: true, force: true });
    }

    private get env(): NodeJS.ProcessEnv {
        return { ...process.env, PATH: `${this.path("bin")}:${process.env.PATH}` };
    }
}
