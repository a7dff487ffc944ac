import { aptHost, installAptPackages } from "./aptPackages";
import { findOnPath } from "./commands";
import type { StepLog } from "./setupLog";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The Chromium or Chrome that CHROME_BIN names or PATH has; undefined when there is none. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
    return env.CHROME_BIN || NAMES.map((name) => findOnPath(name, env)).find(Boolean);
}

/** Whether there is a browser or one can be installed: Ubuntu has Chromium as a snap only. */
export function canHaveBrowser(env: NodeJS.ProcessEnv = process.env): boolean {
    return findBrowser(env) !== undefined || aptHost()?.id === "debian";
}

/**
 * The path of a Chromium for tests in a real browser, installed where it is missing.
 *
 * @throws UserError where it cannot be installed.
 */
export async function ensureBrowser(
    log: StepLog,
    env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
    if (findBrowser(env) === undefined) {
        await installAptPackages(["chromium"], "a browser is needed", log);
    }
    return findBrowser(env) as string;
}
