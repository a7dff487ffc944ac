import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buildProviders, STAND_IN_PROVIDERS } from "../../../rehearsal/providers/build";
import { engineAddress } from "../../../rehearsal/providers/engineLog";

test("every provider becomes one script and one executable that says its port first", async () => {
    const outDir = mkdtempSync(join(tmpdir(), "stand-ins-"));
    try {
        const files = buildProviders(join(outDir, "new"));
        expect(files.map((file) => basename(file))).toEqual(
            STAND_IN_PROVIDERS.flatMap((name) => [`${name}.js`, `pulumi-resource-${name}`]),
        );
        for (const executable of files.filter((file) => !file.endsWith(".js"))) {
            accessSync(executable, constants.X_OK);
            const plugin = spawn(executable, ["127.0.0.1:1"], {
                stdio: ["ignore", "pipe", "inherit"],
            });
            const ended = new Promise((resolve) => plugin.on("close", resolve));
            const first = await new Promise<string>((resolve) =>
                plugin.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString())),
            );
            plugin.kill();
            await ended;
            expect(first).toMatch(/^\d+\n$/);
        }
    } finally {
        rmSync(outDir, { recursive: true });
    }
}, 30_000);

test("a plugin whose engine was killed ends by itself", async () => {
    const outDir = mkdtempSync(join(tmpdir(), "stand-ins-"));
    try {
        const [, executable = ""] = buildProviders(outDir, ["random"]);
        const engine = spawn("/bin/sh", ["-c", '"$0" & echo "pid $!"; wait', executable], {
            stdio: ["ignore", "pipe", "inherit"],
        });
        let output = "";
        // The plugin shares the pipe, so the pipe closes when both are gone.
        const closed = new Promise((resolve) => engine.stdout.on("close", () => resolve("ended")));
        await new Promise<void>((resolve) =>
            engine.stdout.on("data", (chunk: Buffer) => {
                output += chunk.toString();
                if (/^pid \d+$/m.test(output) && /^\d+$/m.test(output)) {
                    resolve();
                }
            }),
        );
        engine.kill("SIGKILL");
        let timer: NodeJS.Timeout | undefined;
        const tooLong = new Promise((resolve) => {
            timer = setTimeout(() => resolve("still there after 10 s"), 10_000);
        });
        const outcome = await Promise.race([closed, tooLong]);
        clearTimeout(timer);
        if (outcome !== "ended") {
            process.kill(Number(/^pid (\d+)$/m.exec(output)?.[1]));
        }
        expect(outcome).toBe("ended");
    } finally {
        rmSync(outDir, { recursive: true });
    }
}, 30_000);

test.each([
    [["127.0.0.1:4000"], "127.0.0.1:4000"],
    [["--logtostderr", "-v=9", "--tracing", "file:/tmp/t", "127.0.0.1:4000"], "127.0.0.1:4000"],
    [[], undefined],
])("among the arguments %j the engine's address is %s", (args, address) => {
    expect(engineAddress(args)).toBe(address);
});
