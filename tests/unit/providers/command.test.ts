import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utils } from "ssh2";
import {
    delayAfter,
    dial,
    readablePrivateKey,
} from "../../../rehearsal/providers/command/connection";
import { commandProvider } from "../../../rehearsal/providers/command/provider";
import {
    ARCHIVE_SIGNATURE,
    ASSET_SIGNATURE,
    SIGNATURE_KEY,
    secret,
    type Properties,
} from "../../../rehearsal/providers/wire";
import { startTestServer, type TestServer } from "./testServer";

const LOCAL = "urn:pulumi:dev::p::command:local:Command::cmd";
const REMOTE = "urn:pulumi:dev::p::command:remote:Command::cmd";
const COPY = "urn:pulumi:dev::p::command:remote:CopyToRemote::copy";

const status: string[] = [];
const warnings: string[] = [];
const log = {
    status: (_urn: string, text: string) => void status.push(text),
    warning: (_urn: string, text: string) => void warnings.push(text),
};

let server: TestServer;
beforeAll(async () => {
    server = await startTestServer({ acceptEnv: ["GPU_CI_MODE", "PULUMI_COMMAND_STDOUT"] });
});
afterAll(() => server.close());
beforeEach(() => {
    status.length = 0;
    warnings.length = 0;
});

const connection = () => ({
    host: "127.0.0.1",
    port: server.port,
    user: "root",
    privateKey: secret(server.clientKey),
    hostKey: server.hostKey,
    dialErrorLimit: 0,
});
const create = (urn: string, inputs: Properties) => commandProvider(log).create!(urn, inputs);
const never = new AbortController().signal;

describe("dialling", () => {
    test("waits 100 ms, then half as long again each time, at most 5 s", () => {
        expect([0, 1, 2, 9, 10, 50].map((n) => Math.round(delayAfter(n)))).toEqual([
            100, 150, 225, 3844, 5000, 5000,
        ]);
    });

    test("gives up after the limit, naming the last failure", async () => {
        const retries: string[] = [];
        await expect(
            dial(
                { host: "127.0.0.1", port: 1, dialErrorLimit: 2 },
                { signal: never, onRetry: (text) => retries.push(text) },
            ),
        ).rejects.toThrow(/^after 2 failed attempts: .*ECONNREFUSED/);
        expect(retries).toEqual([
            expect.stringMatching(/^Dial 1\/2 failed: retrying/),
            expect.stringMatching(/^Dial 2\/2 failed: retrying/),
        ]);
    });

    test("goes on for ever with -1, until the engine cancels", async () => {
        const abort = new AbortController();
        const retries: string[] = [];
        await expect(
            dial(
                { host: "127.0.0.1", port: 1, dialErrorLimit: -1 },
                {
                    signal: abort.signal,
                    onRetry: (text) => {
                        retries.push(text);
                        if (retries.length === 3) {
                            abort.abort(new Error("cancelled"));
                        }
                    },
                },
            ),
        ).rejects.toThrow("cancelled");
        expect(retries[2]).toMatch(/^Dial 3\/inf failed/);
    });

    test("reaches a server that comes up late", async () => {
        const placeholder = createServer();
        await new Promise<void>((resolve) => placeholder.listen(0, "127.0.0.1", resolve));
        const { port } = placeholder.address() as AddressInfo;
        await new Promise((resolve) => placeholder.close(resolve));
        const lateServer = await startTestServer(); // behind a port that opens later
        const proxy = createServer((socket) => {
            socket.on("error", () => undefined);
            const upstream = connect(lateServer.port, "127.0.0.1");
            upstream.on("error", () => undefined);
            socket.pipe(upstream).pipe(socket);
        });
        setTimeout(() => proxy.listen(port, "127.0.0.1"), 200);
        const client = await dial(
            { host: "127.0.0.1", port, privateKey: lateServer.clientKey, dialErrorLimit: 10 },
            { signal: never },
        );
        client.end();
        await lateServer.close();
        await new Promise((resolve) => proxy.close(resolve));
    });

    test("a server that never speaks counts as a failure after perDialTimeout", async () => {
        const silent = createServer((socket) => socket.resume());
        await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
        const { port } = silent.address() as AddressInfo;
        await expect(
            dial(
                { host: "127.0.0.1", port, dialErrorLimit: 0, perDialTimeout: 0.2 },
                { signal: never },
            ),
        ).rejects.toThrow(/after 0 failed attempts: .*[Tt]imed out/);
        await new Promise((resolve) => silent.close(resolve));
    });

    test("another host key is refused", async () => {
        const other = utils.generateKeyPairSync("ed25519").public;
        await expect(
            create(REMOTE, { connection: { ...connection(), hostKey: other }, create: "true" }),
        ).rejects.toThrow("ssh: handshake failed: ssh: host key mismatch");
    });

    test("without a host key nobody is asked who they are, as with the real provider", async () => {
        const unchecked = { ...connection(), hostKey: undefined };
        await expect(
            create(REMOTE, { connection: unchecked, create: "true" }),
        ).resolves.toBeDefined();
    });

    test("a server with an ecdsa key besides fails, as with the real provider's Go client", async () => {
        const two = await startTestServer({ ecdsaToo: true });
        await expect(
            dial(
                {
                    host: "127.0.0.1",
                    port: two.port,
                    privateKey: two.clientKey,
                    hostKey: two.hostKey,
                    dialErrorLimit: 0,
                },
                { signal: never },
            ),
        ).rejects.toThrow("host key mismatch");
        await two.close();
    });

    test("another client key is refused", async () => {
        const privateKey = utils.generateKeyPairSync("ed25519").private;
        await expect(
            create(REMOTE, { connection: { ...connection(), privateKey }, create: "true" }),
        ).rejects.toThrow("unable to authenticate");
    });

    test("a PKCS #8 key, as Node's crypto writes it, can be used", () => {
        const pem = generateKeyPairSync("ed25519").privateKey.export({
            type: "pkcs8",
            format: "pem",
        });
        const readable = utils.parseKey(readablePrivateKey(String(pem)));
        expect(readable).not.toBeInstanceOf(Error);
        expect(() => readablePrivateKey("nonsense")).toThrow("cannot read the private key");
    });
});

describe("command.remote.Command", () => {
    test("gives both streams without their last newline, and gets its stdin", async () => {
        const { id, outs } = await create(REMOTE, {
            connection: connection(),
            create: "cat; echo two; echo problem >&2",
            stdin: secret("one\n"),
        });
        expect(id).toMatch(/^cmd[0-9a-f]{8}$/);
        expect(outs).toMatchObject({ stdout: "one\ntwo", stderr: "problem" });
        expect(status.sort()).toEqual(["one", "problem", "two"]);
    });

    test("the connection and a secret stdin stay secret in the state, the output is not", async () => {
        const { outs } = await create(REMOTE, {
            connection: secret(connection()),
            create: "cat",
            stdin: secret("s"),
        });
        expect(outs.connection[SIGNATURE_KEY]).toBeDefined();
        expect(outs.stdin).toEqual(secret("s"));
        expect(JSON.stringify(outs.stdout)).toBe('"s"');
    });

    test.each([
        ["exit 7", /^Process exited with status 7: running "echo out; exit 7":\nout\n$/],
        ["kill -KILL $$", /^Process exited from signal (SIG)?KILL: running/],
    ])("%s is an error with the command and all its output", async (end, message) => {
        await expect(
            create(REMOTE, { connection: connection(), create: `echo out; ${end}` }),
        ).rejects.toThrow(message);
    });

    test("logging none shows nothing and captures all", async () => {
        const { outs } = await create(REMOTE, {
            connection: connection(),
            create: "echo out; echo err >&2",
            logging: "none",
        });
        expect(outs).toMatchObject({ stdout: "out", stderr: "err" });
        expect(status).toEqual([]);
    });

    test("a line over 64 KiB is an error where the real provider hangs, unless logging is off", async () => {
        const long = "head -c 70000 /dev/zero | tr '\\0' x";
        await expect(
            create(REMOTE, { connection: connection(), create: `${long}; sleep 30` }),
        ).rejects.toThrow("the real command provider hangs for ever");
        const { outs } = await create(REMOTE, {
            connection: connection(),
            create: long,
            logging: "none",
        });
        expect(outs.stdout).toHaveLength(70000);
    });

    test("a variable that the server takes arrives, one that it refuses is an error", async () => {
        const run = (environment: Properties) =>
            create(REMOTE, { connection: connection(), create: "echo $GPU_CI_MODE", environment });
        expect((await run({ GPU_CI_MODE: "x y" })).outs.stdout).toBe("x y");
        await expect(run({ OTHER: "1" })).rejects.toThrow(
            'could not set environment variable "OTHER": ssh: setenv failed',
        );
    });

    test("an update runs update, else create again, and sees the output before", async () => {
        const provider = commandProvider(log);
        const olds = { stdout: "before", stderr: "problem" };
        const inputs = { connection: connection(), create: "echo $PULUMI_COMMAND_STDOUT" };
        const again = await provider.update!("id", REMOTE, olds, inputs);
        expect(again.outs.stdout).toBe("before");
        expect(warnings).toEqual([
            expect.stringContaining("Unable to set 'PULUMI_COMMAND_STDERR'"),
        ]);
        const updated = await provider.update!("id", REMOTE, olds, {
            ...inputs,
            update: "echo updated",
            addPreviousOutputInEnv: false,
        });
        expect(updated.outs.stdout).toBe("updated");
        expect(warnings).toHaveLength(1);
    });

    test("triggers replace, everything else updates", async () => {
        const { diff } = commandProvider(log);
        const olds = { connection: { host: "a" }, create: "c", triggers: ["1"] };
        const same = { connection: { host: "a" }, create: "c", triggers: ["1"] };
        expect(await diff!("id", REMOTE, olds, same)).toMatchObject({ changes: false });
        expect(await diff!("id", REMOTE, olds, { ...same, triggers: ["2"] })).toMatchObject({
            replaces: ["triggers"],
        });
        expect(
            await diff!("id", REMOTE, olds, { ...same, connection: { host: "b" }, create: "d" }),
        ).toMatchObject({ changes: true, replaces: [] });
    });

    test("a delete without a command does not connect, with one it runs", async () => {
        const provider = commandProvider(log);
        const before = server.connections();
        await provider.delete!("id", REMOTE, { connection: connection() });
        expect(server.connections()).toBe(before);
        await expect(
            provider.delete!("id", REMOTE, { connection: connection(), delete: "exit 3" }),
        ).rejects.toThrow("status 3");
    });

    test("cancel ends a running command", async () => {
        const provider = commandProvider({ ...log, status: () => void provider.cancel!() });
        const started = Date.now();
        await expect(
            provider.create!(REMOTE, {
                connection: connection(),
                create: "echo started; sleep 30",
            }),
        ).rejects.toThrow(/^cancelled: running "echo started; sleep 30":\nstarted\n$/);
        expect(Date.now() - started).toBeLessThan(5000);
    });
});

describe("command.local.Command", () => {
    test("runs in its folder with its environment and its stdin", async () => {
        const { outs } = await create(LOCAL, {
            create: 'pwd; echo "$COLOUR"; cat; echo problem >&2',
            dir: "/",
            environment: { COLOUR: "red" },
            stdin: "end\n",
        });
        expect(outs).toMatchObject({ stdout: "/\nred\nend", stderr: "problem", dir: "/" });
    });

    test("uses another interpreter", async () => {
        const { outs } = await create(LOCAL, {
            create: "console.log(6 * 7)",
            interpreter: [process.execPath, "-e"],
        });
        expect(outs.stdout).toBe("42");
    });

    test("an exit code is an error with the output", async () => {
        await expect(create(LOCAL, { create: "echo out; exit 4" })).rejects.toThrow(
            /^exit status 4: running "echo out; exit 4":\nout\n$/,
        );
    });

    test("an update and a delete see the output before", async () => {
        const provider = commandProvider(log);
        const inputs = { create: "echo $PULUMI_COMMAND_STDOUT" };
        const { outs } = await provider.update!("id", LOCAL, { stdout: "before" }, inputs);
        expect(outs.stdout).toBe("before");
        await expect(
            provider.delete!("id", LOCAL, {
                delete: 'test "$PULUMI_COMMAND_STDOUT" = before || exit 9',
                stdout: "before",
            }),
        ).resolves.toBeUndefined();
    });

    test("cancel kills it", async () => {
        const provider = commandProvider({ ...log, status: () => void provider.cancel!() });
        await expect(
            provider.create!(LOCAL, { create: "echo started; exec sleep 30" }),
        ).rejects.toThrow(/^cancelled/);
    });

    test("assetPaths is an error that names the stand-in", async () => {
        const { failures } = await commandProvider(log).check!(
            LOCAL,
            {},
            { create: "true", assetPaths: ["*"] },
        );
        expect(failures?.[0]?.reason).toContain("the stand-in for the command provider");
    });
});

describe("command.remote.CopyToRemote", () => {
    let root: string;
    beforeEach(() => {
        root = mkdtempSync(join(tmpdir(), "copy-"));
        mkdirSync(join(root, "suite/cases"), { recursive: true });
        writeFileSync(join(root, "suite/suite.js"), "main");
        writeFileSync(join(root, "suite/cases/a.yaml"), "case");
        mkdirSync(join(root, "there"));
        writeFileSync(join(root, "there/file"), "old");
    });
    afterEach(() => rmSync(root, { recursive: true }));

    const file = (path: string, hash = "1") => ({ [SIGNATURE_KEY]: ASSET_SIGNATURE, path, hash });
    const text = (content: string) => ({ [SIGNATURE_KEY]: ASSET_SIGNATURE, text: content });
    const folder = (path: string) => ({ [SIGNATURE_KEY]: ARCHIVE_SIGNATURE, path, hash: "1" });
    const at = (path: string) => readFileSync(join(root, path), "utf8");
    const copy = (source: unknown, remotePath: string) =>
        create(COPY, { connection: connection(), source, remotePath: join(root, remotePath) });

    test.each<[string, () => unknown, string, Record<string, string>]>([
        [
            "a folder into a folder",
            () => folder(join(root, "suite")),
            "there",
            { "there/suite/suite.js": "main", "there/suite/cases/a.yaml": "case" },
        ],
        [
            "a folder to where nothing is: parents are made, and its name is kept",
            () => folder(join(root, "suite")),
            "new/deep",
            { "new/deep/suite/suite.js": "main", "new/deep/suite/cases/a.yaml": "case" },
        ],
        [
            "what is in a folder, by its last slash",
            () => folder(join(root, "suite/")),
            "new",
            { "new/suite.js": "main", "new/cases/a.yaml": "case" },
        ],
        [
            "a file into a folder",
            () => file(join(root, "suite/suite.js")),
            "there",
            { "there/suite.js": "main" },
        ],
        [
            "a file to where nothing is",
            () => file(join(root, "suite/suite.js")),
            "new/x.js",
            { "new/x.js": "main" },
        ],
        [
            "a file over a file",
            () => file(join(root, "suite/suite.js")),
            "there/file",
            { "there/file": "main" },
        ],
        ["a text", () => text("héllo"), "new/t.txt", { "new/t.txt": "héllo" }],
    ])("%s", async (_what, source, remotePath, expected) => {
        await copy(source(), remotePath);
        for (const [path, content] of Object.entries(expected)) {
            expect(at(path)).toBe(content);
        }
    });

    test("a large file arrives whole", async () => {
        const content = "0123456789abcdef".repeat(40_000);
        writeFileSync(join(root, "large"), content);
        await copy(file(join(root, "large")), "copy");
        expect(at("copy") === content).toBe(true);
    });

    test("a text onto a folder and a folder onto a file are errors", async () => {
        await expect(copy(text("x"), "there")).rejects.toThrow("remotePath must be a file path");
        await expect(copy(folder(join(root, "suite/")), "there/file")).rejects.toThrow(
            "exists but is not a directory",
        );
    });

    test("an update copies again only for other content or another path", async () => {
        const provider = commandProvider(log);
        const inputs = (hash: string, remotePath = "out") => ({
            connection: connection(),
            source: file(join(root, "suite/suite.js"), hash),
            remotePath: join(root, remotePath),
        });
        const before = server.connections();
        await provider.update!("id", COPY, inputs("1"), inputs("1"));
        expect(server.connections()).toBe(before);
        await provider.update!("id", COPY, inputs("1"), inputs("2"));
        expect(at("out")).toBe("main");
        await provider.update!("id", COPY, inputs("2"), inputs("2", "elsewhere"));
        expect(at("elsewhere")).toBe("main");
    });

    test("content and path update, triggers replace", async () => {
        const { diff } = commandProvider(log);
        const olds = { connection: {}, source: file("a", "1"), remotePath: "/x", triggers: ["i"] };
        expect(await diff!("id", COPY, olds, { ...olds })).toMatchObject({ changes: false });
        expect(await diff!("id", COPY, olds, { ...olds, source: file("a", "2") })).toMatchObject({
            changes: true,
            replaces: [],
        });
        expect(await diff!("id", COPY, olds, { ...olds, triggers: ["j"] })).toMatchObject({
            replaces: ["triggers"],
        });
    });

    test("a remote archive is refused before anything is dialled", async () => {
        const { failures } = await commandProvider(log).check!(
            COPY,
            {},
            {
                connection: connection(),
                source: { [SIGNATURE_KEY]: ARCHIVE_SIGNATURE, uri: "https://example.com/a.zip" },
                remotePath: "/x",
            },
        );
        expect(failures).toEqual([
            { property: "archive", reason: "archive must be a path to a file or directory" },
        ]);
    });
});
