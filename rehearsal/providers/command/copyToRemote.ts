import { lstat, readdir, readFile, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import type { Client, SFTPWrapper, Stats } from "ssh2";
import type { EngineLog } from "../engineLog";
import type { CreateContext, ResourceType } from "../resourceType";
import { readAsset, type Properties, type WireAsset } from "../wire";
import { newId } from "./commandInputs";
import { CONNECTION_KEYS, dial, type Connection } from "./connection";

/** SSH_FX_NO_SUCH_FILE */
const NO_SUCH_FILE = 2;

/** `command.remote.CopyToRemote` by SFTP: FileAsset, StringAsset, and FileArchive of a file or folder. */
export function copyToRemote(log: EngineLog): ResourceType {
    return {
        inputs: {
            connection: { required: true, keys: CONNECTION_KEYS },
            remotePath: { required: true },
            source: {
                required: true,
                // The path may differ from machine to machine; what counts is the content.
                decide: (old, wanted) => (sameSource(old, wanted) ? undefined : "update"),
            },
            triggers: { replace: true },
        },

        check(inputs) {
            const source = readAsset(inputs.source);
            if (!source) {
                return []; // unknown in a preview
            }
            if (source.kind === "asset" && source.path === undefined && source.text === undefined) {
                return [
                    {
                        property: "asset",
                        reason: "asset must be a path-based file asset or a text asset",
                    },
                ];
            }
            if (source.kind === "archive" && source.path === undefined) {
                return [
                    {
                        property: "archive",
                        reason: "archive must be a path to a file or directory",
                    },
                ];
            }
            return [];
        },

        async create(inputs, context) {
            await copy(inputs, context, log);
            return { id: newId(""), outs: {} };
        },

        async update(_id, olds, news, context) {
            const hash = (properties: Properties) => readAsset(properties.source)?.hash;
            if (hash(olds) !== hash(news) || olds.remotePath !== news.remotePath) {
                await copy(news, context, log);
            }
            return {};
        },
    };
}

/** The real provider sees any change of the input, and copies only on another hash. */
function sameSource(old: unknown, wanted: unknown): boolean {
    const before = readAsset(old);
    const after = readAsset(wanted);
    return (
        before !== undefined &&
        after !== undefined &&
        before.kind === after.kind &&
        before.hash === after.hash &&
        before.path === after.path &&
        (before.hash !== undefined || before.text === after.text)
    );
}

async function copy(inputs: Properties, context: CreateContext, log: EngineLog): Promise<void> {
    const source = readAsset(inputs.source);
    if (!source) {
        throw new Error("source is neither an asset nor an archive");
    }
    const client = await dial(inputs.connection as Connection, {
        signal: context.signal,
        onRetry: (text) => log.status(context.urn, text),
    });
    const onAbort = () => client.destroy();
    context.signal.addEventListener("abort", onAbort, { once: true });
    try {
        await copyOver(await Sftp.start(client), source, String(inputs.remotePath));
    } finally {
        context.signal.removeEventListener("abort", onAbort);
        client.end();
    }
}

/**
 * source | remote is a folder        | remote is not there | remote is a file
 * -------|---------------------------|---------------------|-----------------
 * dir    | remote/dir                | remote/dir          | error
 * dir/   | what is in dir, in remote | the same            | error
 * file   | remote/file               | remote              | overwritten
 * text   | error                     | remote              | overwritten
 */
async function copyOver(sftp: Sftp, source: WireAsset, remotePath: string): Promise<void> {
    const remote = await sftp.stat(remotePath);
    if (source.text !== undefined) {
        if (remote?.isDirectory()) {
            throw new Error(
                `remote path ${remotePath} is a directory; when using a text asset, remotePath must be a file path`,
            );
        }
        await sftp.makeFolders(posix.dirname(remotePath));
        await sftp.write(Buffer.from(source.text, "utf8"), remotePath);
        return;
    }
    const path = source.path ?? "";
    if (!(await stat(path)).isDirectory()) {
        const target = remote?.isDirectory() ? posix.join(remotePath, basename(path)) : remotePath;
        await sftp.makeFolders(posix.dirname(target));
        await sftp.write(await readFile(path), target);
        return;
    }
    const target = path.endsWith("/") ? remotePath : posix.join(remotePath, basename(path));
    await sftp.makeFolders(target);
    await copyFolder(sftp, path, target);
}

async function copyFolder(sftp: Sftp, folder: string, target: string): Promise<void> {
    for (const name of (await readdir(folder)).sort()) {
        const local = join(folder, name);
        const remote = posix.join(target, name);
        if ((await lstat(local)).isDirectory()) {
            await sftp.makeFolders(remote);
            await copyFolder(sftp, local, remote);
        } else {
            await sftp.write(await readFile(local), remote);
        }
    }
}

/** The few SFTP calls that a copy needs, as promises whose errors name the path. */
class Sftp {
    private constructor(private readonly wrapper: SFTPWrapper) {}

    static start(client: Client): Promise<Sftp> {
        return new Promise((resolve, reject) => {
            client.sftp((error, wrapper) => (error ? reject(error) : resolve(new Sftp(wrapper))));
        });
    }

    stat(path: string): Promise<Stats | undefined> {
        return this.call(`stat remote path ${path}`, (done) =>
            this.wrapper.stat(path, (error, stats) => {
                const code = (error as { code?: number } | undefined)?.code;
                done(code === NO_SUCH_FILE ? undefined : error, error ? undefined : stats);
            }),
        );
    }

    write(content: Buffer, path: string): Promise<void> {
        // Permissions do not travel: the server's umask decides, as with the real provider.
        return this.call(`create remote file ${path}`, (done) =>
            this.wrapper.writeFile(path, content, { mode: 0o666 }, (error) =>
                done(error ?? undefined, undefined),
            ),
        );
    }

    /** Makes a folder and its parents where they are missing. */
    async makeFolders(path: string): Promise<void> {
        const found = await this.stat(path);
        if (found?.isDirectory()) {
            return;
        }
        if (found) {
            throw new Error(`remote path ${path} exists but is not a directory`);
        }
        const parent = posix.dirname(path);
        if (parent !== path) {
            await this.makeFolders(parent);
        }
        try {
            await this.call(`create remote directory ${path}`, (done) =>
                this.wrapper.mkdir(path, (error) => done(error ?? undefined, undefined)),
            );
        } catch (error) {
            // Another copy of the same update may have been faster.
            if (!(await this.stat(path))?.isDirectory()) {
                throw error;
            }
        }
    }

    private call<T>(
        what: string,
        start: (done: (error: Error | undefined, value: T) => void) => void,
    ): Promise<T> {
        return new Promise<T>((resolve, reject) => {
            // A connection that is cut answers no call any more.
            const onClose = () => reject(new Error(`failed to ${what}: the connection was closed`));
            this.wrapper.once("close", onClose);
            start((error, value) => {
                this.wrapper.removeListener("close", onClose);
                if (error) {
                    reject(new Error(`failed to ${what}: ${error.message}`, { cause: error }));
                } else {
                    resolve(value);
                }
            });
        });
    }
}
