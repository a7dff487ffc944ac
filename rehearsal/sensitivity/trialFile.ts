import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname } from "node:path";

import { UserError } from "../../common/userError";
import type { TestCase } from "../../suite/caseSchema";
import type { Trial } from "./trial";

/** A line of the file: a trial, and of which suite. */
export type TrialLine = Trial & { readonly suite: string };

/** What a suite asks and how it judges: trials of another one cannot be joined with its own. */
export function suiteDigest(cases: readonly TestCase[]): string {
    const all = cases.map(({ id, digest }) => `${id} ${digest}`).sort();
    return createHash("sha256").update(all.join("\n")).digest("hex").slice(0, 12);
}

/**
 * Reads the trials of files, as JSON lines. A last line that broke off is left out.
 *
 * @param suite which they have to be of; that of the first one where absent.
 * @throws UserError where they are of another suite, or of several.
 */
export function readTrials(files: readonly string[], suite?: string): TrialLine[] {
    const lines = files
        .filter((file) => existsSync(file))
        .flatMap((file) => readFileSync(file, "utf8").split("\n").slice(0, -1))
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as TrialLine);
    const suites = [...new Set([suite ?? lines[0]?.suite, ...lines.map((line) => line.suite)])];
    if (suites.length > 1) {
        throw new UserError(
            `${files.join(", ")}: trials of ${suites.length} suites (${suites.join(", ")})`,
            "trials of one and the same suite",
            "measure into a new file (--json FILE) after cases have changed",
        );
    }
    return lines;
}

/** Adds a trial, in one write; a line before it that broke off is taken away. */
export function appendTrial(file: string, line: TrialLine): void {
    mkdirSync(dirname(file), { recursive: true });
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (text !== "" && !text.endsWith("\n")) {
        writeFileSync(file, text.slice(0, text.lastIndexOf("\n") + 1));
    }
    appendFileSync(file, `${JSON.stringify(line)}\n`);
}
