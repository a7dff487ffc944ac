import { readFileSync } from "node:fs";
import { z } from "zod";

/** A file that came from a machine; undefined where it is not there, or is not what it should be. */
export function readJson<S extends z.ZodType>(path: string, schema: S): z.output<S> | undefined {
    try {
        return schema.parse(JSON.parse(readFileSync(path, "utf8")));
    } catch {
        return undefined;
    }
}
