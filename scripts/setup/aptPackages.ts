import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../common/userError";
import { parseOsRelease } from "./aptSources";
import { CommandError, findOnPath, run } from "./commands";
import type { StepLog } from "./setupLog";

/** The host's release where packages can be installed by apt-get without asking anybody. */
export function aptHost(): { id: string; codename: string } | undefined {
    if (process.getuid?.() !== 0 || !findOnPath("apt-get") || !fs.existsSync("/etc/os-release")) {
        return undefined;
    }
    const release = parseOsRelease(fs.readFileSync("/etc/os-release", "utf8"));
    const codename = release.VERSION_CODENAME;
    return codename ? { id: release.ID, codename } : undefined;
}

/**
 * Installs packages on this machine, as root on Debian or Ubuntu; throws UserError elsewhere.
 *
 * @param purpose completes "... is needed", for the error.
 */
export async function installAptPackages(
    packages: readonly string[],
    purpose: string,
    log: StepLog,
    signal?: AbortSignal,
): Promise<void> {
    if (!aptHost()) {
        throw new UserError(
            `${purpose}, and set-up may install packages only as root on Debian or Ubuntu`,
            undefined,
            `install it (on Debian: apt-get install ${packages.join(" ")}), or run this as root`,
        );
    }
    const install = [...["install", "--no-install-recommends"], ...packages];
    await oneAtATime(async () => {
        log.line(`installing ${packages.join(", ")} by apt-get`);
        try {
            await aptGet(install, log, signal);
        } catch (error) {
            // Package lists that are missing or too old.
            if (!(error instanceof CommandError) || !STALE_LISTS.test(error.output)) {
                throw error;
            }
            log.line("updating apt's lists of packages");
            await aptGet(["update"], log, signal);
            await aptGet(install, log, signal);
        }
    });
}

const STALE_LISTS = /unable to (locate|fetch)|no installation candidate/i;
const LOCK_LIMIT_SECONDS = 300;
const LOCK_POLL_SECONDS = 3;

/** apt-get, waiting for another one to end: on a fresh machine often unattended-upgrades. */
async function aptGet(args: readonly string[], log: StepLog, signal?: AbortSignal): Promise<void> {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
    for (let waited = 0; ; waited += LOCK_POLL_SECONDS) {
        try {
            await run("apt-get", ["-y", ...args], { env, signal });
            return;
        } catch (error) {
            const locked =
                error instanceof CommandError && /could not get lock/i.test(error.output);
            if (!locked || waited >= LOCK_LIMIT_SECONDS) {
                throw error;
            }
            if (waited === 0) {
                log.line("another apt-get is at work: waiting for it");
            }
            await sleep(LOCK_POLL_SECONDS * 1000, undefined, { signal });
        }
    }
}

let last: Promise<unknown> = Promise.resolve();

/** Our own steps run side by side; apt-get does not. */
function oneAtATime(work: () => Promise<void>): Promise<void> {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
}
