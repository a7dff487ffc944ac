import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const Owner = z.object({
    pid: z.number(),
    host: z.string(),
    /** Tells a process from a later one with the same id; "" where the system does not say. */
    started: z.string(),
    token: z.string(),
});
type Owner = z.infer<typeof Owner>;

const POLL_MILLISECONDS = 500;
/** Clearing a dead owner's lock takes a millisecond. */
const STALE_CLEARING_MILLISECONDS = 10_000;

/** When a process began, in the kernel's own units; "" when it is gone or the system has no /proc. */
export function processStart(pid: number): string {
    try {
        // The name in parentheses can hold spaces; the start time is the 20th field after it.
        const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
        return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    } catch {
        return "";
    }
}

/** Whether the process that took the lock still runs. A lock from another host counts as alive. */
export function isAlive(owner: Owner): boolean {
    if (owner.host !== os.hostname()) {
        return true;
    }
    try {
        process.kill(owner.pid, 0);
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
    return owner.started === "" || owner.started === processStart(owner.pid);
}

/**
 * Takes the lock, waiting for another set-up to end; a dead owner's lock is taken over. Returns how
 * to give it back.
 *
 * @param onWait is called once, with the id of the process that is waited for.
 */
export async function takeLock(
    file: string,
    onWait: (pid: number) => void,
    signal?: AbortSignal,
): Promise<() => void> {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const mine: Owner = {
        pid: process.pid,
        host: os.hostname(),
        started: processStart(process.pid),
        token: randomBytes(6).toString("hex"),
    };
    // Linking a finished file is atomic: nobody ever reads half an owner.
    const draft = `${file}.${mine.token}`;
    fs.writeFileSync(draft, JSON.stringify(mine));
    try {
        let told = false;
        for (;;) {
            signal?.throwIfAborted();
            try {
                fs.linkSync(draft, file);
                return () => release(file, mine);
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
                    throw error;
                }
            }
            const owner = readOwner(file);
            if (owner === undefined) {
                continue; // given back just now
            }
            if (owner === "unreadable" || !isAlive(owner)) {
                clearDead(file);
                continue;
            }
            if (!told) {
                onWait(owner.pid);
                told = true;
            }
            await sleep(POLL_MILLISECONDS, undefined, { signal });
        }
    } finally {
        fs.rmSync(draft, { force: true });
    }
}

function readOwner(file: string): Owner | "unreadable" | undefined {
    let text: string;
    try {
        text = fs.readFileSync(file, "utf8");
    } catch {
        return undefined;
    }
    try {
        return Owner.parse(JSON.parse(text));
    } catch {
        return "unreadable";
    }
}

/** Removes a dead owner's lock. One process at a time, else the second removes the first's new lock. */
function clearDead(file: string): void {
    const clearing = `${file}.clearing`;
    try {
        fs.mkdirSync(clearing);
    } catch {
        try {
            if (Date.now() - fs.statSync(clearing).mtimeMs > STALE_CLEARING_MILLISECONDS) {
                fs.rmdirSync(clearing);
            }
        } catch {
            // the other one is done
        }
        return;
    }
    try {
        const owner = readOwner(file);
        if (owner !== undefined && (owner === "unreadable" || !isAlive(owner))) {
            fs.rmSync(file, { force: true });
        }
    } finally {
        fs.rmdirSync(clearing);
    }
}

function release(file: string, mine: Owner): void {
    const owner = readOwner(file);
    if (owner !== undefined && owner !== "unreadable" && owner.token === mine.token) {
        fs.rmSync(file, { force: true });
    }
}
