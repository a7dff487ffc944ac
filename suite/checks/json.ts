import Ajv2020, { ValidateFunction } from "ajv/dist/2020";
import { z } from "zod";
import { Judgement } from "./judgement";
import { strictShape } from "./strictShape";

export const jsonSchema = strictShape({
    kind: z.literal("json"),
    schema: z
        .record(z.string(), z.unknown())
        .describe("A JSON Schema (2020-12) that the parsed answer has to fit"),
    fence: z
        .enum(["allowed", "refused"])
        .default("allowed")
        .describe("Whether the JSON may stand in a Markdown code fence"),
})
    .superRefine(({ schema }, context) => {
        try {
            compile(schema);
        } catch (error) {
            const message = `no JSON Schema of draft 2020-12: ${(error as Error).message}`;
            context.addIssue({ code: "custom", path: ["schema"], message });
        }
    })
    .describe("The answer is JSON, and fits a schema");

/** Judges that the answer is JSON and fits. */
export function judgeJson({ schema, fence }: z.infer<typeof jsonSchema>, text: string): Judgement {
    const fenced = /^```(?:json)?[^\S\n]*\n(.*?)\n?```$/isu.exec(text)?.[1];
    if (fenced !== undefined && fence === "refused") {
        return { passed: false, message: "is JSON in a code fence, wanted JSON alone" };
    }
    let value: unknown;
    try {
        value = JSON.parse(fenced ?? text);
    } catch (error) {
        return { passed: false, message: `is no JSON: ${(error as Error).message}` };
    }
    const fits = compile(schema);
    if (fits(value)) {
        return { passed: true, message: "is JSON that fits the schema" };
    }
    const faults = (fits.errors ?? []).map(
        ({ instancePath, message, params }) =>
            `${instancePath || "the whole"} ${message}${"allowedValues" in params ? ` (${String(params.allowedValues)})` : ""}`,
    );
    return { passed: false, message: `does not fit the schema: ${faults.slice(0, 3).join("; ")}` };
}

/** Strict, so that a keyword that does not exist ("requried") is an error and no check that always passes. */
function compile(schema: object): ValidateFunction {
    return new Ajv2020({ strict: true, allErrors: true, strictRequired: false }).compile(schema);
}
