import { z } from "zod";
import type { CheckResult } from "../checks";
import { strictShape } from "./strictShape";

/** A regular expression, case ignored, for what a server says. */
export const messagePattern = z
    .string()
    .min(1)
    .superRefine((pattern, context) => {
        try {
            new RegExp(pattern, "i");
        } catch (error) {
            context.addIssue({ code: "custom", message: (error as Error).message });
        }
    })
    .describe("Regular expression, case ignored");

export const httpErrorSchema = strictShape({
    kind: z.literal("error"),
    status: z.string().regex(/^[45](xx|\d\d)$/, '"4xx", or a status such as "413"'),
    message: messagePattern,
}).describe("The server must refuse the request, with this status and a clear message");

/** Judges an HTTP error; `refusal` is undefined where the server answered as if nothing were wrong. */
export function checkHttpError(
    rule: { status: string; message: string },
    refusal: { status: number; message: string } | undefined,
): CheckResult {
    const kind = "error";
    if (!refusal) {
        return { kind, passed: false, message: `answered, but HTTP ${rule.status} was wanted` };
    }
    const said = `HTTP ${refusal.status}: ${refusal.message}`;
    const status = new RegExp(`^${rule.status.replaceAll("x", "\\d")}$`);
    if (!status.test(String(refusal.status))) {
        return { kind, passed: false, message: `${said}; HTTP ${rule.status} was wanted` };
    }
    const clear = new RegExp(rule.message, "i").test(refusal.message);
    const complaint = `; the message should match /${rule.message}/`;
    return { kind, passed: clear, message: clear ? said : said + complaint };
}
