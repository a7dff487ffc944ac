import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { parse, stringify } from "yaml";

import { UserError } from "../common/userError";

/** A Pulumi project's settings file of one stack. */
export interface StackFile {
    readonly config?: Record<string, unknown>;
    readonly secretsprovider?: string;
    readonly encryptionsalt?: string;
    readonly [other: string]: unknown;
}

const PROJECT = "ephemeral-gpu-ci";

export function stackFilePath(projectDir: string, stack: string): string {
    return join(projectDir, `Pulumi.${stack}.yaml`);
}

/**
 * Reads `Pulumi.<stack>.yaml`; an absent file is an empty one.
 *
 * @throws UserError when it is not YAML.
 */
export function readStackFile(projectDir: string, stack: string): StackFile {
    const path = stackFilePath(projectDir, stack);
    if (!existsSync(path)) {
        return {};
    }
    try {
        return (parse(readFileSync(path, "utf8")) as StackFile | null) ?? {};
    } catch (error) {
        throw new UserError(
            `Pulumi.${stack}.yaml cannot be read: ${(error as Error).message.split("\n")[0]}`,
            "a YAML file with a config: block",
            "correct the file",
        );
    }
}

/** The plain values of our own keys (`ephemeral-gpu-ci:tier: commit`), as text. */
export function ownSettings(file: StackFile): Record<string, string> {
    const own: Record<string, string> = {};
    for (const [key, value] of Object.entries(file.config ?? {})) {
        const isPlain = ["string", "number", "boolean"].includes(typeof value);
        if (key.startsWith(`${PROJECT}:`) && isPlain) {
            own[key.slice(PROJECT.length + 1)] = String(value);
        }
    }
    return own;
}

/** A provider's setting, such as `aws:region`. */
export function providerSetting(file: StackFile, key: string): string | undefined {
    const value = file.config?.[key];
    return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * Writes an ephemeral stack's settings file: the tier's own, secrets and all, with the run's values
 * over it. One write instead of a `pulumi config set` for each key, which takes a second apiece.
 */
export function writeStackFile(
    projectDir: string,
    stack: string,
    base: StackFile,
    settings: Readonly<Record<string, string>>,
): void {
    const config = { ...base.config };
    for (const [key, value] of Object.entries(settings)) {
        config[`${PROJECT}:${key}`] = value;
    }
    writeFileSync(stackFilePath(projectDir, stack), stringify({ ...base, config }));
}

export function removeStackFile(projectDir: string, stack: string): void {
    rmSync(stackFilePath(projectDir, stack), { force: true });
}

/** Names of the stacks that have a settings file. */
export function stackFileNames(projectDir: string): string[] {
    return readdirSync(projectDir).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}
