import { TestCase } from "./caseSchema";
import { ChatClient, ServerIdentity } from "./client";
import { Concurrency, DEFAULT_CONCURRENCY } from "./concurrency";
import { Certainty } from "./earlyStop";
import { Judge } from "./judge/judge";
import { ProgressFile } from "./progressFile";
import { QuarantineEntry } from "./quarantine";
import { reachServer } from "./reachServer";
import { CaseResult, countStatuses, ServerRung, SuiteResults } from "./results";
import { CaseOutcome, wantsJudge } from "./runCase";
import { CaseRun } from "./runCases";
import { suspectsOf } from "./schedule";
import { Shard } from "./shard";
import { digestOfCases, positionsOfShard } from "./shards";
import { selectCases, Tier, TIER_RULES } from "./tiers";
import { decideVerdict } from "./verdict";
import { SUITE_VERSION } from "./version";

export interface SuiteOptions {
    readonly url: string;
    readonly model: string;
    readonly tier: Tier;
    readonly cases: readonly TestCase[];
    readonly seed?: number;
    readonly requestTimeoutSeconds?: number;
    /** Of a whole case; from its turns where absent. */
    readonly caseTimeoutSeconds?: number;
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
    /** How many cases are asked at once; "one" for one at a time. */
    readonly concurrency?: Concurrency | "one";
    /** The part of the tier's cases that is asked. */
    readonly shard?: Shard;
    /** Results of earlier runs: what did not pass there is asked first. */
    readonly earlier?: readonly SuiteResults[];
    /** Ends the suite once its verdict is certain. */
    readonly certainty?: Certainty;
    /** Where finished cases are kept, and those of an interrupted run taken from. */
    readonly progress?: { readonly folder: string; readonly resume: boolean };
    readonly apiKey?: string;
    /** Whether log-probabilities are asked for. */
    readonly logprobs?: boolean;
    /** Results that a case's token checks compare with. */
    readonly baselineCases?: readonly CaseResult[];
    /** A second model, for cases that want a judge. */
    readonly judge?: Judge;
    /** Ends the suite early; the message of its reason (an Error) becomes the verdict's. */
    readonly signal?: AbortSignal;
    /** Wait between tries to reach a server. */
    readonly retryAfterSeconds?: number;
    /** Told of each case as it ends, in the order of their ends; `index` counts from 0. */
    readonly onCase?: (result: CaseResult, index: number, count: number) => void;
    /** Told what a person should know of the run itself. */
    readonly onNote?: (note: string) => void;
}

const DEFAULT_SEED = 20261124;
const DEFAULT_REQUEST_TIMEOUT_SECONDS = 120;

/**
 * Runs a tier's cases against a server and gives the verdict. Results come in the order of the cases,
 * whatever the order of asking.
 *
 * Never throws for what the server does: a server that is not there gives the verdict "none".
 *
 * @throws UserError for a shard that would have no case.
 * @example const { verdict, why } = await runSuite({ url, model, tier: "commit", cases: loadCases(dir) });
 */
export async function runSuite(options: SuiteOptions): Promise<SuiteResults> {
    const startedAt = new Date();
    const { model, tier, retryAfterSeconds = 1, seed = DEFAULT_SEED } = options;
    const { requestTimeoutSeconds = DEFAULT_REQUEST_TIMEOUT_SECONDS } = options;
    const { repeats, flakyFails } = TIER_RULES[tier];
    const ofTier = selectCases(options.cases, tier);
    const positions = options.shard && positionsOfShard(ofTier, options.shard, repeats);
    const cases = positions ? positions.map((position) => ofTier[position] as TestCase) : ofTier;
    const client = new ChatClient({ ...options, seed, requestTimeoutSeconds });
    const withPictures = cases.some(({ turns }) => turns.some(({ images }) => images));
    const reached = await reachServer(client, model, { withPictures, retryAfterSeconds });
    const identity = typeof reached === "string" ? undefined : reached;
    const contextTokens = identity?.contextTokens ?? options.contextTokens;
    const progress = identity && openProgress(options, identity, { seed, contextTokens });
    const { concurrency = DEFAULT_CONCURRENCY } = options;
    const run = new CaseRun({
        cases,
        tierRepeats: repeats,
        seed,
        requestTimeoutSeconds,
        caseTimeoutSeconds: options.caseTimeoutSeconds,
        suspects: suspectsOf(...(options.earlier ?? [])),
        concurrency: concurrency === "one" ? undefined : concurrency,
        leftOut: options.leftOut ?? [],
        quarantine: options.quarantine ?? [],
        startedAt,
        whyCertain: (done, left) =>
            options.certainty?.({ done, left, standIn: identity?.standIn ?? false }),
        clearsUpAtOnce: options.certainty !== undefined,
        progress,
        signal: options.signal,
        client,
        clientFor: (signal) => client.until(signal),
        baselineCases: options.baselineCases,
        judge: options.judge,
        contextTokens,
        retryAfterSeconds,
        onCase: options.onCase,
    });
    const { outcomes, stopped, goneDuring, resumed } = await run.all(
        typeof reached === "string" ? reached : await whyNoJudge(options.judge, cases),
    );
    const results = outcomes.map(({ result }) => result);
    if (stopped === undefined) {
        progress?.remove();
    }
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
        ...(stopped !== undefined && { stopped }),
        ...(goneDuring && { stoppedDuring: [...goneDuring] }),
        suite: { version: SUITE_VERSION, cases: digestOfCases(ofTier) },
        ...(options.shard &&
            positions && { shard: { ...options.shard, positions, tierCases: ofTier.length } }),
        ...(resumed > 0 && { resumed }),
        totals: countStatuses(results),
        cases: results,
        performance: performanceOf(outcomes),
    };
}

/** Why the judge that some of the cases want cannot be asked. */
async function whyNoJudge(
    judge: Judge | undefined,
    cases: readonly TestCase[],
): Promise<string | undefined> {
    return judge && cases.some(wantsJudge) ? judge.whyNot() : undefined;
}

function performanceOf(outcomes: readonly CaseOutcome[]): SuiteResults["performance"] {
    return {
        latency: outcomes.flatMap(({ latency }) => latency ?? []),
        throughput: outcomes.flatMap(({ throughput }) => throughput ?? []),
        load: outcomes.flatMap(({ load }) => load ?? []),
    };
}

function openProgress(
    { progress, model, tier, onNote }: SuiteOptions,
    { name, version }: ServerIdentity,
    { seed, contextTokens }: { seed: number; contextTokens?: number },
): ProgressFile | undefined {
    if (progress === undefined) {
        return undefined;
    }
    const key = { model, server: { name, version, contextTokens }, tier, seed };
    const file = new ProgressFile(progress.folder, key, progress.resume);
    if (file.whyNothing !== undefined) {
        onNote?.(`nothing is taken over from ${progress.folder}: ${file.whyNothing}`);
    }
    return file;
}
