import { z } from "zod";
import { editDistanceSchema, judgeEditDistance } from "./checks/editDistance";
import { httpErrorSchema } from "./checks/httpError";
import { jsonSchema, judgeJson } from "./checks/json";
import { Judgement } from "./checks/judgement";
import { forbiddenSchema, judgeForbidden, judgeKeywords, keywordsSchema } from "./checks/keywords";
import { judgeSchema } from "./checks/judge";
import { judgeLanguage, languageSchema } from "./checks/language";
import { judgeNumber, numberSchema } from "./checks/numbers";
import { judgeRefusal, refusalSchema } from "./checks/refusal";
import { strictShape } from "./checks/strictShape";
import { logprobDriftSchema, tokenAgreementSchema } from "./checks/tokens";
import { judgeLength, judgeRegex, lengthSchema, regexSchema } from "./checks/text";

const seconds = z.number().gt(0);

const finishSchema = strictShape({
    kind: z.literal("finish"),
    reason: z.enum(["stop", "length"]),
}).describe("The server's finish_reason");

const latencySchema = strictShape({
    kind: z.literal("latency"),
    maxTimeToFirstTokenSeconds: seconds.optional(),
    maxEndToEndSeconds: seconds.optional(),
})
    .refine((check) => check.maxTimeToFirstTokenSeconds ?? check.maxEndToEndSeconds, {
        message:
            "a latency check without a limit cannot fail; allowed: maxTimeToFirstTokenSeconds, maxEndToEndSeconds or both",
    })
    .describe("Limits of the medians over the measured requests, or of the one answer of a turn");

const throughputSchema = strictShape({
    kind: z.literal("throughput"),
    minOutputTokensPerSecond: z.number().gt(0).optional(),
    maxFailedRequests: z.int().min(0).default(0),
    minGoodputShare: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .describe("Of the requests that keep the objective of measure.kind load"),
}).describe("Limits over all requests together; of a load, at its last level");

/** What a case may ask of an answer. */
export const checkSchema = z.discriminatedUnion("kind", [
    keywordsSchema,
    forbiddenSchema,
    lengthSchema,
    numberSchema,
    editDistanceSchema,
    regexSchema,
    jsonSchema,
    languageSchema,
    refusalSchema,
    finishSchema,
    httpErrorSchema,
    latencySchema,
    throughputSchema,
    tokenAgreementSchema,
    logprobDriftSchema,
    judgeSchema,
]);
export type Check = z.infer<typeof checkSchema>;

/** A check's outcome, with a sentence that says what was wanted and what was there. */
export interface CheckResult extends Judgement {
    readonly kind: string;
    /** It could not be made; it then counts as passed. */
    readonly skipped?: true;
}

/** What an answer is judged by. */
export interface Answer {
    readonly text: string;
    readonly finishReason?: string;
    /** From the request to the end of the answer. */
    readonly seconds?: number;
}

const OTHER_KINDS = ["error", "throughput", "token-agreement", "logprob-drift", "judge"] as const;

/** The kinds of check that read nothing but an answer. */
export type AnswerCheck = Exclude<Check, { kind: (typeof OTHER_KINDS)[number] }>;

export function isAnswerCheck(check: Check): check is AnswerCheck {
    return !(OTHER_KINDS as readonly string[]).includes(check.kind);
}

/**
 * Judges an answer.
 *
 * @example checkAnswer({ kind: "length", min: 11 }, { text: "It is red." }).passed // false
 */
export function checkAnswer(check: AnswerCheck, answer: Answer): CheckResult {
    return { kind: check.kind, ...judge(check, answer) };
}

function judge(check: AnswerCheck, answer: Answer): Judgement {
    const text = answer.text.trim();
    switch (check.kind) {
        case "keywords":
            return judgeKeywords(check, text);
        case "forbidden":
            return judgeForbidden(check, text);
        case "length":
            return judgeLength(check, text);
        case "number":
            return judgeNumber(check, text);
        case "edit-distance":
            return judgeEditDistance(check, text);
        case "regex":
            return judgeRegex(check, text);
        case "json":
            return judgeJson(check, text);
        case "language":
            return judgeLanguage(check, text);
        case "refusal":
            return judgeRefusal(check, text);
        case "finish": {
            const given = answer.finishReason ?? "none";
            const passed = given === check.reason;
            return { passed, message: `finish_reason is ${given}, wanted ${check.reason}` };
        }
        case "latency": {
            const { seconds: given = Infinity } = answer;
            const limit = check.maxEndToEndSeconds ?? Infinity;
            return {
                passed: given <= limit,
                message: `answered in ${Number(given.toPrecision(3))} s, at most ${limit} s wanted`,
            };
        }
    }
}
