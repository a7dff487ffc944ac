import { spawn } from "node:child_process";
import { hostname } from "node:os";

import { isOwnerDead, lockOwners, thisComputer } from "../../../scripts/stateLock";

const AT = "2026-11-24T10:00:00Z";
const refusal = (host: string, pid: number) =>
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end " +
    "or delete the lock file with `pulumi cancel`.\n  file:///state/.pulumi/locks/organization/p/s/a.json: " +
    `created by ci@${host} (pid ${pid}) at ${AT}`;

test("the engine's refusal names the owners, once each", () => {
    const owner = { user: "ci", host: "runner", pid: 7, at: Date.parse(AT) };
    expect(lockOwners(`${refusal("runner", 7)}\n${refusal("runner", 7)}`)).toEqual([owner]);
    expect(lockOwners(`${refusal("a", 1)}\n${refusal("b", 2)}`)).toHaveLength(2);
    expect(lockOwners("[409] Conflict: Another update is currently in progress")).toEqual([]);
});

describe("proof that the owner of a lock is dead", () => {
    const now = Date.parse(AT) + 600_000;
    test.each([
        ["gone", "here", undefined, true],
        ["its pid is another's, started later", "here", 60, true],
        ["alive since before the lock", "here", 700, false],
        ["not to be told", "here", "unknown", false],
        ["on another computer, same pid free here", "elsewhere", undefined, false],
    ] as const)("%s", (_what, host, age, isDead) => {
        const [owner] = lockOwners(refusal(host, 7));
        expect(isOwnerDead(owner, { host: "here", ageSeconds: () => age }, now)).toBe(isDead);
    });

    test("of this computer's processes: one that lives, one that is killed", async () => {
        const child = spawn("sleep", ["60"]);
        const pid = child.pid as number;
        const [owner] = lockOwners(refusal(hostname(), pid));
        const taken = { ...owner, at: Date.now() };
        expect(isOwnerDead(taken, thisComputer, Date.now())).toBe(false);
        const ended = new Promise((done) => child.once("close", done));
        child.kill("SIGKILL");
        await ended;
        expect(isOwnerDead(taken, thisComputer, Date.now())).toBe(true);
    });
});
