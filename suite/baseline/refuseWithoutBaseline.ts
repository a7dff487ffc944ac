import { UserError } from "../../common/userError";
import { BaselineRules } from "./judgeByBaseline";

/** @throws UserError for a rule that has a meaning with a baseline only, where there is none. */
export function refuseWithoutBaseline(
    options: BaselineRules & { readonly baseline?: string },
): void {
    const given = [
        options.failOn === "regression" && "--fail-on regression",
        options.minTokenAgreement !== undefined && "--min-token-agreement",
        options.maxLogprobDrift !== undefined && "--max-logprob-drift",
    ].find(Boolean);
    if (given && options.baseline === undefined) {
        throw new UserError(
            `${given} without a baseline would fail nothing.`,
            undefined,
            "add --baseline FILE, or leave it out",
        );
    }
}
