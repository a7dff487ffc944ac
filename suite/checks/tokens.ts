import { z } from "zod";
import type { AlignedTokens } from "../baseline/alignTokens";
import type { CheckResult } from "../checks";
import { strictShape } from "./strictShape";

export const tokenAgreementSchema = strictShape({
    kind: z.literal("token-agreement"),
    atLeast: z.number().gt(0).max(1).describe("Share of the longer answer's tokens"),
}).describe("The answer begins with the same tokens as that of the baseline");

export const logprobDriftSchema = strictShape({
    kind: z.literal("logprob-drift"),
    atMost: z.number().gt(0).describe("In nats"),
}).describe(
    "Mean absolute change of the tokens' log-probabilities against the baseline, up to the first other token",
);

export type TokenCheck = z.infer<typeof tokenAgreementSchema> | z.infer<typeof logprobDriftSchema>;

export function isTokenCheck(check: { kind: string }): check is TokenCheck {
    return check.kind === "token-agreement" || check.kind === "logprob-drift";
}

/** @param against why there is nothing to compare with, where there is nothing. */
export function checkTokens(check: TokenCheck, against: AlignedTokens | string): CheckResult {
    const { kind } = check;
    if (typeof against === "string") {
        return { kind, passed: true, skipped: true, message: `not compared: ${against}` };
    }
    if (check.kind === "token-agreement") {
        const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
        return {
            kind,
            passed: against.agreement >= check.atLeast,
            message: `${percent(against.agreement)} of the tokens are those of the baseline up to the first other one, at least ${percent(check.atLeast)} wanted`,
        };
    }
    return {
        kind,
        passed: against.drift <= check.atMost,
        message: `log-probabilities moved by ${against.drift.toFixed(3)} a token, at most ${check.atMost} wanted`,
    };
}
