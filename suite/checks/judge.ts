import { z } from "zod";
import { strictShape } from "./strictShape";

export const judgeSchema = strictShape({
    kind: z.literal("judge"),
    rubric: z.string().min(1).describe("What a right answer has, in words for the judge"),
    pass: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe("Grades of the rubric that pass; without them the judge says pass or not"),
    seesImages: z.boolean().default(false).describe("Whether the judge gets the pictures, too"),
}).describe("A second model judges the answer: --judge-url, --judge-model");

export type JudgeCheck = z.infer<typeof judgeSchema>;

export function isJudgeCheck(check: { kind: string }): check is JudgeCheck {
    return check.kind === "judge";
}
