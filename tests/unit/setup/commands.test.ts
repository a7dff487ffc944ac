import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { UserError } from "../../../common/userError";
import { CommandError, explainFailure, run, tryRun } from "../../../scripts/setup/commands";

const sh = (script: string, options = {}): Promise<string> => run("sh", ["-c", script], options);

test("stdout comes back, stdin goes in", async () => {
    expect(await run("cat", [], { input: "hello" })).toBe("hello");
});

test("a failure tells what the command wrote last", async () => {
    const failure = sh("echo out; echo why >&2; exit 3");
    await expect(failure).rejects.toThrow(/ended with 3\n(.*\n)?why/s);
    await expect(run("no-such-command", [])).rejects.toThrow("no-such-command is not installed");
    expect(await tryRun("false", [])).toBeUndefined();
});

test("a limit ends the command and what it started", async () => {
    const started = Date.now();
    // Without the group, the sleeping grandchild would hold stdout open.
    await expect(sh("sleep 20 & wait", { limitSeconds: 0.2 })).rejects.toThrow("longer than 0.2 s");
    expect(Date.now() - started).toBeLessThan(5_000);
});

test("a download that stands still is given up, one that goes on is not", async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "setup-stall-"));
    const stall = { folders: [dir], seconds: 0.5 };
    try {
        await expect(sh("sleep 20", { stall })).rejects.toThrow("no progress for 0.5 s");
        const slow = `for i in 1 2 3 4 5 6 7; do echo x >>'${dir}/file'; sleep 0.15; done; echo done`;
        expect(await sh(slow, { stall })).toBe("done\n");
    } finally {
        fs.rmSync(dir, { recursive: true, force: true });
    }
});

test("an abort ends the command with the abort's own reason", async () => {
    const stop = new AbortController();
    const running = sh("sleep 20", { signal: stop.signal });
    stop.abort(new Error("stopped by SIGINT"));
    await expect(running).rejects.toThrow("stopped by SIGINT");
});

test.each([
    ["tar: write error: No space left on device", /disk is full.*EPHEMERAL_GPU_CI_CACHE/s],
    ["dial tcp: lookup proxy.example: no such host", /cannot be reached.*proxy settings/s],
    ["Temporary failure resolving 'mirror.example'", /cannot be reached/],
    ["E: Unable to locate package nonsense", /failed:.*Unable to locate/s],
])("for the person at the keyboard: %s", (output, expected) => {
    const explained = explainFailure(
        "engine",
        new CommandError("go build", "ended with 1", output),
    );
    expect(explained).toBeInstanceOf(UserError);
    expect((explained as UserError).message).toMatch(/set-up step "engine"/);
    expect((explained as UserError).message).toMatch(expected);
});

test("a mistake in our own code stays what it is", () => {
    const mistake = new TypeError("x is not a function");
    expect(explainFailure("engine", mistake)).toBe(mistake);
});
