import { z } from "zod";

const count = z.int().min(0);
const probability = z.number().min(0).max(1);
const change = z.enum(["regression", "no-evidence", "improvement"]);
const interval = z.strictObject({ low: z.number(), high: z.number() });

const qualityTestSchema = z.strictObject({
    of: z.string().describe("all cases, a dimension, or the id of a sampled case"),
    pairs: count,
    lost: count.describe("Passed in the baseline, failed here"),
    won: count.describe("Failed in the baseline, passed here"),
    pValue: probability.describe("Exact McNemar, two-sided"),
    correctedPValue: probability
        .optional()
        .describe("By Holm; absent where too few pairs differ for any evidence"),
    difference: z.number().optional().describe("Of the mean pass rates, here minus baseline"),
    interval: interval.optional().describe("Of the difference, cluster bootstrap, 95 %"),
    clusters: count.optional().describe("Cases that share a picture are one"),
    outcome: change,
});

const speedTestSchema = z.strictObject({
    caseId: z.string(),
    concurrency: count.optional().describe("Of a throughput case, or of one level of a load"),
    metric: z
        .enum([
            "timeToFirstTokenSeconds",
            "timePerOutputTokenSeconds",
            "endToEndSeconds",
            "secondsPerOutputToken",
        ])
        .describe("secondsPerOutputToken: of requests side by side, their throughput turned over"),
    ratio: z
        .number()
        .describe("Of geometric means or of rates, here over baseline: above 1 is slower"),
    interval: interval.describe("Of the ratio, 95 %"),
    pValue: probability.describe(
        "Welch's test of the logarithms, of a change beyond the tolerance",
    ),
    correctedPValue: probability.describe("By Holm"),
    ratioAgain: z
        .number()
        .optional()
        .describe("Of a second measurement, made where the first was slower"),
    outcome: change.describe("A regression was seen twice where it was measured twice"),
});

const estimate = z.strictObject({
    mean: z.number(),
    interval: interval.describe("Cluster bootstrap, 95 %"),
});

const tokenComparisonSchema = z.strictObject({
    answers: count.describe("To the same request at temperature 0, with tokens in both runs"),
    same: count.describe("Token for token"),
    sameShare: estimate,
    commonPrefix: estimate.describe("Of the longer answer's tokens, as a share"),
    logprobDifference: estimate.describe("Here minus baseline in the common prefix, nats a token"),
    logprobDrift: estimate.describe("The same without signs"),
    firstDifferences: z
        .array(
            z.strictObject({
                caseId: z.string(),
                turn: z.int().min(1),
                position: count.describe("Tokens of the turn before it"),
                before: z.string().optional().describe("Absent where the answer had ended"),
                now: z.string().optional(),
            }),
        )
        .describe("Of the answers that part first"),
    minTokenAgreement: probability.optional(),
    maxLogprobDrift: z.number().min(0).optional(),
    outcome: change.describe("no-evidence without a limit"),
});

const beforeSchema = z.strictObject({
    answers: z
        .array(
            z.strictObject({
                caseId: z.string(),
                status: z.enum(["passed", "flaky", "failed", "errored", "skipped"]),
                answer: z.string().describe("Its beginning, where it is long"),
            }),
        )
        .describe("Of cases that do not pass, here or there"),
    latency: z
        .array(
            z.strictObject({
                caseId: z.string(),
                timeToFirstTokenSeconds: z.array(z.number().min(0)).optional(),
                endToEndSeconds: z.array(z.number().min(0)),
            }),
        )
        .describe("Of each request, or of as many as are kept"),
    throughput: z.array(
        z.strictObject({
            caseId: z.string(),
            concurrency: count,
            outputTokensPerSecond: z.number().min(0),
        }),
    ),
});

/** What a comparison with a baseline came to; part of the suite's results. */
export const comparisonSchema = z.strictObject({
    baseline: z.strictObject({
        name: z.string(),
        model: z.string(),
        server: z.string().optional().describe("Its version"),
        startedAt: z.iso.datetime(),
    }),
    outcome: z.enum([...change.options, "infrastructure-failure"]),
    why: z.string().describe("The outcome's reason in one line"),
    level: probability.describe("Of the quality tests together, and of the speed tests together"),
    slowdownTolerance: z.number().min(0).describe("A change of speed up to this share is none"),
    pairs: count.describe("Cases that were judged in both runs, in the same way"),
    lost: z.array(z.string()).describe("Ids of cases"),
    won: z.array(z.string()),
    leftOut: z.array(z.strictObject({ caseId: z.string(), reason: z.string() })),
    minimumDetectableEffect: probability
        .optional()
        .describe("The loss of pass rate that would have been seen with 80 % power"),
    quality: z.array(qualityTestSchema),
    speed: z.array(speedTestSchema),
    speedLeftOut: z.string().optional().describe("Why speed was not compared"),
    tokensLeftOut: z.string().optional().describe("Why a limit of tokens could not be held"),
    tokens: tokenComparisonSchema.optional().describe("Where both servers gave log-probabilities"),
    before: beforeSchema.optional().describe("Of the baseline, for the report"),
});

export type Comparison = z.infer<typeof comparisonSchema>;
export type Before = z.infer<typeof beforeSchema>;
export type QualityTest = z.infer<typeof qualityTestSchema>;
export type SpeedTest = z.infer<typeof speedTestSchema>;
export type TokenComparison = z.infer<typeof tokenComparisonSchema>;
export type Estimate = z.infer<typeof estimate>;
export type Change = z.infer<typeof change>;

/** The chance of a false alarm of a family of tests. */
export const LEVEL = 0.05;

/** @example sayMetric("timePerOutputTokenSeconds") // "time per output token" */
export function sayMetric(metric: SpeedTest["metric"]): string {
    return METRIC_WORDS[metric];
}

const METRIC_WORDS = {
    timeToFirstTokenSeconds: "time to first token",
    timePerOutputTokenSeconds: "time per output token",
    endToEndSeconds: "end to end",
    secondsPerOutputToken: "seconds per output token of all",
} as const;

const OUTCOME_WORDS = {
    regression: "regression against",
    "no-evidence": "no evidence of a change against",
    improvement: "improvement against",
    "infrastructure-failure": "no comparison with",
} as const;

/** @example comparisonLine(comparison) // "regression against qwen3-vl-8b: all cases: 8 lost ..." */
export function comparisonLine({ outcome, baseline, why, tokensLeftOut }: Comparison): string {
    const missing = tokensLeftOut ? `; tokens not compared: ${tokensLeftOut}` : "";
    return `${OUTCOME_WORDS[outcome]} ${baseline.name}: ${why}${missing}`;
}
