import { z } from "zod";
import { Judgement } from "./judgement";
import { strictShape } from "./strictShape";

export const refusalSchema = strictShape({
    kind: z.literal("refusal"),
    wanted: z
        .boolean()
        .default(true)
        .describe("true: the answer says that it cannot know; false: it must not say so"),
    phrases: z
        .array(z.string().min(1))
        .default([])
        .describe("Further phrases that say it, beside the usual ones in English and Chinese"),
}).describe(
    "The answer says that it cannot know or will not do what was asked, instead of inventing; what it must not invent is a forbidden check beside",
);

const ABILITY =
    "(?:see|tell|know|determine|identify|read|answer|provide|say|find|make out|recogni[sz]e|confirm|verify|help|assist|view|access|be (?:determined|known|read|identified|seen|made out))";

const USUAL = [
    String.raw`(?:can ?not|can['’]?t|could(?: not|n['’]t)|(?:am|is|are|was) (?:not able|unable) to|['’](?:m|re|s) (?:not able|unable) to|^unable to|impossible to|no way (?:to|of)) (?:\w+ly )?${ABILITY}`,
    String.raw`(?:do not|don['’]t|does not|doesn['’]t) (?:\w+ly )?(?:know|have (?:enough |any |that |this )*(?:information|access|way|context)|(?:show|contain|provide|include|specify|mention|say|reveal|indicate)\b)`,
    String.raw`(?:is|are|was) (?:not|n['’]t) (?:\w+ly )?(?:clear|possible|specified|mentioned|provided|given|stated|known|legible|readable|visible|shown)|(?:is|are)n['’]t (?:\w+ly )?(?:clear|possible|specified|mentioned|provided|given|stated|known|legible|readable|visible|shown)`,
    String.raw`not enough (?:information|detail|context)|no (?:\w+ )?(?:information|indication|text|way to know)|insufficient information`,
    String.raw`\b(?:unknown|unclear|illegible|unreadable)\b|not sure|['’]m sorry|\bas an ai\b`,
    "无法|不能(?:确定|判断|看|识别|得知|知道|回答|提供|辨认|确认|读)|不(?:知道|清楚|确定|可能知道)|看不(?:清|出|见|到)|未知",
    "没有(?:提供|显示|提到|提及|说明|标明|足够|任何信息|相关|文字|写)|信息不足|未(?:提供|提及|提到|说明|显示|标明)|抱歉|对不起",
];

/** Judges whether the answer owns up to what it cannot know. */
export function judgeRefusal(
    { wanted, phrases }: z.infer<typeof refusalSchema>,
    text: string,
): Judgement {
    const own = phrases.map((phrase) => phrase.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    const found = new RegExp([...own, ...USUAL].join("|"), "imu").exec(text)?.[0];
    return {
        passed: (found !== undefined) === wanted,
        message:
            found === undefined
                ? `answers as if it knew${wanted ? ", wanted that it says it cannot know" : ""}`
                : `says "${found}"${wanted ? "" : ", wanted an answer"}`,
    };
}
