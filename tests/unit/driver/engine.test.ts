import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { passphraseEnv } from "../../../scripts/engine";
import { EventReader, shorten, withoutColour } from "../../../scripts/engineEvents";
import { EngineProcess } from "../../../scripts/engineProcess";
import { newRunId, stackName } from "../../../scripts/runIdentity";
import {
    ownSettings,
    readStackFile,
    removeStackFile,
    writeStackFile,
} from "../../../scripts/stackFile";

const dir = mkdtempSync(join(tmpdir(), "gpu-ci-engine-"));

/** A command in place of `pulumi`. */
function command(script: string, gracefulSeconds = 5, terminateSeconds = 5): EngineProcess {
    const path = join(dir, `engine-${Math.random().toString(36).slice(2)}`);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return new EngineProcess(path, null, { gracefulSeconds, terminateSeconds });
}

describe("the engine's process", () => {
    test("has a process group of its own: a terminal's Ctrl-C does not reach it twice", async () => {
        const { stdout } = await command("ps -o pgid= -p $$; echo $$").run(["up"], dir, {});
        const [group, pid] = stdout.trim().split(/\s+/);
        expect(group).toBe(pid);
    });

    test("is never asked anything, and a new stack is not selected for the person", async () => {
        const { stdout } = await command('echo "$@"').run(["stack", "init", "s"], dir, {});
        expect(stdout.trim()).toBe("stack init s --no-select --non-interactive");
    });

    test("an existing stack is looked for, not selected for the person", async () => {
        const { stdout } = await command('echo "$@"').run(
            ["stack", "select", "--stack", "s"],
            dir,
            {},
        );
        expect(stdout.trim()).toBe("stack --stack s --non-interactive");
    });

    test("a cancel is one signal", async () => {
        const count = join(dir, "count");
        const script = `trap 'echo INT >> ${count}' INT
i=0; while [ $i -lt 6 ]; do sleep 0.1; i=$((i+1)); done; exit 3`;
        const abort = new AbortController();
        setTimeout(() => abort.abort(), 200);
        const running = command(script).run(["up"], dir, {}, undefined, undefined, abort.signal);
        await expect(running).rejects.toMatchObject({ exitCode: 3 });
        expect(readFileSync(count, "utf8")).toBe("INT\n");
    });

    test("one that ignores its cancel comes to an end all the same", async () => {
        const abort = new AbortController();
        setTimeout(() => abort.abort(), 100);
        const stubborn = command("trap '' INT; while :; do sleep 0.05; done", 0.2, 0.2);
        const running = stubborn.run(["up"], dir, {}, undefined, undefined, abort.signal);
        await expect(running).rejects.toThrow(/ended by SIGKILL/);
    });

    test("keeps a bounded part of a long output", async () => {
        const { stdout } = await command("head -c 3000000 /dev/zero; echo end").run(
            ["up"],
            dir,
            {},
        );
        expect(stdout.length).toBeLessThanOrEqual(1_000_000);
        expect(stdout.endsWith("end\n")).toBe(true);
    });

    test("its error carries what it said", async () => {
        const running = command("echo 'error: no stack named x found' >&2; exit 255").run(
            ["up"],
            dir,
            {},
        );
        await expect(running).rejects.toThrow(/exit code 255\nerror: no stack named x found/);
    });
});

describe("events", () => {
    const metadata = (op: string, type: string, extra: object = {}) => ({
        op,
        type,
        urn: `urn:pulumi:s::p::${type}::machine`,
        provider: "",
        ...extra,
    });
    const INSTANCE = "aws:ec2/instance:Instance";

    test("resources become short lines with their time", () => {
        let now = 0;
        const reader = new EventReader(() => now);
        const pre = reader.read({
            resourcePreEvent: { metadata: metadata("create", INSTANCE) },
        } as never);
        now = 3100;
        const post = reader.read({
            resOutputsEvent: { metadata: metadata("create", INSTANCE) },
        } as never);
        expect(pre.line).toBe("ec2.Instance machine creating");
        expect(post.line).toBe("ec2.Instance machine created (3.1 s)");
        expect(post.phase).toEqual({ name: "create machine", seconds: 3.1 });
    });

    test("the stack, components and what stays the same are not told", () => {
        const reader = new EventReader();
        for (const [op, type] of [
            ["create", "pulumi:pulumi:Stack"],
            ["create", "ephemeral-gpu-ci:index:GpuTestRun"],
            ["same", INSTANCE],
        ]) {
            expect(
                reader.read({ resourcePreEvent: { metadata: metadata(op, type) } } as never),
            ).toEqual({});
        }
    });

    test("a log does not pass, a note does, an error passes short", () => {
        const reader = new EventReader();
        const said = (severity: string, message: string) =>
            reader.read({ diagnosticEvent: { severity, message, color: "never" } } as never);
        expect(said("info", "[ 3/14] pass  multimodal/caption").line).toBe(
            "[ 3/14] pass  multimodal/caption",
        );
        expect(said("info", "line one\nline two")).toEqual({});
        expect(said("info", "x".repeat(500))).toEqual({});
        expect(said("debug", "Registering resource")).toEqual({});
        const { error } = said("error", `<{%reset%}>first ${"x".repeat(90_000)} last`);
        expect(error).toMatch(/^first .* last$/);
        expect(error?.length).toBeLessThanOrEqual(1200);
    });

    test("a schedule that is kept on purpose is not called deleted", () => {
        const reader = new EventReader();
        const type = "aws:scheduler/schedule:Schedule";
        const kept = metadata("delete", type, { old: { retainOnDelete: true } });
        expect(reader.read({ resourcePreEvent: { metadata: kept } } as never)).toEqual({});
        expect(reader.read({ resOutputsEvent: { metadata: kept } } as never).line).toMatch(
            /on purpose/,
        );
    });

    test("texts", () => {
        expect(withoutColour("<{%fg 1%}>a<{%reset%}>")).toBe("a");
        expect(shorten("abcdefghij", 9)).toBe("ab ... ij");
    });
});

describe("an ephemeral stack's settings file", () => {
    test("is the tier's own, secrets included, with the run's values over it, and goes with it", () => {
        writeFileSync(
            join(dir, "Pulumi.commit.yaml"),
            "encryptionsalt: v1:abc\nconfig:\n  aws:region: eu-central-1\n  ephemeral-gpu-ci:tier: commit\n  ephemeral-gpu-ci:token:\n    secure: xyz\n",
        );
        const base = readStackFile(dir, "commit");
        expect(ownSettings(base)).toEqual({ tier: "commit" });
        writeStackFile(dir, "commit-1-1", base, { runId: "0123", attempt: "1" });
        expect(parse(readFileSync(join(dir, "Pulumi.commit-1-1.yaml"), "utf8"))).toEqual({
            encryptionsalt: "v1:abc",
            config: {
                "aws:region": "eu-central-1",
                "ephemeral-gpu-ci:tier": "commit",
                "ephemeral-gpu-ci:token": { secure: "xyz" },
                "ephemeral-gpu-ci:runId": "0123",
                "ephemeral-gpu-ci:attempt": "1",
            },
        });
        removeStackFile(dir, "commit-1-1");
        expect(existsSync(join(dir, "Pulumi.commit-1-1.yaml"))).toBe(false);
        expect(existsSync(join(dir, "Pulumi.commit.yaml"))).toBe(true);
    });

    test("one that is not YAML is refused with its name", () => {
        writeFileSync(join(dir, "Pulumi.bad.yaml"), "config: [\n");
        expect(() => readStackFile(dir, "bad")).toThrow(/Pulumi.bad.yaml cannot be read/);
    });
});

test.each([
    ["file:///state", {}, { PULUMI_CONFIG_PASSPHRASE: "" }],
    ["s3://bucket", {}, { PULUMI_CONFIG_PASSPHRASE: "" }],
    ["s3://bucket", { PULUMI_CONFIG_PASSPHRASE: "mine" }, {}],
    ["s3://bucket", { PULUMI_CONFIG_PASSPHRASE_FILE: "/f" }, {}],
    ["https://app.pulumi.com/me", {}, {}],
])("passphrase for %s with %p", (backend, env, expected) => {
    expect(passphraseEnv(backend, env)).toEqual(expected);
});

test("names of runs and stacks", () => {
    const id = newRunId("commit", Date.UTC(2026, 10, 24, 6, 30), () => Buffer.from("3f9a", "hex"));
    expect(id).toBe("commit-20261124-063000-3f9a");
    expect(id).toMatch(/^[a-z0-9][a-z0-9-]{0,35}$/);
    expect(stackName({ tier: "commit", runId: id, attempt: 2 })).toBe(`${id}-2`);
    expect(stackName({ tier: "dev", runId: "x", attempt: 1 })).toBe("dev-x-1");
    expect(stackName({ tier: "dev", runId: "device", attempt: 1 })).toBe("dev-device-1");
});
