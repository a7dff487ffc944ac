import { z } from "zod";

const count = z.int().min(0);
const positive = z.number().min(0);
const share = z.number().min(0).max(1);
const interval = z.strictObject({ low: z.number(), high: z.number() });
/** Kept since the first version of the results. */
const spread = z.strictObject({ median: positive, p95: positive, max: positive });

const percentileSchema = z.strictObject({
    value: positive,
    interval: interval
        .optional()
        .describe("Order statistics, 95 %; absent where there are too few samples for it"),
});

const distributionSchema = z.strictObject({
    count: count.describe("Samples"),
    mean: positive,
    p50: percentileSchema,
    p90: percentileSchema,
    p95: percentileSchema,
    p99: percentileSchema,
});

const distributionsSchema = z.strictObject({
    timeToFirstTokenSeconds: distributionSchema.optional(),
    interTokenSeconds: distributionSchema
        .optional()
        .describe("From one piece of an answer to the next, over all answers"),
    timePerOutputTokenSeconds: distributionSchema
        .optional()
        .describe("Of each answer: (last token - first token) / (tokens - 1)"),
    endToEndSeconds: distributionSchema.optional(),
});

/** One value for each answer, in the order of their requests. */
const samplesSchema = z.strictObject({
    timeToFirstTokenSeconds: z.array(positive).optional(),
    timePerOutputTokenSeconds: z.array(positive).optional(),
    endToEndSeconds: z.array(positive),
    completionTokens: z.array(count).optional(),
});

export const objectiveSchema = z.strictObject({
    timeToFirstTokenSeconds: z.number().gt(0).optional(),
    timePerOutputTokenSeconds: z.number().gt(0).optional(),
    endToEndSeconds: z.number().gt(0).optional(),
});

const goodputSchema = z.strictObject({
    objective: objectiveSchema,
    good: count.describe("Answers that keep all of the objective"),
    share: share.describe("Of all requests, refused ones too"),
    shareInterval: interval.describe("Clopper-Pearson, 95 %"),
    requestsPerSecond: positive.describe("Good ones"),
});

const serverNumbersSchema = z.strictObject({
    requests: count.describe("Answers that the server counted meanwhile"),
    timeToFirstTokenSeconds: positive.optional().describe("Means, of its histograms' differences"),
    interTokenSeconds: positive.optional(),
    timePerOutputTokenSeconds: positive.optional(),
    endToEndSeconds: positive.optional(),
    queueSeconds: positive.optional(),
    preemptions: count.optional(),
    promptTokens: count.optional(),
    generationTokens: count.optional(),
    kvCacheUse: share
        .optional()
        .describe("The highest of the moments looked at: before, half-way in a load, after"),
    differences: z
        .array(
            z.strictObject({
                metric: z.string(),
                client: positive.describe("The client's mean"),
                server: positive,
                share: z.number().describe("(client - server) / server"),
            }),
        )
        .describe("Where client and server differ by more than is usual"),
});

const details = {
    distributions: distributionsSchema.optional(),
    interTokenQuantiles: z
        .array(positive)
        .optional()
        .describe("Of the pooled inter-token times, evenly spaced from least to most, for plots"),
    tokensPerPiece: positive
        .optional()
        .describe("Tokens by the server's count over pieces of the streams; 1 is one by one"),
    serverNumbers: serverNumbersSchema
        .optional()
        .describe("By the server's /metrics; absent where it has none"),
};

export const latencyNumbersSchema = z.strictObject({
    caseId: z.string(),
    requests: count,
    samples: samplesSchema.optional().describe("For a comparison with a baseline"),
    timeToFirstTokenSeconds: spread.optional(),
    endToEndSeconds: spread,
    outputTokensPerSecond: positive.optional().describe("Median of single requests"),
    ...details,
});

const levelShape = {
    requests: count,
    failedRequests: count,
    concurrency: count,
    seconds: positive,
    requestsPerSecond: positive,
    outputTokensPerSecond: positive,
    totalTokensPerSecond: positive.optional().describe("Prompt and answer"),
    throughputIntervals: z
        .strictObject({
            requestsPerSecond: interval,
            outputTokensPerSecond: interval,
            totalTokensPerSecond: interval.optional(),
        })
        .optional()
        .describe("95 %, by the bootstrap over requests"),
    goodput: goodputSchema.optional().describe("Where the case states an objective"),
    endToEndSeconds: spread.optional(),
    samples: samplesSchema.optional().describe("For a comparison with a baseline"),
    ...details,
};

const levelSchema = z.strictObject(levelShape);
export const throughputNumbersSchema = z.strictObject({ caseId: z.string(), ...levelShape });

export const loadNumbersSchema = z.strictObject({
    caseId: z.string(),
    levels: z.array(levelSchema).describe("One for each number of requests at a time"),
});

export type Spread = z.infer<typeof spread>;
export type Distribution = z.infer<typeof distributionSchema>;
export type Distributions = z.infer<typeof distributionsSchema>;
export type Samples = z.infer<typeof samplesSchema>;
export type Objective = z.infer<typeof objectiveSchema>;
export type Goodput = z.infer<typeof goodputSchema>;
export type ServerNumbers = z.infer<typeof serverNumbersSchema>;
export type LatencyNumbers = z.infer<typeof latencyNumbersSchema>;
export type LevelNumbers = z.infer<typeof levelSchema>;
export type ThroughputNumbers = z.infer<typeof throughputNumbersSchema>;
export type LoadNumbers = z.infer<typeof loadNumbersSchema>;
