import { existsSync, readdirSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";

import { UserError } from "./common/userError";
import type { Settings } from "./settings";

/** A suite that runs in the place of this package's own. */
export interface OwnSuite {
    /** Folder that appears as /suite, as a path from the project; undefined: the image has it all. */
    readonly dir: string | undefined;
    readonly command: readonly string[];
}

/**
 * The own suite that the settings name. The driver and a plain `pulumi up` both ask this.
 *
 * @param projectDir Folder that paths in the settings are relative to.
 * @returns undefined where this package's suite is to run.
 * @throws UserError for a folder that is not there or empty, and for one without a command.
 * @example ownSuite({ suiteDir: "tests/model", suiteCommand: ["pytest", "/suite"] }, ".")
 */
export function ownSuite(
    { suiteDir, suiteCommand }: Pick<Settings, "suiteDir" | "suiteCommand">,
    projectDir: string,
): OwnSuite | undefined {
    if (suiteCommand === undefined) {
        if (suiteDir !== undefined) {
            throw new UserError(
                `suiteDir is "${suiteDir}", and there is no suiteCommand`,
                "a folder with the command that runs what is in it",
                'set suiteCommand, such as "pytest /suite --junitxml=/report/junit.xml"',
            );
        }
        return undefined;
    }
    if (suiteDir === undefined) {
        return { dir: undefined, command: suiteCommand };
    }
    const path = resolve(projectDir, suiteDir);
    if (!existsSync(path) || !statSync(path).isDirectory() || readdirSync(path).length === 0) {
        const found = existsSync(path) ? "no folder with something in it" : "not there";
        throw new UserError(
            `suiteDir is "${suiteDir}": ${path} is ${found}`,
            "a folder that is copied to the machine, relative to the project",
            "correct suiteDir, or leave it out where the image has all that the command needs",
        );
    }
    return { dir: fromProject(resolve(projectDir), path), command: suiteCommand };
}

/** A path that is the same in every checkout, where it leads below the project. */
function fromProject(project: string, path: string): string {
    const way = relative(project, path);
    return way === "" || way.startsWith("..") || isAbsolute(way) ? path : way;
}
