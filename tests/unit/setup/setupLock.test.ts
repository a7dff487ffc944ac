import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { isAlive, processStart, takeLock } from "../../../scripts/setup/setupLock";

let dir: string;
let file: string;

beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "setup-lock-"));
    file = path.join(dir, "setup.lock");
});

afterEach(() => {
    fs.rmSync(dir, { recursive: true, force: true });
});

/** The id of a process that has ended. */
function deadPid(): number {
    return spawnSync("true").pid;
}

const me = {
    pid: process.pid,
    host: os.hostname(),
    started: processStart(process.pid),
    token: "t",
};

test.each([
    ["this process", me, true],
    ["a process that ended", { ...me, pid: deadPid() }, false],
    ["a later process with the same id", { ...me, started: "1" }, process.platform !== "linux"],
    ["a process of another host", { ...me, host: "elsewhere", pid: deadPid() }, true],
])("%s is taken for alive: %s", (_, owner, expected) => {
    expect(isAlive(owner)).toBe(expected);
});

test("the second set-up waits for the first, and is told for whom", async () => {
    const events: string[] = [];
    const release = await takeLock(file, () => events.push("waited too early"));
    const second = takeLock(file, (pid) => events.push(`waits for ${pid}`)).then((give) => {
        events.push("second");
        return give;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    events.push("first is done");
    release();
    (await second)();
    expect(events).toEqual([`waits for ${process.pid}`, "first is done", "second"]);
    expect(fs.readdirSync(dir)).toEqual([]);
});

test.each([
    ["a dead owner's lock", JSON.stringify({ ...me, pid: deadPid() })],
    ["a lock that cannot be read", "{"],
])("%s is taken over, by one of many", async (_, text) => {
    fs.writeFileSync(file, text);
    let holders = 0;
    let most = 0;
    await Promise.all(
        Array.from({ length: 5 }, async () => {
            const release = await takeLock(file, () => undefined);
            most = Math.max(most, ++holders);
            await new Promise((resolve) => setTimeout(resolve, 5));
            holders--;
            release();
        }),
    );
    expect(most).toBe(1);
    expect(fs.readdirSync(dir)).toEqual([]);
});

test("giving back twice does not free somebody else's lock", async () => {
    const release = await takeLock(file, () => undefined);
    release();
    const other = await takeLock(file, () => undefined);
    release();
    expect(fs.existsSync(file)).toBe(true);
    other();
});

test("waiting ends with the signal", async () => {
    const release = await takeLock(file, () => undefined);
    const stop = new AbortController();
    const waiting = takeLock(file, () => stop.abort(), stop.signal);
    await expect(waiting).rejects.toThrow();
    release();
});
