import { timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Client, SFTPWrapper } from "ssh2";

import type * as Folding from "../suite/ownSuite/foldOwnSuite";

/** What the Report component writes to this program's stdin. */
interface Request {
    readonly host: string;
    readonly user: string;
    readonly privateKey: string;
    readonly hostKey: string;
    readonly remoteDir: string;
    readonly localDir: string;
}

const REGULAR_FILE = 0o100000;
const DIRECTORY = 0o040000;
const TYPE_MASK = 0o170000;

function connect(request: Request): Promise<Client> {
    const expected = Buffer.from(request.hostKey.split(" ")[1], "base64");
    return new Promise((resolve, reject) => {
        const client = new Client();
        client
            .on("ready", () => resolve(client.setNoDelay(true)))
            .on("error", reject)
            .connect({
                host: request.host,
                username: request.user,
                privateKey: request.privateKey,
                readyTimeout: 20_000,
                keepaliveInterval: 5_000,
                hostVerifier: (key: Buffer) =>
                    key.length === expected.length && timingSafeEqual(key, expected),
            });
    });
}

async function fetchFolder(sftp: SFTPWrapper, remote: string, local: string): Promise<number> {
    mkdirSync(local, { recursive: true });
    const entries = await new Promise<{ filename: string; attrs: { mode: number } }[]>(
        (resolve, reject) =>
            sftp.readdir(remote, (error, list) => (error ? reject(error) : resolve(list))),
    );
    let files = 0;
    for (const { filename, attrs } of entries) {
        // A name comes from the machine: it must not lead out of the report's folder.
        if (filename.includes("/") || filename === "." || filename === "..") {
            continue;
        }
        const from = `${remote}/${filename}`;
        const to = join(local, filename);
        if ((attrs.mode & TYPE_MASK) === DIRECTORY) {
            files += await fetchFolder(sftp, from, to);
        } else if ((attrs.mode & TYPE_MASK) === REGULAR_FILE) {
            await new Promise<void>((resolve, reject) =>
                sftp.fastGet(from, to, (error) => (error ? reject(error) : resolve())),
            );
            files += 1;
        }
    }
    return files;
}

/** What folds takes a while to load, and the machine is paid for: only where there is something to fold. */
function foldOwnSuite(dir: string): void {
    if (existsSync(join(dir, "logs", "own-suite.json"))) {
        // tsx/cjs has no import() of TypeScript.
        // eslint-disable-next-line @typescript-eslint/no-require-imports
        const fold = require("../suite/ownSuite/foldOwnSuite") as typeof Folding;
        fold.foldOwnSuite(dir);
    }
}

async function main(): Promise<void> {
    const request: Request = JSON.parse(readFileSync(0, "utf8"));
    const client = await connect(request);
    try {
        const sftp = await new Promise<SFTPWrapper>((resolve, reject) =>
            client.sftp((error, session) => (error ? reject(error) : resolve(session))),
        );
        const files = await fetchFolder(sftp, request.remoteDir, request.localDir);
        if (files === 0) {
            throw new Error(`${request.remoteDir} on the machine is empty`);
        }
        foldOwnSuite(request.localDir);
        process.stdout.write(`${request.localDir}\n`);
    } finally {
        client.end();
    }
}

main().catch((error: Error) => {
    console.error(`the report could not be fetched: ${error.message}`);
    process.exitCode = 1;
});
