import { execFileSync } from "node:child_process";
import { hostname } from "node:os";

/** Who holds a stack's lock in a file or bucket backend, as the engine's refusal tells it. */
export interface LockOwner {
    readonly user: string;
    readonly host: string;
    readonly pid: number;
    /** When it was locked, milliseconds since 1970. */
    readonly at: number;
}

/** This computer, as far as a lock's owner has to be looked for. */
export interface ProcessTable {
    readonly host: string;
    /** Seconds that a process has run; undefined: there is none; "unknown": it cannot be told. */
    ageSeconds(pid: number): number | undefined | "unknown";
}

// The engine gives whole seconds, and a process is older than its lock.
const SLACK_SECONDS = 5;

/**
 * The owners in the engine's "the stack is currently locked by N lock(s)", one each, however
 * often the text repeats them; empty for any other text. A backend with accounts (409) names none.
 *
 * Source: the engine's pkg/backend/diy/lock.go.
 */
export function lockOwners(text: string): LockOwner[] {
    const line =
        /created by (\S+)@(\S+) \(pid (\d+)\) at (\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))/g;
    const lines = new Map([...text.matchAll(line)].map((match) => [match[0], match]));
    return [...lines.values()].map(([, user, host, pid, at]) => ({
        user,
        host,
        pid: Number(pid),
        at: Date.parse(at),
    }));
}

/**
 * Whether the process that took a lock is proven dead: it ran on this computer, and its pid is gone or
 * belongs to a process that started after the lock was taken. Of another computer nothing is known.
 *
 * @param now milliseconds since 1970.
 */
export function isOwnerDead(owner: LockOwner, table: ProcessTable, now: number): boolean {
    if (owner.host !== table.host) {
        return false;
    }
    const age = table.ageSeconds(owner.pid);
    if (age === "unknown") {
        return false;
    }
    return age === undefined || now - age * 1000 > owner.at + SLACK_SECONDS * 1000;
}

/** The processes of this computer. */
export const thisComputer: ProcessTable = {
    host: hostname(),
    ageSeconds(pid) {
        try {
            process.kill(pid, 0);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code === "ESRCH") {
                return undefined;
            }
        }
        try {
            const columns = ["-o", "stat=", "-o", "etime=", "-p", String(pid)];
            const [state, etime] = execFileSync("ps", columns, { encoding: "utf8" })
                .trim()
                .split(/\s+/);
            // A process that nobody has waited for is dead all the same.
            return state.startsWith("Z") ? undefined : secondsOf(etime);
        } catch {
            return "unknown";
        }
    },
};

/** POSIX ps, etime: [[dd-]hh:]mm:ss. */
function secondsOf(etime: string): number | "unknown" {
    const match = /^(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)$/.exec(etime);
    if (match === null) {
        return "unknown";
    }
    const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
