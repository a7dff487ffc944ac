import { isUserError } from "../common/userError";
import { EXIT } from "./exitCodes";

/** Says why a script cannot go on: a user's mistake in its own words, a defect of ours with its stack. */
export function endWithError(error: unknown): void {
    console.error(isUserError(error) ? error.message : error);
    process.exitCode = EXIT.noVerdict;
}
