import { setTimeout as sleep } from "node:timers/promises";
import { TestCase } from "./caseSchema";
import { ChatClient, ServerIdentity } from "./client";
import { CaseResult, countStatuses, ServerRung, SuiteResults } from "./results";
import { QuarantineEntry, quarantineOf } from "./quarantine";
import { CaseOutcome, leftOutCase, skippedCase } from "./runCase";
import { runRepeats } from "./runRepeats";
import { selectCases, Tier, TIER_RULES } from "./tiers";
import { decideVerdict } from "./verdict";

export interface SuiteOptions {
    readonly url: string;
    readonly model: string;
    readonly tier: Tier;
    readonly cases: readonly TestCase[];
    readonly seed?: number;
    readonly requestTimeoutSeconds?: number;
    /** For /v1/models and /version. */
    readonly identifyTimeoutSeconds?: number;
    /** Of the server, where it does not tell it itself. */
    readonly contextTokens?: number;
    /** What the server was started with, for the report. */
    readonly rung?: ServerRung;
    /** Ids of cases that are not asked, because the server ran out of memory in them. */
    readonly leftOut?: readonly string[];
    /** Cases that do not count until their entry expires. */
    readonly quarantine?: readonly QuarantineEntry[];
    readonly apiKey?: string;
    /** Ends the suite early; the message of its reason (an Error) becomes the verdict's. */
    readonly signal?: AbortSignal;
    /** Wait between tries to reach a server. */
    readonly retryAfterSeconds?: number;
    readonly onCase?: (result: CaseResult, index: number, count: number) => void;
}

/** The tries to reach a server that was said to be ready. */
const TRIES = 3;
/** After so many cases without a single answer the server is given up. */
const CASES_WITHOUT_ANSWER = 3;

/**
 * Runs a tier's cases against a server, one after another, and gives the verdict.
 * Never throws for what the server does: a server that is not there gives the verdict "none".
 *
 * @example const { verdict, why } = await runSuite({ url, model, tier: "commit", cases: loadCases(dir) });
 */
export async function runSuite(options: SuiteOptions): Promise<SuiteResults> {
    const startedAt = new Date();
    const { model, tier, signal, requestTimeoutSeconds = 120, retryAfterSeconds = 1 } = options;
    const { seed = 20261124 } = options;
    const client = new ChatClient({
        ...options,
        seed,
        requestTimeoutSeconds,
    });
    const { repeats, flakyFails } = TIER_RULES[tier];
    const cases = selectCases(options.cases, tier);
    const reached = await reachServer(client, model, retryAfterSeconds);
    const identity = typeof reached === "string" ? undefined : reached;
    let stopped = typeof reached === "string" ? reached : undefined;

    const contextTokens = identity?.contextTokens ?? options.contextTokens;
    const outcomes: CaseOutcome[] = [];
    for (const [index, testCase] of cases.entries()) {
        stopped ??= stopReason(signal);
        const notAsked = withoutAsking(testCase, options.leftOut, stopped);
        const asked = notAsked
            ? { result: notAsked }
            : await runRepeats(testCase, repeats, seed, {
                  client,
                  contextTokens,
                  retryAfterSeconds,
              });
        const quarantine = quarantineOf(options.quarantine ?? [], testCase.id, startedAt);
        const outcome = quarantine ? { ...asked, result: { ...asked.result, quarantine } } : asked;
        outcomes.push(outcome);
        options.onCase?.(outcome.result, index, cases.length);
        if (outcome.result.status === "errored" && !notAsked) {
            stopped =
                stopReason(signal) ?? (await reasonToStop(client, outcomes, retryAfterSeconds));
        }
    }

    const results = outcomes.map(({ result }) => result);
    const endedAt = new Date();
    return {
        schemaVersion: 2,
        tier,
        model,
        seed,
        server: {
            url: client.url,
            ...(identity?.version !== undefined && { version: identity.version }),
            ...(identity?.name !== undefined && { name: identity.name }),
            standIn: identity?.standIn ?? false,
            ...(contextTokens !== undefined && { contextTokens }),
            ...(options.rung && { rung: options.rung }),
        },
        startedAt: startedAt.toISOString(),
        endedAt: endedAt.toISOString(),
        seconds: (endedAt.getTime() - startedAt.getTime()) / 1000,
        ...decideVerdict(results, { stopped, flakyFails }),
        totals: countStatuses(results),
        cases: results,
        performance: {
            latency: outcomes.flatMap(({ latency }) => latency ?? []),
            throughput: outcomes.flatMap(({ throughput }) => throughput ?? []),
        },
    };
}

/** The result of a case that is not asked; undefined where it is to be asked. */
function withoutAsking(
    testCase: TestCase,
    leftOut: readonly string[] = [],
    stopped: string | undefined,
): CaseResult | undefined {
    if (leftOut.includes(testCase.id)) {
        return leftOutCase(testCase);
    }
    return stopped === undefined ? undefined : skippedCase(testCase, stopped);
}

function stopReason(signal: AbortSignal | undefined): string | undefined {
    return signal?.aborted ? (signal.reason as Error).message : undefined;
}

/**
 * Who the server is, after one small answer from the model, which also pays for whatever the
 * server compiles on its first request. A string says why there is none.
 */
async function reachServer(
    client: ChatClient,
    model: string,
    retryAfterSeconds: number,
): Promise<ServerIdentity | string> {
    let why = "";
    for (let attempt = 1; attempt <= TRIES; attempt++) {
        if (attempt > 1) {
            await sleep(retryAfterSeconds * 1000);
        }
        const identity = await client.identify();
        if ("kind" in identity) {
            why = `the server at ${client.url} is not there (${identity.message})`;
            continue;
        }
        if (identity.models.length > 0 && !identity.models.includes(model)) {
            return `the server serves ${identity.models.join(", ")}, not ${model}`;
        }
        const reply = await client.chat([{ role: "user", content: "Say hello." }], 4);
        if (reply.kind === "answered") {
            return identity;
        }
        if (reply.kind === "refused" && reply.status < 500) {
            return `the server refuses a plain question with HTTP ${reply.status}: ${reply.message}`;
        }
        why =
            reply.kind === "refused"
                ? `the server answers a plain question with HTTP ${reply.status}: ${reply.message}`
                : `the server does not answer a plain question (${reply.message})`;
    }
    return why;
}

/** Why the rest is not worth asking, after a case that got no answer. */
async function reasonToStop(
    client: ChatClient,
    outcomes: readonly CaseOutcome[],
    retryAfterSeconds: number,
): Promise<string | undefined> {
    const last = outcomes.at(-1)?.result;
    let there = await client.isThere();
    for (let attempt = 1; attempt < TRIES && !there; attempt++) {
        await sleep(retryAfterSeconds * 1000);
        there = await client.isThere();
    }
    if (!there) {
        return `the server stopped answering during ${last?.dimension}/${last?.id}`;
    }
    const asked = outcomes.filter(({ result }) => result.problem?.kind !== "out-of-memory");
    const nothingYet = asked.every(({ result }) => result.status === "errored");
    return nothingYet && asked.length >= CASES_WITHOUT_ANSWER
        ? `the server gave none of the first ${asked.length} cases an answer (${last?.problem?.message})`
        : undefined;
}
