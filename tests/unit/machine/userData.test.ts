import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { isUserError } from "../../../common/userError";
import { guardSettings } from "../../../machine/guard";
import { pushFiles } from "../../../machine/reportBucket";
import { serverFiles, suiteFiles } from "../../../machine/serverFiles";
import {
    machineText,
    machineUserData,
    USER_DATA_LIMIT_BYTES,
    UserDataArgs,
} from "../../../machine/userData";
import { ladderOf } from "../../../sizing/ladder";
import { serverArgs, ServerOptions } from "../../../sizing/serverArgs";
import { unpackUserData } from "../../../rehearsal/unpackUserData";

const ARGS: UserDataArgs = {
    powerOffAt: "2026-11-24T06:58:00Z",
    mostSeconds: 2580,
    guard: guardSettings({ heartbeatMinutes: 10 }, 45),
    hostKey: { privateKey: "PRIVATE\n", publicKey: "ssh-ed25519 AAAA host" },
    files: [
        ...serverFiles({
            image: `vllm/vllm-openai@sha256:${"a".repeat(64)}`,
            args: ["Qwen/Qwen3-VL-8B-Instruct", "--mm-processor-kwargs", '{"max_pixels": 1003520}'],
        }),
        ...suiteFiles({
            image: `node@sha256:${"b".repeat(64)}`,
            command: ["node", "/suite/suite.js"],
            serverReadySeconds: 1800,
            model: "Qwen/Qwen3-VL-8B-Instruct",
            output: "results",
        }),
    ],
    commands: ["echo 'last'"],
};

test("the machine knows from its boot hook alone when to end itself, by both clocks", () => {
    const { hook } = unpackUserData(machineUserData(ARGS));
    expect(hook).toContain(`echo '${Date.parse(ARGS.powerOffAt) / 1000}' >$state/power-off-at`);
    expect(hook).toContain("echo '2580' >$state/seconds-left");
    expect(hook).toContain("echo '600' >$state/boot-budget-seconds");
    expect(hook).toContain("systemctl start --no-block gpu-ci-watchdog.timer");
});

test("the second part is a cloud-config with the host key, the files and the commands", () => {
    const config = parse(unpackUserData(machineUserData(ARGS)).config);
    expect(config.ssh_keys.ed25519_private).toBe("PRIVATE\n");
    const files = Object.fromEntries(config.write_files.map((file: any) => [file.path, file]));
    expect(files["/etc/ephemeral-gpu-ci/ladder"].content).toBe(
        [
            "rung as-planned - 0",
            "note as planned",
            "arg Qwen/Qwen3-VL-8B-Instruct",
            "arg --mm-processor-kwargs",
            'arg {"max_pixels": 1003520}',
            "",
        ].join("\n"),
    );
    expect(files["/opt/ephemeral-gpu-ci/suite.sh"].permissions).toBe("0755");
    expect(files["/etc/ephemeral-gpu-ci/guard"].content).toMatch(/^heartbeat=600$/m);
});

test("the guard starts before the commands of others, and the boot has ended after them", () => {
    const { config } = unpackUserData(machineUserData(ARGS));
    expect(parse(config).runcmd.map(([, , command]: string[]) => command)).toEqual([
        "systemctl enable --now --no-block gpu-ci-guard.service",
        "echo 'last'",
        "date -u +%s >/var/lib/ephemeral-gpu-ci/phases/booted",
    ]);
});

test("everything but the boot hook is compressed, the same on every platform", () => {
    const text = machineUserData(ARGS);
    expect(text).toBe(machineUserData(ARGS));
    const packed = text.split("Content-Transfer-Encoding: base64\n\n")[1].split("\n")[0];
    // RFC 1952: no time, and an operating system that is not known.
    expect([...Buffer.from(packed, "base64").subarray(4, 10)]).toEqual([0, 0, 0, 0, 2, 255]);
    const { write_files: files } = parse(unpackUserData(text).config);
    const suite = files.find(({ path }: any) => path.endsWith("/suite.sh"));
    expect(suite.content).toBe(machineText("suite.sh"));
});

test("no placeholder is left in the boot hook", () => {
    expect(unpackUserData(machineUserData(ARGS)).hook).not.toMatch(/@[A-Z_]+@/);
});

test("what is longer than EC2 takes is refused, with the numbers", () => {
    const files = [{ path: "/x", content: randomBytes(9000).toString("hex"), permissions: "0644" }];
    let refused: unknown;
    try {
        machineUserData({ ...ARGS, files: [...ARGS.files, ...files] });
    } catch (error) {
        refused = error;
    }
    expect(isUserError(refused)).toBe(true);
    expect((refused as Error).message).toMatch(/\d{5} bytes.*16384/);
});

test.each([
    ["a kilobyte of what EC2 takes is free", {}, 1024],
    [
        "600 bytes are, where the report is pushed",
        { reportBucket: "b".repeat(63), reportEndpoint: `https://${"e".repeat(60)}` },
        600,
    ],
])("with the longest ladder, %s", (_, bucket, leastFree) => {
    const server: ServerOptions = {
        modelId: "Qwen/Qwen3-VL-235B-A22B-Thinking",
        precision: "bf16",
        computeCapability: 9,
        tensorParallel: 8,
        maxModelLen: 262_144,
        maxNumSeqs: 256,
        maxNumBatchedTokens: 16_384,
        maxImagePixels: 16_777_216,
    };
    const lower: ServerOptions = {
        ...server,
        modelId: "Qwen/Qwen3-VL-235B-A22B-Thinking-FP8",
        precision: "fp8",
    };
    const ladder = ladderOf(server, "answers", lower);
    const files = serverFiles({
        image: `vllm/vllm-openai@sha256:${"a".repeat(64)}`,
        args: serverArgs(server),
        ladder,
    });
    const rest = [
        ...ARGS.files.filter(({ path }) => !files.some((file) => file.path === path)),
        ...pushFiles(bucket, { runId: "r".repeat(36), attempt: 1 }),
    ];
    const hostKey = { ...ARGS.hostKey, privateKey: randomBytes(300).toString("base64") };
    const userData = machineUserData({ ...ARGS, hostKey, files: [...files, ...rest] });
    expect(ladder).toHaveLength(7);
    expect(userData.length).toBeLessThan(USER_DATA_LIMIT_BYTES - leastFree);
});

test("an argument with a line break is refused", () => {
    expect(() => serverFiles({ image: "i", args: ["a\nb"] })).toThrow("line break");
});

test.each(readdirSync(join(__dirname, "../../../machine/files")))(
    "%s keeps its first line and loses its comments",
    (name) => {
        const lines = machineText(name).split("\n");
        expect(lines[0]).toMatch(/\.(sh|py)$/.test(name) ? /^#/ : /^\[Unit\]/);
        expect(lines.slice(2).some((line) => line.startsWith("#"))).toBe(false);
    },
);
