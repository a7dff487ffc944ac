import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, isAbsolute } from "node:path";
import { PNG } from "pngjs";
import { sizeOfPicture } from "./pictureHeader";

/** A picture of the user's own, as it is on disk. */
export interface OwnPicture {
    readonly bytes: Buffer;
    readonly mediaType: string;
    readonly width: number;
    readonly height: number;
}

const LARGEST_BYTES = 16 * 1024 * 1024;
/** Small enough to stand in the report as it is. */
const SHOWN_BYTES = 64 * 1024;

/**
 * Says what is wrong with a picture's place. It is to be within the case file's folder, which is what is copied
 * to the machine.
 *
 * @param path as the case file has it.
 */
export function misplaced(caseFile: string, path: string): string | undefined {
    const folder = dirname(caseFile);
    const full = join(folder, path);
    if (isAbsolute(path) || isOutside(folder, full)) {
        return `${path} is outside of the case file's folder; allowed: a file in it or below`;
    }
    if (existsSync(full) && isOutside(realpathSync(folder), realpathSync(full))) {
        return `${path} is a link that leads out of the case file's folder; allowed: a file in it or below`;
    }
    return undefined;
}

/** Reads a picture; in words where something is wrong with it. */
export function readOwnPicture(path: string): OwnPicture | string {
    if (!existsSync(path) || !statSync(path).isFile()) {
        return `there is no file ${path}; allowed: a PNG, JPEG or WebP file`;
    }
    const { size } = statSync(path);
    if (size > LARGEST_BYTES) {
        return `${path} has ${size} bytes; allowed: at most ${LARGEST_BYTES}`;
    }
    const bytes = readFileSync(path);
    const header = sizeOfPicture(bytes);
    return header
        ? { bytes, ...header }
        : `${path} is no picture that servers read; allowed: a PNG, JPEG or WebP file`;
}

/** A small copy for the report: of a PNG scaled down, of anything small the file itself. */
export function thumbnailOf(
    picture: OwnPicture,
    longest: number,
): { bytes: Buffer; mediaType: string } | undefined {
    if (picture.bytes.length <= SHOWN_BYTES) {
        return picture;
    }
    if (picture.mediaType !== "image/png") {
        return undefined;
    }
    try {
        return {
            bytes: PNG.sync.write(shrunk(PNG.sync.read(picture.bytes), longest)),
            mediaType: "image/png",
        };
    } catch {
        // Its end is missing, say; what the server makes of it is the case's matter.
        return undefined;
    }
}

function shrunk(from: PNG, longest: number): PNG {
    const scale = Math.min(1, longest / Math.max(from.width, from.height));
    const to = new PNG({
        width: Math.max(1, Math.round(from.width * scale)),
        height: Math.max(1, Math.round(from.height * scale)),
    });
    for (let y = 0; y < to.height; y++) {
        for (let x = 0; x < to.width; x++) {
            const row = Math.floor(((y + 0.5) / to.height) * from.height);
            const at = row * from.width + Math.floor(((x + 0.5) / to.width) * from.width);
            from.data.copy(to.data, (y * to.width + x) * 4, at * 4, at * 4 + 4);
        }
    }
    return to;
}

function isOutside(folder: string, file: string): boolean {
    const way = relative(folder, file);
    return way === "" || way.startsWith("..") || isAbsolute(way);
}
