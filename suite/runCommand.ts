import { existsSync } from "node:fs";
import { join } from "node:path";
import { SPLIT_CASES_RUNG } from "../common/rungNames";
import { isUserError, UserError } from "../common/userError";
import { judgeAndConfirm } from "./baseline/judgeAndConfirm";
import { FailOn } from "./baseline/judgeByBaseline";
import { Baseline, loadBaseline } from "./baseline/loadBaseline";
import { refuseWithoutBaseline } from "./baseline/refuseWithoutBaseline";
import { TestCase } from "./caseSchema";
import { loadCases } from "./cases";
import { Concurrency } from "./concurrency";
import { certaintyOf } from "./earlyStop";
import { namedJudge } from "./judge/namedJudge";
import { readSetAside, withAlike } from "./leftOut";
import { progressLine, verdictLines } from "./progressLine";
import { loadQuarantine, QUARANTINE_FILE, QuarantineEntry } from "./quarantine";
import { readResults } from "./readResults";
import { ServerRung, SuiteResults } from "./results";
import { runSuite, SuiteOptions } from "./runSuite";
import { Shard } from "./shard";
import { soleModel } from "./soleModel";
import { Tier } from "./tiers";
import { EXIT_CODES } from "./verdict";
import { writeReports } from "./report/writeReports";

/** What the command line says. */
export interface SuiteCommandOptions {
    readonly url: string;
    readonly model?: string;
    readonly tier: Tier;
    readonly out?: string;
    readonly cases: string;
    readonly quarantine?: string;
    readonly baseline?: string;
    readonly failOn?: FailOn;
    readonly slowdownTolerance: number;
    readonly logprobs: "auto" | "off";
    readonly minTokenAgreement?: number;
    readonly maxLogprobDrift?: number;
    readonly judgeUrl?: string;
    readonly judgeModel?: string;
    readonly previous?: string;
    readonly shard?: Shard;
    readonly concurrency?: Concurrency;
    readonly stopEarly?: true;
    readonly resume?: true;
    readonly seed: number;
    readonly requestTimeout: number;
    readonly caseTimeout?: number;
    readonly contextTokens?: number;
    readonly rung?: string;
    readonly rungNote?: string;
    readonly rungBecause?: string;
    readonly setAside?: string;
}

/** What a run needs beside the server. */
interface Inputs {
    readonly model: string;
    readonly cases: readonly TestCase[];
    readonly quarantine: readonly QuarantineEntry[];
    readonly baseline?: Baseline;
    readonly previous?: SuiteResults;
    readonly leftOut: readonly string[];
}

/** Asks the server, writes the report, and returns the exit code. */
export async function runCommand(options: SuiteCommandOptions): Promise<number> {
    const apiKey = process.env.OPENAI_API_KEY || undefined;
    const stop = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
        process.once(signal, () => stop.abort(new Error(`the suite was stopped by ${signal}`)));
    }
    const out = options.out ?? defaultFolder(options.shard);
    const say = (text: string): unknown => process.stdout.write(text);
    let results: SuiteResults;
    try {
        const judge = namedJudge(options, stop.signal);
        const inputs = await readInputs(options, apiKey);
        const { baseline, previous } = inputs;
        const run: SuiteOptions = {
            ...options,
            ...inputs,
            judge,
            requestTimeoutSeconds: options.requestTimeout,
            caseTimeoutSeconds: options.caseTimeout,
            logprobs: options.logprobs === "auto",
            baselineCases: baseline?.results.cases,
            rung: rungOf(options),
            // Memory was short: what is asked at once needs it together.
            concurrency: isSplit(options) ? "one" : options.concurrency,
            earlier: [baseline?.results, previous].filter((each) => each !== undefined),
            certainty: options.stopEarly && certaintyOf(options.tier, baseline, options.failOn),
            progress: { folder: out, resume: options.resume ?? false },
            apiKey,
            signal: stop.signal,
            onCase: (result, index, count) => say(progressLine(result, index, count)),
            onNote: (note) => say(`${note}\n`),
        };
        const asked = await runSuite(run);
        results = baseline
            ? await judgeAndConfirm(asked, baseline, options, (slower) => {
                  say(`measured once more, because slower: ${[...slower].join(", ")}\n`);
                  return measureAgain(run, slower);
              })
            : asked;
    } catch (error) {
        if (!isUserError(error)) {
            throw error;
        }
        writeReports(out, resultsWithoutCases(options, error.message));
        process.stderr.write(`error: ${error.message}\n`);
        return EXIT_CODES.none;
    }
    writeReports(out, results);
    say(verdictLines(results));
    return EXIT_CODES[results.verdict];
}

function measureAgain(run: SuiteOptions, ids: ReadonlySet<string>): Promise<SuiteResults> {
    const cases = run.cases.filter(({ id }) => ids.has(id));
    return runSuite({ ...run, cases, shard: undefined, certainty: undefined, progress: undefined });
}

/** @throws UserError for whatever is wrong before any case is asked. */
async function readInputs(options: SuiteCommandOptions, apiKey?: string): Promise<Inputs> {
    refuseWithoutBaseline(options);
    const cases = loadCases(options.cases);
    const setAside = isSplit(options) ? readSetAside(options.setAside) : undefined;
    if (isSplit(options) && setAside === undefined) {
        throw new UserError("the server ran out of memory, but in no case of the suite");
    }
    return {
        cases,
        quarantine: readQuarantine(options, cases),
        baseline: options.baseline === undefined ? undefined : loadBaseline(options.baseline),
        previous: options.previous === undefined ? undefined : readResults(options.previous),
        leftOut: withAlike(setAside ?? [], cases),
        model: options.model ?? (await soleModel(options.url, apiKey)),
    };
}

function isSplit({ rung }: SuiteCommandOptions): boolean {
    return rung === SPLIT_CASES_RUNG;
}

function defaultFolder(shard: Shard | undefined): string {
    return shard ? join("suite-report", `shard-${shard.index}-of-${shard.of}`) : "suite-report";
}

function readQuarantine(
    options: SuiteCommandOptions,
    cases: readonly TestCase[],
): QuarantineEntry[] {
    const usual = join(options.cases, QUARANTINE_FILE);
    const file = options.quarantine ?? (existsSync(usual) ? usual : undefined);
    return file === undefined
        ? []
        : loadQuarantine(
              file,
              cases.map(({ id }) => id),
          );
}

function rungOf({ rung, rungNote, rungBecause }: SuiteCommandOptions): ServerRung | undefined {
    if (rung === undefined) {
        return undefined;
    }
    return { name: rung, note: rungNote ?? "", ...(rungBecause && { because: rungBecause }) };
}

function resultsWithoutCases(options: SuiteCommandOptions, why: string): SuiteResults {
    const { url, model, tier } = options;
    const rung = rungOf(options);
    const now = new Date().toISOString();
    return {
        schemaVersion: 2,
        tier,
        model: model ?? "unknown",
        server: { url, standIn: false, ...(rung && { rung }) },
        startedAt: now,
        endedAt: now,
        seconds: 0,
        verdict: "none",
        why,
        totals: { passed: 0, flaky: 0, failed: 0, errored: 0, skipped: 0 },
        cases: [],
        performance: { latency: [], throughput: [] },
    };
}
