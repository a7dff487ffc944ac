import { randomBytes } from "node:crypto";
import { posix } from "node:path";

import { Server, utils, type Connection, type SFTPWrapper } from "ssh2";
import { parse } from "yaml";

import { sshKeyPairFromSeed } from "../../components/keys";
import { unpackUserData } from "../unpackUserData";
import { suiteThatSlept } from "./suiteThatSlept";

/** What the emulated cloud tells of a machine that it does not boot. */
export interface SleepingMachineFile {
    readonly instanceId: string;
    /** Null where nobody reaches it from outside. */
    readonly address: string | null;
    readonly userDataBase64: string;
}

const { OPEN_MODE, STATUS_CODE } = utils.sftp;
const DIRECTORY = 0o040755;
const REGULAR_FILE = 0o100644;
const REPORT = "/var/lib/ephemeral-gpu-ci/report";

/**
 * A stand-in for a machine where only the cloud's side of it counts: it answers by SSH with the host
 * key of its user data, takes every file, says yes to every command, and its suite sleeps. Nothing is
 * executed, and there is no watchdog in it.
 */
export class SleepingMachine {
    private readonly server: Server;
    private readonly connections = new Set<Connection>();
    private readonly timers = new Set<NodeJS.Timeout>();
    private readonly files = new Map<string, Buffer>();
    private readonly folders = new Set(["/", "/home", "/home/ubuntu", REPORT]);

    constructor(
        file: SleepingMachineFile & { readonly address: string },
        private readonly suiteSeconds: number,
    ) {
        this.files.set(`${REPORT}/results.json`, Buffer.from(suiteThatSlept(suiteSeconds)));
        this.server = new Server({ hostKeys: [hostKey(file.userDataBase64)] }, (connection) =>
            this.serve(connection),
        );
        this.server.on("error", (error: Error) =>
            process.stderr.write(`sleeping machine ${file.instanceId}: ${error.message}\n`),
        );
        this.server.listen(22, file.address);
    }

    close(): void {
        this.timers.forEach(clearTimeout);
        this.connections.forEach((connection) => connection.end());
        this.server.close();
    }

    private serve(connection: Connection): void {
        this.connections.add(connection);
        connection.on("error", () => undefined);
        connection.on("close", () => this.connections.delete(connection));
        connection.on("authentication", (context) =>
            context.method === "publickey" ? context.accept() : context.reject(["publickey"]),
        );
        connection.on("session", (accept) => {
            const session = accept();
            session.on("sftp", (acceptSftp) => this.serveFiles(acceptSftp()));
            session.on("exec", (acceptExec, _reject, { command }) => {
                const channel = acceptExec();
                const answer = () => {
                    channel.write(`${lastLine()}\n`);
                    channel.exit(0);
                    channel.end();
                };
                channel.on("error", () => undefined);
                this.after(isWait(command) ? this.suiteSeconds : 0, answer);
            });
        });
    }

    private after(seconds: number, act: () => void): void {
        const timer = setTimeout(() => {
            this.timers.delete(timer);
            act();
        }, seconds * 1000);
        this.timers.add(timer);
    }

    private serveFiles(sftp: SFTPWrapper): void {
        const handles: string[] = [];
        const listed = new Set<number>();
        const open = (id: number, path: string) =>
            sftp.handle(id, Buffer.from([handles.push(path) - 1]));
        const attributes = (id: number, path: string) => {
            const known = this.attributes(path);
            return known ? sftp.attrs(id, known) : sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
        };
        const ok = (id: number) => sftp.status(id, STATUS_CODE.OK);
        sftp.on("error", () => undefined);
        sftp.on("STAT", attributes);
        sftp.on("LSTAT", attributes);
        sftp.on("FSTAT", (id, handle) => attributes(id, handles[handle[0]]));
        sftp.on("REALPATH", (id, path) =>
            sftp.name(id, [{ filename: path, longname: path, attrs: attributesOf(DIRECTORY, 0) }]),
        );
        sftp.on("MKDIR", (id, path) => {
            this.folders.add(path);
            ok(id);
        });
        sftp.on("OPEN", (id, path, flags) => {
            if (flags & OPEN_MODE.WRITE) {
                this.files.set(path, Buffer.alloc(0));
            }
            open(id, path);
        });
        sftp.on("WRITE", (id) => ok(id));
        sftp.on("READ", (id, handle, offset, length) => {
            const content = this.files.get(handles[handle[0]]) ?? Buffer.alloc(0);
            const part = content.subarray(offset, offset + length);
            return part.length > 0 ? sftp.data(id, part) : sftp.status(id, STATUS_CODE.EOF);
        });
        sftp.on("OPENDIR", open);
        sftp.on("READDIR", (id, handle) => {
            if (listed.has(handle[0])) {
                sftp.status(id, STATUS_CODE.EOF);
                return;
            }
            listed.add(handle[0]);
            const inside = [...this.files.keys()].filter(
                (path) => posix.dirname(path) === handles[handle[0]],
            );
            sftp.name(
                id,
                inside.map((path) => {
                    const filename = posix.basename(path);
                    return { filename, longname: filename, attrs: this.attributes(path)! };
                }),
            );
        });
        for (const name of ["SETSTAT", "FSETSTAT", "CLOSE"] as const) {
            sftp.on(name, (id: number) => ok(id));
        }
    }

    private attributes(path: string) {
        const file = this.files.get(path);
        if (file !== undefined) {
            return attributesOf(REGULAR_FILE, file.length);
        }
        return this.folders.has(path) ? attributesOf(DIRECTORY, 0) : undefined;
    }
}

function attributesOf(mode: number, size: number) {
    return { mode, size, uid: 0, gid: 0, atime: 0, mtime: 0 };
}

/** Ours is started detached and then waited for; a plain program runs it in one command. */
function isWait(command: string): boolean {
    return /wait-for-suite|docker' 'run/.test(command);
}

function lastLine(): string {
    return JSON.stringify({ verdict: "passed", endedAt: new Date().toISOString() });
}

/** The host key that the user data gives the machine; one of its own where it gives none. */
function hostKey(userDataBase64: string): string {
    const text = Buffer.from(userDataBase64, "base64").toString("utf8");
    if (!text.startsWith("Content-Type: multipart/")) {
        return sshKeyPairFromSeed(randomBytes(32).toString("base64"), "sleeping").privateKey;
    }
    return parse(unpackUserData(text).config).ssh_keys.ed25519_private;
}
