import { z } from "zod";
import { JudgeCheck } from "../checks/judge";
import { Judgement } from "../checks/judgement";

const passSchema = z.object({ pass: z.boolean(), why: z.string() });
const gradeSchema = z.object({ grade: z.coerce.string().min(1), why: z.string() });

/**
 * The judgement in a judge's answer: the first JSON object in its text, whatever it wrote around it.
 *
 * @returns undefined where there is none, or it says something else.
 * @example readJudgement({ ... }, 'Sure: {"pass": true, "why": "It names the dog."}')
 */
export function readJudgement({ pass }: JudgeCheck, text: string): Judgement | undefined {
    const found = firstObject(text);
    if (pass === undefined) {
        const { data } = passSchema.safeParse(found);
        return data && { passed: data.pass, message: said(data.why) };
    }
    const { data } = gradeSchema.safeParse(found);
    const isSame = (grade: string): boolean =>
        grade.trim().toLowerCase() === data?.grade.trim().toLowerCase();
    return (
        data && {
            passed: pass.some(isSame),
            message: `${said(data.why)} (grade ${data.grade}; ${pass.join(", ")} pass)`,
        }
    );
}

const said = (why: string): string => `the judge says: ${why.replace(/\s+/g, " ").trim()}`;

/** Tries each opening brace with each closing one behind it, from the nearest on. */
function firstObject(text: string): unknown {
    for (let open = text.indexOf("{"); open >= 0; open = text.indexOf("{", open + 1)) {
        for (let end = text.indexOf("}", open); end >= 0; end = text.indexOf("}", end + 1)) {
            try {
                return JSON.parse(text.slice(open, end + 1)) as unknown;
            } catch {
                // A brace within it, or no JSON at all.
            }
        }
    }
    return undefined;
}
