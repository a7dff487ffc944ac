import { join, resolve } from "node:path";

import { runCommand } from "./command";
import { APPS, Session } from "./session";

const FOUNDATION_DIR = join(resolve(__dirname, ".."), "foundation");
// The hyphen keeps the settings file that the engine writes out of git.
const STACK = ["--stack", "rehearsal-foundation"];

/**
 * Deploys `foundation/` into the emulated cloud with the real engine, as an account needs it once.
 *
 * @param settings of the foundation's stack, such as `{ regions: "eu-west-1" }`.
 * @throws Error with the engine's output when it fails.
 */
export async function deployFoundation(
    session: Session,
    settings: Readonly<Record<string, string>> = {},
): Promise<void> {
    // The engine keeps them in the stack's file, where the next session would find them.
    const given = Object.entries({
        regions: "",
        alertEmail: "",
        reportBucketName: "",
        ...settings,
    }).flatMap(([key, value]) => ["--config", `${key}=${value}`]);
    for (const command of [
        ["pulumi", "stack", "init", ...STACK],
        ["pulumi", "up", "--yes", "--skip-preview", ...STACK, ...given],
    ]) {
        const { exitCode, output } = await runCommand(command, {
            cwd: FOUNDATION_DIR,
            env: { ...session.env, AWS_SDK_UA_APP_ID: APPS.administrator },
            output: "capture",
        });
        if (exitCode !== 0) {
            throw new Error(`${command.join(" ")} ended with ${exitCode}:\n${output}`);
        }
    }
}
