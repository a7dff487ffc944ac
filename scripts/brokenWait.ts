// Go's SSH client and ssh2, when a session ends without the command's own exit.
const CONNECTION_ENDED =
    /exited without exit status|exited from signal|connection (reset|lost|timed out)|broken pipe|\bEOF\b|closed network connection/i;

/**
 * True when `up` failed because a connection to the machine broke while one of our scripts ran there.
 * They go on without it (the suite is a unit of its own) and can be called again, so another `up`
 * waits on where this one stopped.
 *
 * @param errors what the engine reported.
 */
export function isBrokenWait(errors: readonly string[]): boolean {
    return errors.some(
        (text) => text.includes("/opt/ephemeral-gpu-ci/") && CONNECTION_ENDED.test(text),
    );
}
