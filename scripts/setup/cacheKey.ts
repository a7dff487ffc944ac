import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

/** Folders that hold no source. */
const SKIPPED = new Set(["__pycache__", "node_modules", "tests", ".pytest_cache"]);

/**
 * Twelve hex digits that stand for everything that a thing was made from. Parts are kept apart, so
 * that ["ab", "c"] and ["a", "bc"] differ.
 */
export function keyOf(parts: readonly string[]): string {
    const hash = createHash("sha256");
    for (const part of parts) {
        hash.update(`${Buffer.byteLength(part)}:`).update(part);
    }
    return hash.digest("hex").slice(0, 12);
}

/** The files below a folder, sorted, as paths relative to it. */
export function filesBelow(
    folder: string,
    wanted: (file: string) => boolean = () => true,
): string[] {
    const found: string[] = [];
    const walk = (below: string): void => {
        for (const entry of fs.readdirSync(path.join(folder, below), { withFileTypes: true })) {
            const relative = path.join(below, entry.name);
            if (entry.isDirectory()) {
                if (!SKIPPED.has(entry.name)) {
                    walk(relative);
                }
            } else if (wanted(relative)) {
                found.push(relative);
            }
        }
    };
    walk("");
    return found.sort();
}

/** Parts for `keyOf` from a folder: each file's path, whether it can be executed, and content. */
export function folderParts(folder: string, wanted?: (file: string) => boolean): string[] {
    return filesBelow(folder, wanted).flatMap((file) => {
        const full = path.join(folder, file);
        const executable = (fs.statSync(full).mode & 0o100) !== 0;
        return [file, executable ? "x" : "-", fs.readFileSync(full, "utf8")];
    });
}
