import { z } from "zod";
import { Judgement } from "./judgement";
import { strictShape } from "./strictShape";

export const languageSchema = strictShape({
    kind: z.literal("language"),
    language: z.enum(["en", "zh"]),
    atLeast: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .describe("The share of the answer in that script; 0.9 for en, 0.6 for zh where absent"),
}).describe("The language of the answer, by its script");

/** Names and terms in Latin letters are common in Chinese texts, the reverse is not in English ones. */
const LEAST_SHARES = { en: 0.9, zh: 0.6 } as const;

/** Judges the share of Latin words or Chinese characters; a text with neither is in no language. */
export function judgeLanguage(
    { language, atLeast = LEAST_SHARES[language] }: z.infer<typeof languageSchema>,
    text: string,
): Judgement {
    const chinese = (text.match(/\p{Script=Han}/gu) ?? []).length;
    // A Latin word carries about as much as a Chinese character, so words are counted.
    const latin = (text.match(/\p{Script=Latin}+/gu) ?? []).length;
    const share = (language === "zh" ? chinese : latin) / Math.max(1, chinese + latin);
    const name = language === "zh" ? "Chinese" : "English";
    return {
        passed: share >= atLeast,
        message: `${Math.round(share * 100)} % ${name}, wanted at least ${Math.round(atLeast * 100)} %`,
    };
}
