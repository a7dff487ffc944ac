import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, statSync, writeSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { Server, utils, type Connection as ServerConnection, type Session } from "ssh2";

const { OPEN_MODE, STATUS_CODE } = utils.sftp;

export interface TestServer {
    readonly port: number;
    /** The server's public key as a line of authorized_keys. */
    readonly hostKey: string;
    /** A private key that it accepts. */
    readonly clientKey: string;
    /** Connections so far. */
    connections(): number;
    close(): Promise<void>;
}

/**
 * A real SSH server on a loopback port that runs commands with /bin/sh and serves files by SFTP.
 *
 * @param acceptEnv names of the variables that a client may set; others are ignored, as sshd does.
 */
export async function startTestServer(
    options: { acceptEnv?: string[]; ecdsaToo?: boolean } = {},
): Promise<TestServer> {
    const host = utils.generateKeyPairSync("ed25519");
    const client = utils.generateKeyPairSync("ed25519");
    const hostKeys = [host.private];
    if (options.ecdsaToo) {
        hostKeys.push(utils.generateKeyPairSync("ecdsa", { bits: 256 }).private);
    }
    const open = new Set<ServerConnection>();
    let count = 0;
    const server = new Server({ hostKeys }, (connection) => {
        count += 1;
        open.add(connection);
        connection.on("error", () => undefined);
        connection.on("close", () => open.delete(connection));
        connection.on("authentication", (attempt) => {
            const accepted = utils.parseKey(client.public);
            const right =
                attempt.method === "publickey" &&
                !(accepted instanceof Error) &&
                attempt.key.data.equals(accepted.getPublicSSH()) &&
                (!attempt.signature ||
                    accepted.verify(attempt.blob!, attempt.signature, attempt.hashAlgo));
            if (right) {
                attempt.accept();
            } else {
                attempt.reject(["publickey"]);
            }
        });
        connection.on("ready", () => {
            connection.on("session", (accept) =>
                serve(connection, accept(), options.acceptEnv ?? []),
            );
        });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        port: (server.address() as AddressInfo).port,
        hostKey: host.public,
        clientKey: client.private,
        connections: () => count,
        close: async () => {
            for (const connection of open) {
                connection.end();
            }
            await new Promise<void>((resolve) => server.close(() => resolve()));
        },
    };
}

function serve(connection: ServerConnection, session: Session, acceptEnv: string[]): void {
    const env: Record<string, string | undefined> = { PATH: process.env.PATH };
    session.on("env", (accept, reject, info) => {
        if (acceptEnv.includes(info.key)) {
            env[info.key] = (info as unknown as { val: string }).val;
            accept?.();
        } else {
            reject?.();
        }
    });
    session.on("exec", (accept, _reject, info) => {
        const channel = accept();
        const child = spawn("/bin/sh", ["-c", info.command], { env, detached: true });
        connection.on("close", () => {
            try {
                process.kill(-child.pid!, "SIGKILL");
            } catch {
                // it has ended already
            }
        });
        child.stdin.on("error", () => undefined);
        channel.pipe(child.stdin);
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        child.on("close", (code, signal) => {
            if (signal) {
                channel.exit(signal.replace(/^SIG/, ""), false);
            } else {
                channel.exit(code ?? 0);
            }
            channel.end();
        });
    });
    session.on("sftp", (accept) => {
        const sftp = accept();
        const answer = (request: number, action: () => void) => {
            try {
                action();
                sftp.status(request, STATUS_CODE.OK);
            } catch (error) {
                fail(request, error);
            }
        };
        const fail = (request: number, error: unknown) =>
            sftp.status(
                request,
                (error as NodeJS.ErrnoException).code === "ENOENT"
                    ? STATUS_CODE.NO_SUCH_FILE
                    : STATUS_CODE.FAILURE,
            );
        const handle = (descriptor: number) => {
            const buffer = Buffer.alloc(4);
            buffer.writeUInt32BE(descriptor);
            return buffer;
        };
        sftp.on("OPEN", (request, path, flags) => {
            try {
                sftp.handle(request, handle(openSync(path, flags & OPEN_MODE.WRITE ? "w" : "r")));
            } catch (error) {
                fail(request, error);
            }
        });
        sftp.on("WRITE", (request, file, offset, data) =>
            answer(request, () => writeSync(file.readUInt32BE(), data, 0, data.length, offset)),
        );
        sftp.on("CLOSE", (request, file) => answer(request, () => closeSync(file.readUInt32BE())));
        sftp.on("FSETSTAT", (request) => answer(request, () => undefined));
        sftp.on("MKDIR", (request, path) => answer(request, () => mkdirSync(path)));
        sftp.on("STAT", (request, path) => {
            try {
                const { mode, uid, gid, size, atimeMs, mtimeMs } = statSync(path);
                sftp.attrs(request, {
                    mode,
                    uid,
                    gid,
                    size,
                    atime: Math.floor(atimeMs / 1000),
                    mtime: Math.floor(mtimeMs / 1000),
                });
            } catch (error) {
                fail(request, error);
            }
        });
    });
}
