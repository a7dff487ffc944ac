import { z } from "zod";

const words = z.array(z.string().min(1)).min(1);
const seconds = z.number().gt(0);

/** What a case may ask of an answer. Each kind is judged by one pure function below. */
export const checkSchema = z.discriminatedUnion("kind", [
    z
        .strictObject({
            kind: z.literal("keywords"),
            groups: z.array(words).min(1).describe("A group is found by any of its synonyms"),
            atLeast: z.int().min(1).optional().describe("How many groups; all where absent"),
        })
        .describe("The answer names things; English by whole word or plural, Chinese anywhere"),
    z
        .strictObject({ kind: z.literal("forbidden"), words })
        .describe("The answer names none of these"),
    z
        .strictObject({
            kind: z.literal("length"),
            min: z.int().min(1).optional(),
            max: z.int().min(1).optional(),
        })
        .describe("Length of the trimmed answer in characters"),
    z
        .strictObject({
            kind: z.literal("number"),
            equals: z.number(),
            tolerance: z.number().min(0).default(0),
            pick: z.enum(["first", "last"]).default("first"),
        })
        .describe("A number in the answer: digits, or else English or Chinese number words to 99"),
    z
        .strictObject({
            kind: z.literal("regex"),
            pattern: z.string().min(1),
            flags: z
                .string()
                .regex(/^[imsu]*$/, "flags out of i, m, s, u")
                .default("u"),
        })
        .describe("The trimmed answer matches"),
    z
        .strictObject({ kind: z.literal("language"), language: z.enum(["en", "zh"]) })
        .describe("The language of the answer, by its script"),
    z
        .strictObject({ kind: z.literal("finish"), reason: z.enum(["stop", "length"]) })
        .describe("The server's finish_reason"),
    z
        .strictObject({
            kind: z.literal("error"),
            status: z.string().regex(/^[45](xx|\d\d)$/, '"4xx", or a status such as "413"'),
            message: z.string().min(1).describe("Regular expression, case ignored"),
        })
        .describe("The server must refuse the request, with this status and a clear message"),
    z
        .strictObject({
            kind: z.literal("latency"),
            maxTimeToFirstTokenSeconds: seconds.optional(),
            maxEndToEndSeconds: seconds.optional(),
        })
        .describe("Limits of the medians over the measured requests"),
    z
        .strictObject({
            kind: z.literal("throughput"),
            minOutputTokensPerSecond: z.number().gt(0).optional(),
            maxFailedRequests: z.int().min(0).default(0),
        })
        .describe("Limits over all requests together"),
]);
export type Check = z.infer<typeof checkSchema>;
type CheckOf<K extends Check["kind"]> = Extract<Check, { kind: K }>;

/** A check's outcome, with a sentence that says what was wanted and what was there. */
export interface CheckResult {
    readonly kind: string;
    readonly passed: boolean;
    readonly message: string;
}

/** What an answer is judged by. */
export interface Answer {
    readonly text: string;
    readonly finishReason?: string;
}

/** The kinds of check that read an answer; the others read a refusal or a measurement. */
export type AnswerCheck = CheckOf<
    "keywords" | "forbidden" | "length" | "number" | "regex" | "language" | "finish"
>;

export function isAnswerCheck(check: Check): check is AnswerCheck {
    return !["error", "latency", "throughput"].includes(check.kind);
}

/**
 * Judges an answer.
 *
 * @example checkAnswer({ kind: "length", min: 11 }, { text: "It is red." }).passed // false
 */
export function checkAnswer(check: AnswerCheck, answer: Answer): CheckResult {
    const text = answer.text.trim();
    const { kind } = check;
    switch (check.kind) {
        case "keywords":
            return { kind, ...judgeKeywords(check, text) };
        case "forbidden":
            return { kind, ...judgeForbidden(check, text) };
        case "length":
            return { kind, ...judgeLength(check, text) };
        case "number":
            return { kind, ...judgeNumber(check, text) };
        case "regex": {
            const passed = new RegExp(check.pattern, check.flags).test(text);
            return {
                kind,
                passed,
                message: `${passed ? "matches" : "does not match"} /${check.pattern}/`,
            };
        }
        case "language":
            return { kind, ...judgeLanguage(check, text) };
        case "finish": {
            const given = answer.finishReason ?? "none";
            const passed = given === check.reason;
            return { kind, passed, message: `finish_reason is ${given}, wanted ${check.reason}` };
        }
    }
}

/** Judges a refusal; `refusal` is undefined where the server answered as if nothing were wrong. */
export function checkRefusal(
    rule: { status: string; message: string },
    refusal: { status: number; message: string } | undefined,
): CheckResult {
    const kind = "error";
    if (!refusal) {
        return { kind, passed: false, message: `answered, but HTTP ${rule.status} was wanted` };
    }
    const statusFits = new RegExp(`^${rule.status.replaceAll("x", "\\d")}$`).test(
        String(refusal.status),
    );
    if (!statusFits) {
        return {
            kind,
            passed: false,
            message: `HTTP ${refusal.status}, wanted ${rule.status}: ${refusal.message}`,
        };
    }
    const clear = new RegExp(rule.message, "i").test(refusal.message);
    return {
        kind,
        passed: clear,
        message: clear
            ? `HTTP ${refusal.status}: ${refusal.message}`
            : `HTTP ${refusal.status}, but its message does not match /${rule.message}/: ${refusal.message}`,
    };
}

/** True where a word occurs in a text: Latin words whole or in the plural, Chinese ones anywhere. */
export function mentions(text: string, word: string): boolean {
    if (!/^[\p{Script=Latin}\p{N}' -]+$/u.test(word)) {
        return text.includes(word);
    }
    const letter = "[\\p{Script=Latin}\\p{N}]";
    return new RegExp(`(?<!${letter})${word}(?:s|es)?(?!${letter})`, "iu").test(text);
}

type Judgement = Omit<CheckResult, "kind">;

function judgeKeywords({ groups, atLeast }: CheckOf<"keywords">, text: string): Judgement {
    const named = (group: string[]): string => group.slice(0, 3).join(" / ");
    const has = (word: string): boolean => mentions(text, word);
    const found = groups.flatMap((group) => group.find(has) ?? []);
    const missing = groups.filter((group) => !group.some(has));
    const wanted = Math.min(atLeast ?? groups.length, groups.length);
    const passed = found.length >= wanted;
    const counts = `${found.length} of ${groups.length} found, ${wanted} wanted`;
    return {
        passed,
        message: passed
            ? `names ${found.join(", ")}${missing.length > 0 ? ` (${counts})` : ""}`
            : `does not name ${missing.map(named).join(", ")} (${counts})`,
    };
}

function judgeForbidden(check: CheckOf<"forbidden">, text: string): Judgement {
    const found = check.words.filter((word) => mentions(text, word));
    return {
        passed: found.length === 0,
        message:
            found.length === 0
                ? `does not name ${check.words.join(", ")}`
                : `names ${found.join(", ")}, which it must not`,
    };
}

function judgeLength({ min = 0, max = Infinity }: CheckOf<"length">, text: string): Judgement {
    const characters = [...text].length;
    const allowed =
        max === Infinity ? `at least ${min}` : min === 0 ? `at most ${max}` : `${min} to ${max}`;
    return {
        passed: characters >= min && characters <= max,
        message: `${characters} characters, wanted ${allowed}`,
    };
}

function judgeNumber(check: CheckOf<"number">, text: string): Judgement {
    const numbers = numbersIn(text);
    const given = check.pick === "first" ? numbers[0] : numbers.at(-1);
    if (given === undefined) {
        return { passed: false, message: `names no number, wanted ${check.equals}` };
    }
    return {
        passed: Math.abs(given - check.equals) <= check.tolerance,
        message: `says ${given}, wanted ${check.equals}${check.tolerance ? ` ± ${check.tolerance}` : ""}`,
    };
}

const ENGLISH_UNITS =
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
        " ",
    );
const ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const CHINESE_DIGITS = "零一二三四五六七八九";

/** The numbers in a text in their order: those in digits, or where there is none, those in words. */
export function numbersIn(text: string): number[] {
    const plain = text.normalize("NFKC").replace(/(\d),(?=\d{3}(?!\d))/g, "$1");
    const digits = plain.match(/(?<![\d.])-?\d+(?:\.\d+)?/g);
    if (digits) {
        return digits.map(Number);
    }
    const english = new RegExp(
        `\\b(?:(${ENGLISH_TENS.join("|")})(?:[- ](${ENGLISH_UNITS.slice(1, 10).join("|")}))?|(${ENGLISH_UNITS.join("|")}))\\b`,
        "gi",
    );
    const inEnglish = [...plain.matchAll(english)].map(([, tens, unit, small]) =>
        small
            ? ENGLISH_UNITS.indexOf(small.toLowerCase())
            : (ENGLISH_TENS.indexOf((tens as string).toLowerCase()) + 2) * 10 +
              (unit ? ENGLISH_UNITS.indexOf(unit.toLowerCase()) : 0),
    );
    const inChinese = [
        ...plain
            .replaceAll("两", "二")
            .matchAll(/([一二三四五六七八九]?)十([一二三四五六七八九]?)|[零一二三四五六七八九]/g),
    ].map(([all, tens, unit]) =>
        all.includes("十")
            ? (tens ? CHINESE_DIGITS.indexOf(tens) : 1) * 10 +
              (unit ? CHINESE_DIGITS.indexOf(unit) : 0)
            : CHINESE_DIGITS.indexOf(all),
    );
    return [...inEnglish, ...inChinese];
}

function judgeLanguage({ language }: CheckOf<"language">, text: string): Judgement {
    const han = (text.match(/\p{Script=Han}/gu) ?? []).length;
    // A Latin word carries about as much as a Chinese character, so words are counted.
    const latin = (text.match(/\p{Script=Latin}+/gu) ?? []).length;
    const share = han + latin === 0 ? 0 : han / (han + latin);
    const percent = `${Math.round(share * 100)} % Chinese`;
    return language === "zh"
        ? { passed: share >= 0.6, message: `${percent}, wanted at least 60 %` }
        : { passed: latin > 0 && share <= 0.1, message: `${percent}, wanted at most 10 %` };
}
