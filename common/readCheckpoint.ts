import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

import { UserError } from "./userError";

const INDEX = "model.safetensors.index.json";
const SINGLE_FILE = "model.safetensors";
/** A header of more is no header: the largest models' have a few MiB. */
const MAX_HEADER_BYTES = 100 * 2 ** 20;

/**
 * Reads what `checkpointModel` needs of a model on disk.
 *
 * @param path A model's folder, or its `config.json` with the index (or the only `.safetensors` file)
 *     beside it.
 * @throws UserError for files that are missing or not what they should be.
 * @example readCheckpoint("models/my-vl-7b").config;
 */
export function readCheckpoint(path: string): { config: unknown; index: unknown } {
    if (!existsSync(path)) throw missing(path);
    const folder = statSync(path).isDirectory() ? path : dirname(path);
    const configFile = folder === path ? join(folder, "config.json") : path;
    const config = readJson(configFile);
    const indexFile = join(folder, INDEX);
    if (existsSync(indexFile)) return { config, index: readJson(indexFile) };
    const singleFile = join(folder, SINGLE_FILE);
    if (existsSync(singleFile)) return { config, index: indexOf(singleFile) };
    throw missing(indexFile);
}

function readJson(file: string): unknown {
    if (!existsSync(file)) throw missing(file);
    try {
        return JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
        throw new UserError(
            `${file} cannot be read as JSON: ${(error as Error).message}.`,
            "a JSON file as Hugging Face publishes it",
            "download it again",
        );
    }
}

/**
 * An index made from a file's own header: 8 bytes with its length, then JSON with each tensor's place.
 * Source: https://huggingface.co/docs/safetensors, "Format".
 */
function indexOf(file: string): unknown {
    const header = readHeader(file);
    const tensors = Object.entries(header).filter(([name]) => name !== "__metadata__");
    const bytes = tensors.map(([, { data_offsets }]) => data_offsets[1] - data_offsets[0]);
    return {
        metadata: { total_size: bytes.reduce((sum, length) => sum + length, 0) },
        weight_map: Object.fromEntries(tensors.map(([name]) => [name, SINGLE_FILE])),
    };
}

function readHeader(file: string): Record<string, { data_offsets: [number, number] }> {
    const open = openSync(file, "r");
    try {
        const length = Buffer.alloc(8);
        readSync(open, length, 0, 8, 0);
        const headerBytes = Number(length.readBigUInt64LE());
        if (headerBytes > MAX_HEADER_BYTES) throw new Error("its header has no sensible length");
        const header = Buffer.alloc(headerBytes);
        readSync(open, header, 0, headerBytes, 8);
        return JSON.parse(header.toString("utf8"));
    } catch (error) {
        throw new UserError(
            `${file} is no safetensors file: ${(error as Error).message}.`,
            "a file as Hugging Face publishes it",
            "download it again",
        );
    } finally {
        closeSync(open);
    }
}

function missing(file: string): UserError {
    return new UserError(
        `${file} does not exist.`,
        `a model's folder with config.json and ${INDEX} (or ${SINGLE_FILE}), or its config.json`,
        `download both files of the model from Hugging Face into one folder and name that`,
    );
}
