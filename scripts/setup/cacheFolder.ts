import * as os from "node:os";
import * as path from "node:path";

/**
 * Where set-up keeps what it made: EPHEMERAL_GPU_CI_CACHE, else the user's cache folder.
 *
 * @example cacheFolder({ XDG_CACHE_HOME: "/home/a/.cache" }); // "/home/a/.cache/ephemeral-gpu-ci"
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
    if (env.EPHEMERAL_GPU_CI_CACHE) {
        return path.resolve(env.EPHEMERAL_GPU_CI_CACHE);
    }
    const base = env.XDG_CACHE_HOME || path.join(env.HOME || os.homedir(), ".cache");
    return path.resolve(base, "ephemeral-gpu-ci");
}
