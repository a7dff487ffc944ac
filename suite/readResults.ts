import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../common/userError";
import { SuiteResults, suiteResultsSchema } from "./results";
import { keyOf } from "./yamlFile";

/**
 * Reads results.json, or that of a folder.
 *
 * @throws UserError where there is none, or it holds something else.
 */
export function readResults(path: string): SuiteResults {
    const allowed = "results.json of this suite, or a folder with it";
    let value: unknown;
    let file = path;
    try {
        file = statSync(path).isDirectory() ? join(path, "results.json") : path;
        value = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
        throw new UserError(`${file} cannot be read: ${(error as Error).message}.`, allowed);
    }
    const parsed = suiteResultsSchema.safeParse(value);
    if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new UserError(
            `${file} holds no results: ${keyOf(issue?.path ?? []) || "the file"}: ${issue?.message}.`,
            allowed,
            "schemas/results.schema.json describes it",
        );
    }
    return parsed.data;
}
