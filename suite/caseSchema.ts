import { z } from "zod";
import { checkSchema } from "./checks";
import { messagePattern } from "./checks/httpError";
import { strictShape } from "./checks/strictShape";
import { imageSchema } from "./images";

/** The four sides of the suite. */
export const DIMENSIONS = ["single-modality", "multimodal", "boundary", "performance"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Those that a result may have: tests of an own suite are on a side of their own. */
export const RESULT_DIMENSIONS = [...DIMENSIONS, "own"] as const;

/** How a case is asked: always the same, or as users do, with chance. */
export const LANES = ["deterministic", "sampled"] as const;
export type Lane = (typeof LANES)[number];

/**
 * What vLLM applies by itself to Qwen3-VL, so what its users get. Source:
 * https://huggingface.co/Qwen/Qwen3-VL-8B-Instruct/blob/main/generation_config.json
 */
export const MODEL_SAMPLING = { temperature: 0.7, topP: 0.8 } as const;

const turnSchema = strictShape({
    prompt: z
        .string()
        .min(1)
        .optional()
        .describe("{{index}} becomes the number of a measured request"),
    images: z.array(imageSchema).min(1).optional(),
    filler: strictShape({
        fractionOfContext: z.number().gt(0).max(4),
        atMostTokens: z.int().min(1).optional(),
        sentence: z.string().min(1).describe("Repeated until the length is reached"),
        hidden: z.string().min(1).optional().describe("A sentence put in the middle"),
    })
        .optional()
        .describe("A long text before the prompt, measured by the server's own tokenizer"),
    maxTokens: z.int().min(1).max(8192),
    mayRefuse: strictShape({ status: z.string().regex(/^4(xx|\d\d)$/), message: messagePattern })
        .optional()
        .describe("A refusal like this passes too; its checks are then left out"),
    checks: z.array(checkSchema).min(1),
}).refine((turn) => turn.prompt !== undefined || turn.images !== undefined, {
    message: "a turn needs a prompt, images or both",
});

const measureSchema = z.discriminatedUnion("kind", [
    strictShape({
        kind: z.literal("latency"),
        requests: z.int().min(1).max(100),
        warmUp: z.int().min(0).max(10).default(0),
    }).describe("Requests one after another, streamed"),
    strictShape({
        kind: z.literal("throughput"),
        requests: z.int().min(1).max(1000),
        concurrency: z.int().min(1).max(256),
    }).describe("Requests at the same time, streamed"),
]);

const caseSchema = strictShape({
    id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "small letters, digits and hyphens"),
    title: z.string().min(1),
    language: z.enum(["en", "zh"]),
    tags: z
        .array(z.enum(["smoke", "core"]))
        .describe("smoke: in tier dev; core: in tier commit; merge and release run every case"),
    lane: z
        .enum(LANES)
        .default("deterministic")
        .describe(
            "deterministic: temperature 0 and one seed; sampled: temperature and a seed a repeat",
        ),
    repeats: z
        .int()
        .min(1)
        .max(100)
        .optional()
        .describe("How often it is asked; the tier's number where absent, in lane sampled 5"),
    sampling: strictShape({
        temperature: z.number().gt(0).max(2).default(MODEL_SAMPLING.temperature),
        topP: z.number().gt(0).max(1).default(MODEL_SAMPLING.topP),
    })
        .optional()
        .describe("Of lane sampled; Qwen3-VL's own where absent"),
    minPassRate: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .describe(
            "Of lane sampled: it fails where the interval of its pass rate lies below; 1 where absent",
        ),
    measure: measureSchema.optional(),
    turns: z.array(turnSchema).min(1),
}).superRefine((testCase, context) => {
    const complain = (message: string, ...path: (string | number)[]): void =>
        context.addIssue({ code: "custom", message, path });
    const { measure } = testCase;
    if (measure && testCase.turns.length > 1) {
        complain("a measured case has one turn", "turns", 1);
    }
    if (testCase.lane === "deterministic") {
        for (const key of ["sampling", "minPassRate"] as const) {
            if (testCase[key] !== undefined) {
                complain(`${key} needs lane sampled`, key);
            }
        }
    } else if (measure) {
        complain("a measured case is deterministic; allowed: deterministic", "lane");
    }
    testCase.turns.forEach((turn, turnIndex) =>
        turn.checks.forEach((check, index) => {
            const path = ["turns", turnIndex, "checks", index];
            if (measure && check.kind !== measure.kind) {
                complain(
                    `a case that measures ${measure.kind} has no ${check.kind} check; allowed: ${measure.kind}`,
                    ...path,
                    "kind",
                );
            }
            if (!measure && check.kind === "throughput") {
                complain("a throughput check needs measure.kind throughput", ...path, "kind");
            }
            if (!measure && check.kind === "latency" && check.maxTimeToFirstTokenSeconds) {
                complain(
                    "a time to first token needs measure.kind latency; allowed without: maxEndToEndSeconds",
                    ...path,
                    "maxTimeToFirstTokenSeconds",
                );
            }
            if (check.kind === "error" && turn.checks.length > 1) {
                complain("an error check stands alone in its turn", ...path, "kind");
            }
        }),
    );
});

/** A case file: YAML, one dimension a file. Published as schemas/case.schema.json. */
export const caseFileSchema = strictShape({
    dimension: z.enum(DIMENSIONS),
    cases: z.array(caseSchema).min(1),
});

export type Turn = z.infer<typeof turnSchema>;
export type Measure = z.infer<typeof measureSchema>;
export type TestCase = z.infer<typeof caseSchema> & {
    readonly dimension: Dimension;
    /** Of what is asked and how it is judged: results of the same digest can be compared. */
    readonly digest: string;
    /** Cases that share a picture share this; they rise and fall together. */
    readonly cluster: string;
};
