import {
    existsSync,
    lstatSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import * as tar from "tar";

import { MOST_ARCHIVE_BYTES, unpackReport } from "../../../scripts/unpackReport";

interface Entry {
    readonly path: string;
    readonly content?: string;
    readonly type?: tar.HeaderData["type"];
    readonly linkpath?: string;
    readonly mode?: number;
}

/** An archive with these entries as they are, whatever a decent tar would say of them. */
function archiveOf(...entries: Entry[]): Buffer {
    const blocks = entries.flatMap(({ path, content = "", type = "File", linkpath, mode }) => {
        const header = Buffer.alloc(512);
        const size = Buffer.byteLength(content);
        new tar.Header({ path, type, linkpath, size, mode: mode ?? 0o644 }).encode(header);
        const body = Buffer.alloc(Math.ceil(size / 512) * 512);
        body.write(content);
        return [header, body];
    });
    return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

let parent: string;
let into: string;
beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), "unpack-"));
    into = join(parent, "report");
});

test("files and folders of a report", () => {
    unpackReport(
        archiveOf(
            { path: "./", type: "Directory" },
            { path: "./results.json", content: "{}" },
            { path: "logs/suite.log", content: "before" },
            { path: "logs/suite.log", content: "after" },
        ),
        into,
    );
    expect(readdirSync(into).sort()).toEqual(["logs", "results.json"]);
    expect(readFileSync(join(into, "logs/suite.log"), "utf8")).toBe("after");
});

test.each(["/etc/evil", "../evil", "logs/../../evil", "..", "logs\\..\\..\\evil"])(
    "a path of %j is refused, and nothing of the archive is written",
    (path) => {
        const archive = archiveOf({ path: "results.json", content: "{}" }, { path, content: "x" });
        expect(() => unpackReport(archive, into)).toThrow("leads out of it");
        expect(readdirSync(parent)).toEqual([]);
    },
);

test("links and devices are left out, also as a way out", () => {
    writeFileSync(join(parent, "outside"), "safe");
    unpackReport(
        archiveOf(
            { path: "symbolic", type: "SymbolicLink", linkpath: "../outside" },
            { path: "hard", type: "Link", linkpath: "../outside" },
            { path: "pipe", type: "FIFO" },
            { path: "device", type: "CharacterDevice" },
            { path: "away", type: "SymbolicLink", linkpath: ".." },
            { path: "away/outside", content: "evil" },
            { path: "symbolic", content: "a file" },
        ),
        into,
    );
    expect(readFileSync(join(parent, "outside"), "utf8")).toBe("safe");
    expect(readdirSync(into).sort()).toEqual(["away", "symbolic"]);
    expect(lstatSync(join(into, "symbolic")).isFile()).toBe(true);
});

test("no right but the usual ones is taken over", () => {
    unpackReport(archiveOf({ path: "run.sh", content: "#!", mode: 0o6777 }), into);
    expect(lstatSync(join(into, "run.sh")).mode & 0o7111).toBe(0);
});

test.each([
    ["no gzip", Buffer.from("report"), "no gzip archive"],
    ["cut short", archiveOf({ path: "a", content: "x".repeat(9000) }).subarray(0, 40), "no gzip"],
    ["no tar", gzipSync("report".repeat(500)), "checksum failure"],
    ["empty", archiveOf(), "Unrecognized archive format"],
    ["too long", Buffer.alloc(MOST_ARCHIVE_BYTES + 1), "more than 67108864"],
    ["a bomb", gzipSync(Buffer.alloc(300 * 1024 * 1024)), "268435456 bytes unpacked"],
])("%s: refused", (_, archive, message) => {
    expect(() => unpackReport(archive, into)).toThrow(message);
    expect(existsSync(into)).toBe(false);
});
