import { z } from "zod";
import { Judgement } from "./judgement";
import { strictShape } from "./strictShape";

export const lengthSchema = strictShape({
    kind: z.literal("length"),
    min: z.int().min(1).optional(),
    max: z.int().min(1).optional(),
})
    .refine(({ min, max }) => min !== undefined || max !== undefined, {
        message: "a length check without a limit cannot fail; allowed: min, max or both",
    })
    .refine(({ min = 1, max = Infinity }) => min <= max, {
        path: ["min"],
        message: "min is above max; allowed: 1 to max",
    })
    .describe("Length of the trimmed answer in characters");

export const regexSchema = strictShape({
    kind: z.literal("regex"),
    pattern: z.string().min(1),
    flags: z
        .string()
        .regex(/^[imsu]*$/, "flags out of i, m, s, u")
        .default("u"),
})
    .superRefine(({ pattern, flags }, context) => {
        try {
            new RegExp(pattern, flags);
        } catch (error) {
            const { message } = error as Error;
            context.addIssue({ code: "custom", path: ["pattern"], message });
        }
    })
    .describe("The trimmed answer matches");

/** Judges the length in characters, one outside the BMP counted once. */
export function judgeLength(
    { min = 0, max = Infinity }: z.infer<typeof lengthSchema>,
    text: string,
): Judgement {
    const characters = [...text].length;
    const allowed =
        max === Infinity ? `at least ${min}` : min === 0 ? `at most ${max}` : `${min} to ${max}`;
    return {
        passed: characters >= min && characters <= max,
        message: `${characters} characters, wanted ${allowed}`,
    };
}

/** Judges a regular expression. */
export function judgeRegex(
    { pattern, flags }: z.infer<typeof regexSchema>,
    text: string,
): Judgement {
    const passed = new RegExp(pattern, flags).test(text);
    return { passed, message: `${passed ? "matches" : "does not match"} /${pattern}/` };
}
