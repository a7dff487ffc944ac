import {
    chmodSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { LocalEngine } from "../../../scripts/engine";

const CUT_SHORT = "error: failed to load checkpoint: place 1: unexpected end of JSON input";
const lockedBy = (pid: number, host = hostname()) =>
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end " +
    "or delete the lock file with `pulumi cancel`.\n  file:///s/.pulumi/locks/organization/p/s/a.json: " +
    `created by ci@${host} (pid ${pid}) at 2026-11-24T10:00:00Z`;

/** An engine that is a script: each command's first words, and what it does. */
function engine(rules: string) {
    const dir = mkdtempSync(join(tmpdir(), "gpu-ci-stack-"));
    const bin = join(dir, "bin");
    mkdirSync(bin);
    writeFileSync(join(dir, "Pulumi.yaml"), "name: ephemeral-gpu-ci\nruntime: nodejs\n");
    writeFileSync(join(dir, "Pulumi.commit-x-1.yaml"), "config:\n  aws:region: eu-west-1\n");
    writeFileSync(
        join(bin, "pulumi"),
        `#!/bin/sh
echo "$*" >>${dir}/calls
say() { echo "$1" >&2; exit 255; }
case "$*" in
version*) echo v3.248.0 ;;
"stack history"*) echo '[]' ;;
whoami*) echo '{"user":"me","url":"file:///state"}' ;;
${rules}
esac
`,
    );
    chmodSync(join(bin, "pulumi"), 0o755);
    process.env.PATH = [bin, path].join(delimiter);
    const calls = () =>
        readFileSync(join(dir, "calls"), "utf8")
            .split("\n")
            .map((line) => line.split(" ").slice(0, 2).join(" "))
            .filter((line) => line !== "" && !/^(version|whoami)/.test(line));
    const order = { name: "commit-x-1", base: {}, settings: {}, env: {} };
    return { dir, calls, stack: new LocalEngine(dir, process.env, 0).stack(order) };
}

const path = process.env.PATH;
afterEach(() => {
    process.env.PATH = path;
});

test("a stack that is not there: absent, nothing to destroy, its settings file goes", async () => {
    const { stack, dir } = engine(`stack*) say "error: no stack named 'commit-x-1' found" ;;`);
    expect(await stack.open()).toBe("absent");
    await stack.destroy({});
    await stack.remove();
    expect(existsSync(join(dir, "Pulumi.commit-x-1.yaml"))).toBe(false);
});

test("a state that cannot be read: an empty one takes its place, then the stack goes", async () => {
    const { stack, calls, dir } = engine(`
'stack import'*) touch "$0.empty" ;;
stack*) [ -e "$0.empty" ] || say '${CUT_SHORT}' ;;`);
    expect(await stack.open()).toBe("unreadable");
    await expect(stack.destroy({})).rejects.toMatchObject({ kind: "unreadable-state" });
    await expect(stack.remove()).rejects.toMatchObject({ kind: "unreadable-state" });
    await stack.remove({ force: true });
    expect(calls().slice(-3)).toEqual(["stack rm", "stack import", "stack rm"]);
    expect(existsSync(join(dir, "Pulumi.commit-x-1.yaml"))).toBe(false);
});

// Linux gives no process this number (pid_max is at most 2^22).
const NOBODY = 2 ** 22 + 1;

test("the lock of a dead process goes, and destroy is tried again", async () => {
    const { stack, calls } = engine(`
cancel*) touch "$0.unlocked" ;;
destroy*) [ -e "$0.unlocked" ] || say '${lockedBy(NOBODY)}' ;;`);
    await stack.open();
    const lines: string[] = [];
    await stack.destroy({ onLine: (line) => lines.push(line) });
    expect(calls().filter((call) => /^(destroy|cancel)/.test(call))).toEqual([
        "destroy --yes",
        "cancel --yes",
        "destroy --yes",
    ]);
    expect(lines.join()).toContain(`its owner is dead (process ${NOBODY} on ${hostname()})`);
});

test.each([
    ["a process that lives here", lockedBy(process.ppid).replace("2026-11-24", "2099-11-24")],
    ["a process of another computer", lockedBy(NOBODY, "elsewhere")],
    ["nobody that is named", "error: [409] Conflict: Another update is currently in progress."],
])("the lock of %s stays, and the person is told what to do", async (_who, refusal) => {
    const { stack, calls } = engine(`destroy*) say '${refusal}' ;;`);
    await stack.open();
    await expect(stack.destroy({})).rejects.toMatchObject({
        kind: "locked",
        message: expect.stringContaining("pulumi cancel"),
    });
    expect(calls().some((call) => call.startsWith("cancel"))).toBe(false);
});
