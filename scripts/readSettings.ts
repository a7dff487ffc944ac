import { environmentName, parseSettings, type SettingKey, type Settings } from "../settings";
import { ownSettings, readStackFile, type StackFile } from "./stackFile";

/** What a person asked for, as text; checked here. */
export interface RunRequest {
    readonly tier: string;
    /** Settings given on the command line; they win over the environment and the tier's file. */
    readonly given: Partial<Record<SettingKey, string>>;
}

/**
 * The settings of a tier: the command line wins over the environment, which wins over the tier's
 * file.
 *
 * @throws UserError that names the first bad value.
 */
export function readSettings(
    request: RunRequest,
    projectDir: string,
    env: NodeJS.ProcessEnv,
): { settings: Settings; base: StackFile } {
    // The tier becomes part of a file's name: checked before it is used as one.
    const { tier } = parseSettings({ tier: request.tier }, {});
    const base = readStackFile(projectDir, tier);
    const given = { ...request.given, tier };
    const others = { ...env };
    for (const key of Object.keys(given)) {
        delete others[environmentName(key)];
    }
    return { settings: parseSettings({ ...ownSettings(base), ...given }, others), base };
}
