import { mkdirSync } from "node:fs";
import { posix } from "node:path";
import { gunzipSync } from "node:zlib";

import * as tar from "tar";

/** Bytes of an archive that is worth looking at: a report has some MB. */
export const MOST_ARCHIVE_BYTES = 64 * 1024 * 1024;
const MOST_UNPACKED_BYTES = 256 * 1024 * 1024;
const MOST_ENTRIES = 20_000;

/**
 * Unpacks a report (tar, gzip) that a machine made, and so anybody who was on that machine. Files and
 * folders only, with plain rights: links and devices are left out.
 *
 * @param into made where it is not there.
 * @throws Error, before anything is written, for what is no such archive, for one that is too large,
 *     and for a path that leads out of `into`.
 */
export function unpackReport(archive: Uint8Array, into: string): void {
    const bytes = unzipped(archive);
    let entries = 0;
    const look = tar.t({
        sync: true,
        strict: true,
        onReadEntry: ({ path }) => {
            entries += 1;
            if (leadsOut(path)) {
                throw new Error(`its path ${JSON.stringify(path.slice(0, 100))} leads out of it`);
            }
            if (entries > MOST_ENTRIES) {
                throw new Error(`it has more than ${MOST_ENTRIES} entries`);
            }
        },
    });
    feed(look, bytes);
    mkdirSync(into, { recursive: true });
    const unpack = tar.x({
        sync: true,
        strict: true,
        cwd: into,
        preserveOwner: false,
        filter: (_, entry) => {
            const isFolder = "type" in entry && entry.type === "Directory";
            const isFile = "type" in entry && (entry.type === "File" || entry.type === "OldFile");
            entry.mode = isFolder ? 0o755 : 0o644;
            return isFolder || isFile;
        },
    });
    feed(unpack, bytes);
}

/** All of it at once: what is wrong with it is thrown here. */
function feed(parser: tar.Parser, bytes: Buffer): void {
    let problem: Error | undefined;
    parser.on("error", (error) => (problem ??= error as Error));
    parser.end(bytes);
    if (problem !== undefined) {
        throw problem;
    }
}

function unzipped(archive: Uint8Array): Buffer {
    if (archive.length > MOST_ARCHIVE_BYTES) {
        throw new Error(`it has ${archive.length} bytes, more than ${MOST_ARCHIVE_BYTES}`);
    }
    try {
        return gunzipSync(archive, { maxOutputLength: MOST_UNPACKED_BYTES });
    } catch (error) {
        const isLong = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
        throw new Error(
            isLong
                ? `it has more than ${MOST_UNPACKED_BYTES} bytes unpacked`
                : `it is no gzip archive: ${(error as Error).message}`,
        );
    }
}

function leadsOut(path: string): boolean {
    return posix.isAbsolute(path) || path.includes("\\") || path.split("/").includes("..");
}
