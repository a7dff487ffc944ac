import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readCheckpoint } from "../../common/readCheckpoint";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "checkpoint-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const CONFIG = { architectures: ["X"] };
const INDEX = { metadata: { total_size: 12 }, weight_map: { a: "model-1.safetensors" } };

function write(name: string, content: string | Buffer): void {
    writeFileSync(join(folder, name), content);
}

/** A file of two tensors with 8 and 4 bytes. */
function safetensors(): Buffer {
    const header = JSON.stringify({
        __metadata__: { format: "pt" },
        "model.a": { dtype: "BF16", shape: [4], data_offsets: [0, 8] },
        "lm_head.weight": { dtype: "BF16", shape: [2], data_offsets: [8, 12] },
    });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, Buffer.from(header), Buffer.alloc(12)]);
}

test.each([
    ["a folder", () => folder],
    ["a config.json", () => join(folder, "config.json")],
])("%s: its config and its index", (_, path) => {
    write("config.json", JSON.stringify(CONFIG));
    write("model.safetensors.index.json", JSON.stringify(INDEX));
    expect(readCheckpoint(path())).toEqual({ config: CONFIG, index: INDEX });
});

test("a single file: its header is the index", () => {
    write("config.json", JSON.stringify(CONFIG));
    write("model.safetensors", safetensors());
    expect(readCheckpoint(folder).index).toEqual({
        metadata: { total_size: 12 },
        weight_map: { "model.a": "model.safetensors", "lm_head.weight": "model.safetensors" },
    });
});

describe("what is refused, and how", () => {
    const text = JSON.stringify(CONFIG);
    test.each<[string, Record<string, string | Buffer>, RegExp]>([
        ["an empty folder", {}, /config\.json does not exist.*Next: download/],
        ["no index", { "config.json": text }, /index\.json does not exist/],
        ["a broken config", { "config.json": "{" }, /config\.json cannot be read as JSON/],
        [
            "a broken index",
            { "config.json": text, "model.safetensors.index.json": "<html>" },
            /index\.json cannot be read as JSON/,
        ],
        [
            "an empty weights file",
            { "config.json": text, "model.safetensors": "" },
            /model\.safetensors is no safetensors file/,
        ],
        [
            "a weights file that is none",
            { "config.json": text, "model.safetensors": "version https://git-lfs" },
            /model\.safetensors is no safetensors file/,
        ],
    ])("%s", (_, files, says) => {
        for (const [name, content] of Object.entries(files)) write(name, content);
        const refused = () => readCheckpoint(folder);
        expect(refused).toThrow(says);
        expect(refused).toThrow(expect.objectContaining({ name: "UserError" }));
    });

    test("a path that does not exist", () => {
        expect(() => readCheckpoint(join(folder, "nowhere"))).toThrow(/nowhere does not exist/);
    });
});
