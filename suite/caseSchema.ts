import { z } from "zod";
import { checkSchema } from "./checks";
import { messagePattern } from "./checks/httpError";
import { isTokenCheck } from "./checks/tokens";
import { strictShape } from "./checks/strictShape";
import { FAMILY_LANGUAGES } from "./families/family";
import { FAMILIES, FAMILY_NAMES } from "./families";
import { imageSchema } from "./images";
import { objectiveSchema } from "./performance/numbers";

/** The four sides of the suite. */
export const DIMENSIONS = ["single-modality", "multimodal", "boundary", "performance"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Those that a result may have: tests of an own suite are on a side of their own. */
export const RESULT_DIMENSIONS = [...DIMENSIONS, "own"] as const;

/** How a case is asked: always the same, or as users do, with chance. */
export const LANES = ["deterministic", "greedy", "sampled"] as const;
export type Lane = (typeof LANES)[number];

/**
 * What vLLM applies by itself to Qwen3-VL, so what its users get. Source:
 * https://huggingface.co/Qwen/Qwen3-VL-8B-Instruct/blob/main/generation_config.json
 */
export const MODEL_SAMPLING = { temperature: 0.7, topP: 0.8 } as const;

const turnSchema = strictShape({
    prompt: z.string().optional().describe("{{index}} becomes the number of a measured request"),
    images: z.array(imageSchema).min(1).optional(),
    filler: strictShape({
        fractionOfContext: z.number().gt(0).max(4),
        atMostTokens: z.int().min(1).optional(),
        sentence: z.string().min(1).describe("Repeated until the length is reached"),
        hidden: z
            .union([
                z.string().min(1),
                z
                    .array(
                        strictShape({
                            sentence: z.string().min(1),
                            depth: z
                                .number()
                                .min(0)
                                .max(1)
                                .describe("0 is the text's beginning, 1 its end"),
                        }),
                    )
                    .min(1),
            ])
            .optional()
            .describe("A sentence put a little past the middle, or sentences each at its depth"),
    })
        .optional()
        .describe("A long text before the prompt, measured by the server's own tokenizer"),
    maxTokens: z.int().min(1).max(8192),
    stop: z
        .array(z.string().min(1))
        .min(1)
        .max(4)
        .optional()
        .describe("The answer ends before the first of these"),
    mayRefuse: strictShape({
        status: z
            .string()
            .regex(/^(4(xx|\d\d)|\[45\]xx)$/, '"4xx", a status such as "413", or "[45]xx"'),
        message: messagePattern,
    })
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
    strictShape({
        kind: z.literal("load"),
        requests: z
            .int()
            .min(1)
            .max(1000)
            .describe("At each level; at least two for each that is under way at a time"),
        concurrency: z
            .array(z.int().min(1).max(256))
            .min(1)
            .max(12)
            .describe("Levels, one after another: how many requests are under way at a time"),
        warmUp: z.int().min(0).max(32).default(0).describe("Before the first level"),
        objective: objectiveSchema
            .optional()
            .describe("Limits that a request keeps to count as goodput"),
    }).describe("Levels of requests at the same time, streamed"),
]);

export const caseSchema = strictShape({
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
            "deterministic: temperature 0, one seed, one request at a time; greedy: the same, side by side; " +
                "sampled: temperature and a seed a repeat",
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
    mustPass: z
        .boolean()
        .optional()
        .describe("It fails the suite whatever it did in a baseline, which else may excuse it"),
    measure: measureSchema.optional(),
    turns: z.array(turnSchema).min(1),
}).superRefine((testCase, context) => {
    const complain = (message: string, ...path: (string | number)[]): void =>
        context.addIssue({ code: "custom", message, path });
    const { measure } = testCase;
    const allowed = measure?.kind === "load" ? "throughput" : measure?.kind;
    if (measure && testCase.turns.length > 1) {
        complain("a measured case has one turn", "turns", 1);
    }
    if (testCase.lane !== "sampled") {
        for (const key of ["sampling", "minPassRate"] as const) {
            if (testCase[key] !== undefined) {
                complain(`${key} needs lane sampled`, key);
            }
        }
    }
    if (measure && testCase.lane !== "deterministic") {
        complain("a measured case is deterministic; allowed: deterministic", "lane");
    }
    testCase.turns.forEach((turn, turnIndex) =>
        turn.checks.forEach((check, index) => {
            const path = ["turns", turnIndex, "checks", index];
            if (measure && check.kind !== allowed) {
                complain(
                    `a case that measures ${measure.kind} has no ${check.kind} check; allowed: ${allowed}`,
                    ...path,
                    "kind",
                );
            }
            if (testCase.lane === "sampled" && isTokenCheck(check)) {
                complain(`a ${check.kind} check needs lane deterministic`, ...path, "kind");
            }
            if (!measure && check.kind === "throughput") {
                complain(
                    "a throughput check needs measure.kind throughput or load",
                    ...path,
                    "kind",
                );
            }
            const objective = measure?.kind === "load" ? measure.objective : undefined;
            if (check.kind === "throughput" && check.minGoodputShare && !objective) {
                complain(
                    "a share of goodput needs measure.kind load with an objective",
                    ...path,
                    "minGoodputShare",
                );
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

const familySchema = strictShape({
    family: z.enum(FAMILY_NAMES).describe("What kind of cases; docs/suite.md lists the families"),
    id: z
        .string()
        .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "small letters, digits and hyphens")
        .describe("The cases are called id-001, id-002, ..."),
    language: z.enum(FAMILY_LANGUAGES),
    seed: z.int().min(0).default(1).describe("The same seed makes the same cases"),
    cases: z.int().min(1).max(5000).describe("How many"),
    core: z.int().min(0).default(0).describe("So many of the first are in tier commit"),
    smoke: z.int().min(0).default(0).describe("So many of the first are in tier dev"),
    lane: z.enum(LANES).default("greedy"),
}).superRefine(({ family, language, smoke, core, cases }, context) => {
    const complain = (message: string, key: string): void =>
        context.addIssue({ code: "custom", message, path: [key] });
    const languages: readonly string[] = FAMILIES[family].languages;
    if (!languages.includes(language)) {
        complain(
            `family ${family} is not made in it; allowed: ${languages.join(", ")}`,
            "language",
        );
    }
    // Each tier has the cases of the smaller ones.
    if (core > cases) {
        complain(`more than its ${cases} cases`, "core");
    }
    if (smoke > core) {
        complain(`more than the ${core} in core`, "smoke");
    }
});

/** A case file: YAML, one dimension a file. Published as schemas/case.schema.json. */
export const caseFileSchema = strictShape({
    dimension: z.enum(DIMENSIONS),
    cases: z.array(caseSchema).default([]),
    families: z.array(familySchema).default([]).describe("Cases that are made from seeds"),
}).refine(({ cases, families }) => cases.length + families.length > 0, {
    message: "a file without a case; allowed: cases, families or both",
});

export type Turn = z.infer<typeof turnSchema>;
/** A turn and a case as they are written, before defaults. */
export type WrittenTurn = z.input<typeof turnSchema>;
export type WrittenCase = z.input<typeof caseSchema>;
export type FamilyOfCases = z.output<typeof familySchema>;
export type Measure = z.infer<typeof measureSchema>;
export type TestCase = z.infer<typeof caseSchema> & {
    readonly dimension: Dimension;
    /** Of what is asked and how it is judged: results of the same digest can be compared. */
    readonly digest: string;
    /** Cases that share a picture share this; they rise and fall together. */
    readonly cluster: string;
    /** Where it was made by one. */
    readonly family?: string;
};
