import { readFileSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { UserError } from "../../common/userError";
import { SuiteResults, suiteResultsSchema } from "../results";
import { keyOf } from "../yamlFile";

/** Results to compare with, and what they are called. */
export interface Baseline {
    readonly name: string;
    readonly results: SuiteResults;
}

/**
 * Reads the results of an earlier run. Their name is the file's, or its folder's where the file is called
 * results.json.
 *
 * @throws UserError where there is no such file, it holds something else, or its run gave no verdict.
 * @example loadBaseline("baselines/qwen3-vl-8b.json").name // "qwen3-vl-8b"
 */
export function loadBaseline(file: string): Baseline {
    const allowed = "results.json of a run of this suite";
    let value: unknown;
    try {
        value = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
        throw new UserError(
            `the baseline ${file} cannot be read: ${(error as Error).message}.`,
            allowed,
            "pass --baseline FILE, or leave it out",
        );
    }
    const parsed = suiteResultsSchema.safeParse(value);
    if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new UserError(
            `the baseline ${file} holds no results: ${keyOf(issue?.path ?? []) || "the file"}: ${issue?.message}.`,
            allowed,
            "schemas/results.schema.json describes it",
        );
    }
    if (parsed.data.verdict === "none") {
        throw new UserError(
            `the baseline ${file} is of a run without a verdict (${parsed.data.why}).`,
            "a run that passed or failed",
            "take another run's results",
        );
    }
    const own = basename(file, extname(file));
    const name = own === "results" ? basename(dirname(resolve(file))) : own;
    return { name, results: parsed.data };
}
