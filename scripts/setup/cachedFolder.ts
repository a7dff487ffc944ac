import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../common/userError";

const GIB = 1024 ** 3;

export interface CachedFolderOptions {
    readonly cacheDir: string;
    /** For example "engine". */
    readonly name: string;
    /** From `keyOf`: another key is another folder. */
    readonly key: string;
    /** What the step needs on disk, so that a full disk is said before the work and not after. */
    readonly needGiB: number;
    /** Fills the folder. */
    readonly make: (folder: string) => Promise<void>;
}

/**
 * The folder with the finished result of a step, made if it is not there. It gets its name only when
 * it is finished: an aborted step never counts as done.
 */
export async function cachedFolder(options: CachedFolderOptions): Promise<string> {
    const { cacheDir, name, key } = options;
    const folder = cachedFolderPath(cacheDir, name, key);
    if (fs.existsSync(folder)) {
        return folder;
    }
    fs.mkdirSync(cacheDir, { recursive: true });
    checkSpace(cacheDir, options.needGiB, name);
    removeAborted(cacheDir, name);
    const unfinished = `${folder}.unfinished-${randomBytes(4).toString("hex")}`;
    fs.mkdirSync(unfinished);
    try {
        await options.make(unfinished);
        fs.renameSync(unfinished, folder);
    } finally {
        fs.rmSync(unfinished, { recursive: true, force: true });
    }
    return folder;
}

/** Where `cachedFolder` puts a result. */
export function cachedFolderPath(cacheDir: string, name: string, key: string): string {
    return path.join(cacheDir, `${name}-${key}`);
}

/** Throws UserError when the disk below a folder has less than what a step needs. */
export function checkSpace(folder: string, needGiB: number, step: string): void {
    const { bavail, bsize } = fs.statfsSync(folder);
    const freeGiB = (bavail * bsize) / GIB;
    if (freeGiB < needGiB) {
        throw new UserError(
            `set-up step "${step}" needs ${needGiB} GiB in ${folder}, which has ${freeGiB.toFixed(1)} GiB`,
            undefined,
            "free some space, or set EPHEMERAL_GPU_CI_CACHE to a folder on another disk",
        );
    }
}

/** Only the holder of the set-up lock comes here, so an unfinished folder belongs to nobody. */
function removeAborted(cacheDir: string, name: string): void {
    for (const entry of fs.readdirSync(cacheDir)) {
        if (entry.startsWith(`${name}-`) && entry.includes(".unfinished-")) {
            fs.rmSync(path.join(cacheDir, entry), { recursive: true, force: true });
        }
    }
}
