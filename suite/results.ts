import { z } from "zod";
import { keptTokensSchema } from "./answerTokens";
import { comparisonSchema } from "./baseline/comparison";
import { LANES, RESULT_DIMENSIONS } from "./caseSchema";
import {
    latencyNumbersSchema,
    loadNumbersSchema,
    throughputNumbersSchema,
} from "./performance/numbers";
import { TIERS } from "./tiers";

const count = z.int().min(0);
const seconds = z.number().min(0);
const share = z.number().min(0).max(1);

const checkResultSchema = z.strictObject({
    kind: z.string(),
    passed: z.boolean(),
    message: z.string(),
    skipped: z.boolean().optional().describe("It could not be made, and the message says why"),
    wanted: z.string().optional().describe("What a check that failed asks for"),
    turn: z.int().min(1).optional().describe("Which turn it judges, in a case of several"),
});

export const caseResultSchema = z.strictObject({
    id: z.string(),
    dimension: z.enum(RESULT_DIMENSIONS).describe("own: a test of an own suite"),
    title: z.string(),
    language: z.enum(["en", "zh"]),
    status: z
        .enum(["passed", "flaky", "failed", "errored", "skipped"])
        .describe("flaky: asked the same again, it passed and failed"),
    seconds,
    checks: z.array(checkResultSchema),
    prompt: z.string().describe("What was asked; the turns of a dialogue one after another"),
    answer: z.string(),
    turns: z.array(
        z.strictObject({
            prompt: z.string(),
            answer: z.string().optional(),
            refusal: z.strictObject({ status: z.int(), message: z.string() }).optional(),
            images: z.array(z.string()).describe("Names of images of the case"),
            tokens: keptTokensSchema
                .optional()
                .describe("Of an answer at temperature 0, where the server gave log-probabilities"),
        }),
    ),
    output: z
        .string()
        .optional()
        .describe("Of a test of an own suite: its stack traces, and what it printed"),
    images: z.array(
        z.strictObject({
            name: z.string(),
            width: count,
            height: count,
            thumbnailPng: z.string().optional().describe("A small picture in base64"),
            thumbnailType: z.string().optional().describe("What it is, where it is no PNG"),
            damage: z.string().optional().describe("Broken on purpose"),
        }),
    ),
    lane: z.enum(LANES).optional(),
    tags: z.array(z.string()).optional(),
    family: z.string().optional().describe("What made it, where it was made from a seed"),
    repeats: z
        .strictObject({
            passed: count,
            total: count,
            alone: count
                .optional()
                .describe("How many of the last were asked alone, after it failed side by side"),
            outcomes: z
                .array(z.boolean())
                .optional()
                .describe("Whether each passed, in their order"),
            passRate: z
                .strictObject({ low: share, high: share })
                .optional()
                .describe("Clopper-Pearson's interval of passed / total, 95 %"),
            passPower: z
                .array(share)
                .optional()
                .describe("pass^k for k = 1, 2, ...: the probability that k of them all pass"),
            consistency: share
                .optional()
                .describe("The probability that two of the answers are the same, right or wrong"),
        })
        .optional()
        .describe("Where a case was asked more than once; the rest shows the first that failed"),
    quarantine: z
        .strictObject({ reason: z.string(), expires: z.iso.date(), expired: z.boolean() })
        .optional()
        .describe("Until it expires, such a case does not count for the verdict"),
    mustPass: z.boolean().optional().describe("It counts whatever a baseline says"),
    standing: z
        .enum(["known", "within-chance"])
        .optional()
        .describe(
            "Of a case that is not right and does not count, by the baseline: it did not pass there either, or the comparison has no evidence of more than chance",
        ),
    digest: z.string().optional().describe("Of what was asked and how it was judged"),
    cluster: z.string().optional().describe("The same for cases that share a picture"),
    problem: z
        .strictObject({
            kind: z.enum([
                "connection",
                "timeout",
                "server-error",
                "out-of-memory",
                "judge",
                "not-run",
                "test-error",
            ]),
            message: z.string(),
        })
        .optional()
        .describe("Why a case is errored or skipped"),
    metrics: z.record(z.string(), z.number()).optional(),
});

/** What the suite leaves behind in results.json. Published as schemas/results.schema.json. */
export const suiteResultsSchema = z.strictObject({
    schemaVersion: z
        .union([z.literal(1), z.literal(2)])
        .describe("2 has flaky cases, lanes and the comparison with a baseline"),
    tier: z.enum(TIERS),
    model: z.string(),
    seed: z.int().optional().describe("Sent with every request of the lane deterministic"),
    server: z.strictObject({
        url: z.string(),
        version: z.string().optional(),
        name: z.string().optional(),
        standIn: z.boolean().describe("True where the server says that it is no real model"),
        contextTokens: count.optional(),
        rung: z
            .strictObject({
                name: z.string().describe("as-planned, or what was given up to fit"),
                note: z.string().describe("What is different from the plan"),
                because: z.string().optional().describe("Which rungs above ran out of memory, how"),
            })
            .optional()
            .describe("What the server was started with, where that is known"),
    }),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime(),
    seconds,
    verdict: z.enum(["passed", "failed", "none"]),
    why: z.string().describe("The verdict's reason in one sentence"),
    stopped: z.string().optional().describe("Why the suite ended before its last case"),
    stoppedDuring: z
        .array(z.string())
        .optional()
        .describe(
            "Ids of the cases that were under way when the server was gone or the suite was ended",
        ),
    suite: z
        .strictObject({
            version: z.string(),
            cases: z.string().describe("Digest of the tier's cases, all shards together"),
        })
        .optional()
        .describe("Which suite asked"),
    shard: z
        .strictObject({
            index: z.int().min(1),
            of: z.int().min(1),
            positions: z.array(count).describe("Of its cases among all of the tier, from 0"),
            tierCases: count.describe("How many the tier has, all shards together"),
        })
        .optional()
        .describe("Where a run asked a part of the tier's cases"),
    resumed: count.optional().describe("How many cases were taken from an interrupted run"),
    totals: z.strictObject({
        passed: count,
        flaky: count.optional().describe("Absent in version 1"),
        failed: count,
        errored: count,
        skipped: count,
    }),
    ownSuite: z
        .strictObject({
            tier: z.string().describe("As it was given; another word than the four is tier dev"),
            image: z.string(),
            command: z.array(z.string()),
            exitStatus: z.string().describe("Or the signal that ended it"),
            junit: z.array(z.string()).describe("Its JUnit files, relative to the report"),
            pages: z.array(z.string()).describe("Its HTML pages, relative to the report"),
        })
        .optional()
        .describe("Where an own suite ran in the place of this one"),
    comparison: comparisonSchema.optional().describe("Where a baseline was given"),
    cases: z.array(caseResultSchema),
    performance: z.strictObject({
        latency: z.array(latencyNumbersSchema),
        throughput: z.array(throughputNumbersSchema),
        load: z.array(loadNumbersSchema).optional().describe("Absent in results of old"),
    }),
});

export type SuiteResults = z.infer<typeof suiteResultsSchema>;
export type ServerRung = NonNullable<SuiteResults["server"]["rung"]>;
export type CaseResult = z.infer<typeof caseResultSchema>;
export type TurnResult = CaseResult["turns"][number];
export type Problem = NonNullable<CaseResult["problem"]>;
export type { LatencyNumbers, LoadNumbers, Spread, ThroughputNumbers } from "./performance/numbers";
export type Verdict = SuiteResults["verdict"];

/** How many cases have each status. */
export function countStatuses(cases: readonly CaseResult[]): Record<CaseResult["status"], number> {
    const totals = { passed: 0, flaky: 0, failed: 0, errored: 0, skipped: 0 };
    for (const { status } of cases) {
        totals[status]++;
    }
    return totals;
}

/** Every level of load that was measured, whether its case has one or several. */
export function levelsOf({
    throughput,
    load = [],
}: SuiteResults["performance"]): SuiteResults["performance"]["throughput"] {
    const several = load.flatMap(({ caseId, levels }) =>
        levels.map((level) => ({ caseId, ...level })),
    );
    return [...throughput, ...several];
}
