import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { JunitTest, parseJunit } from "./parseJunit";

/** What an own suite left in its folder. Paths are relative to the folder, in their order. */
export interface LeftFiles {
    readonly junit: readonly string[];
    readonly tests: readonly JunitTest[];
    /** XML that could not be read, and why: what it says is not known. */
    readonly unreadable: readonly { readonly file: string; readonly why: string }[];
    /** HTML pages for people. */
    readonly pages: readonly string[];
}

const MOST_FILES = 10_000;
const MOST_DEPTH = 16;
const MOST_XML_FILES = 1000;
const MOST_XML_BYTES = 64 * 1024 * 1024;
const MOST_PAGES = 20;

/**
 * Reads every JUnit file (*.xml) below a folder that a machine filled; links are not followed. XML of
 * another kind is passed over.
 *
 * @param folder may be missing: then nothing was left.
 */
export function readJunitFiles(folder: string): LeftFiles {
    const files = filesBelow(folder);
    const xml = files.filter((file) => /\.xml$/i.test(file));
    const junit: string[] = [];
    const tests: JunitTest[] = [];
    const unreadable: { file: string; why: string }[] = [];
    let bytes = 0;
    for (const [index, file] of xml.entries()) {
        const path = join(folder, file);
        bytes += statSync(path).size;
        if (index >= MOST_XML_FILES || bytes > MOST_XML_BYTES) {
            const why = `more XML than ${MOST_XML_FILES} files or ${MOST_XML_BYTES >> 20} MiB`;
            unreadable.push({ file, why });
            break;
        }
        try {
            const read = parseJunit(readFileSync(path, "utf8"));
            if (read !== undefined) {
                junit.push(file);
                tests.push(...read);
            }
        } catch (error) {
            unreadable.push({ file, why: (error as Error).message });
        }
    }
    const pages = files.filter((file) => /\.html?$/i.test(file)).slice(0, MOST_PAGES);
    return { junit, tests, unreadable, pages };
}

function filesBelow(folder: string): string[] {
    const found: string[] = [];
    const look = (below: string, depth: number): void => {
        const entries = readdirSync(join(folder, below), { withFileTypes: true });
        for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
            const path = below === "" ? entry.name : `${below}/${entry.name}`;
            if (entry.isDirectory() && depth < MOST_DEPTH) {
                look(path, depth + 1);
            } else if (entry.isFile() && found.length < MOST_FILES) {
                found.push(path);
            }
        }
    };
    try {
        look("", 1);
    } catch {
        // Not there, or not to be read: what was found until then is what there is.
    }
    return found;
}
