/**
 * An error whose text is for the person at the keyboard: what was given, what is allowed, what to
 * do next. Commands print it without a stack trace and exit with 2.
 *
 * @example throw new UserError(`unknown tier "nightly"`, "dev, commit, merge or release", "pass --tier commit");
 */
export class UserError extends Error {
    constructor(
        readonly given: string,
        readonly allowed?: string,
        readonly next?: string,
    ) {
        const sentences = [given, allowed && `Allowed: ${allowed}`, next && `Next: ${next}`];
        super(
            sentences
                .filter((sentence) => sentence !== undefined && sentence !== "")
                .map((sentence) => (/[.?!]$/.test(sentence!) ? sentence! : `${sentence}.`))
                .join(" "),
        );
        this.name = "UserError";
    }
}

/** True for a UserError, also one that crossed a module boundary (two copies of this file). */
export function isUserError(error: unknown): error is UserError {
    return error instanceof Error && error.name === "UserError";
}
