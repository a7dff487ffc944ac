import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { SPLIT_CASES_RUNG } from "../common/rungNames";
import { isUserError } from "../common/userError";
import { compareWithBaseline, SLOWDOWN_TOLERANCE, withComparison } from "./baseline/compare";
import { comparisonLine } from "./baseline/comparison";
import { Baseline, loadBaseline } from "./baseline/loadBaseline";
import { TestCase } from "./caseSchema";
import { loadCases } from "./cases";
import { readCasesToLeaveOut } from "./leftOut";
import { loadQuarantine, QUARANTINE_FILE, QuarantineEntry } from "./quarantine";
import { writeReports } from "./report/writeReports";
import { CaseResult, ServerRung, SuiteResults } from "./results";
import { runSuite } from "./runSuite";
import { Tier, TIERS } from "./tiers";

const EXIT_CODES = { passed: 0, failed: 1, none: 2 } as const;
const STATUS_WORDS = {
    passed: "pass",
    flaky: "FLAKY",
    failed: "FAIL",
    errored: "ERROR",
    skipped: "skip",
} as const;

interface Options {
    url: string;
    model: string;
    tier: Tier;
    out: string;
    cases: string;
    seed: number;
    requestTimeout: number;
    contextTokens?: number;
    rung?: string;
    rungNote?: string;
    rungBecause?: string;
    setAside?: string;
    quarantine?: string;
    baseline?: string;
    slowdownTolerance: number;
}

const positive = (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) {
        throw new InvalidArgumentError("A whole number from 1 is wanted.");
    }
    return value;
};

const share = (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= 0)) {
        throw new InvalidArgumentError("A number from 0 is wanted, such as 0.1 for 10 %.");
    }
    return value;
};

const command = new Command("suite")
    .description("Asks a Qwen3-VL server what a release must not break, and writes a report")
    .requiredOption("--url <url>", "an OpenAI-compatible server, such as http://127.0.0.1:8000")
    .requiredOption("--model <name>", "the model's name as the server serves it")
    .addOption(
        new Option("--tier <tier>", "which cases are run, and how often")
            .choices(TIERS)
            .default("commit"),
    )
    .requiredOption(
        "--out <dir>",
        "where results.json, report.html, summary.md and junit.xml are written",
    )
    .option("--cases <dir>", "a folder of case files of your own", join(__dirname, "cases"))
    .option(
        "--quarantine <file>",
        `cases that do not count until a date; default: ${QUARANTINE_FILE} among the cases`,
    )
    .option("--baseline <file>", "results.json of an earlier run; a regression against it fails")
    .option(
        "--slowdown-tolerance <share>",
        "how much slower than the baseline is no regression, such as 0.1",
        share,
        SLOWDOWN_TOLERANCE,
    )
    .option("--seed <n>", "sent with every request", positive, 20261124)
    .option("--request-timeout <seconds>", "for a single request", positive, 120)
    .option("--context-tokens <n>", "of the server, where it does not tell it itself", positive)
    .addOption(new Option("--rung <name>", "what the server was started with").env("GPU_CI_RUNG"))
    .addOption(
        new Option("--rung-note <text>", "what differs there from the plan").env(
            "GPU_CI_RUNG_NOTE",
        ),
    )
    .addOption(
        new Option("--rung-because <text>", "what ran out of memory before").env(
            "GPU_CI_RUNG_BECAUSE",
        ),
    )
    .addOption(
        new Option(
            "--set-aside <file>",
            `results during which memory ran out; on rung ${SPLIT_CASES_RUNG} the case is left out`,
        ).env("GPU_CI_SET_ASIDE"),
    )
    .addHelpText(
        "after",
        "\nOPENAI_API_KEY is sent as a bearer token where it is set.\n" +
            "Exit codes: 0 passed, 1 a case failed or a regression against the baseline, " +
            "2 no verdict (no server, a bad case file, nothing to compare).",
    )
    // A wrong option gives no verdict; commander's own 1 would read as a failed case.
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_CODES.none));

async function main(): Promise<number> {
    const options = command.parse().opts<Options>();
    const stop = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
        process.once(signal, () => stop.abort(new Error(`the suite was stopped by ${signal}`)));
    }
    let cases: TestCase[];
    let quarantine: QuarantineEntry[];
    let baseline: Baseline | undefined;
    try {
        cases = loadCases(options.cases);
        quarantine = readQuarantine(options, cases);
        baseline = options.baseline === undefined ? undefined : loadBaseline(options.baseline);
    } catch (error) {
        if (!isUserError(error)) {
            throw error;
        }
        return endWithoutCases(options, error.message);
    }
    const leftOut = options.rung === SPLIT_CASES_RUNG ? readCasesToLeaveOut(options.setAside) : [];
    if (options.rung === SPLIT_CASES_RUNG && leftOut.length === 0) {
        return endWithoutCases(
            options,
            "the server ran out of memory, but in no case of the suite",
        );
    }
    const ownResults = await runSuite({
        url: options.url,
        model: options.model,
        tier: options.tier,
        cases,
        seed: options.seed,
        requestTimeoutSeconds: options.requestTimeout,
        contextTokens: options.contextTokens,
        rung: rungOf(options),
        leftOut,
        quarantine,
        apiKey: process.env.OPENAI_API_KEY || undefined,
        signal: stop.signal,
        onCase: (result, index, count) => process.stdout.write(progressLine(result, index, count)),
    });
    const results = baseline
        ? withComparison(
              ownResults,
              compareWithBaseline(ownResults, baseline, options.slowdownTolerance),
          )
        : ownResults;
    writeReports(options.out, results);
    if (results.comparison) {
        process.stdout.write(`${comparisonLine(results.comparison)}\n`);
    }
    process.stdout.write(
        `${results.verdict === "none" ? "no verdict" : results.verdict}: ${results.why}\n`,
    );
    return EXIT_CODES[results.verdict];
}

function readQuarantine(options: Options, cases: readonly TestCase[]): QuarantineEntry[] {
    const usual = join(options.cases, QUARANTINE_FILE);
    const file = options.quarantine ?? (existsSync(usual) ? usual : undefined);
    return file === undefined
        ? []
        : loadQuarantine(
              file,
              cases.map(({ id }) => id),
          );
}

function progressLine(result: CaseResult, index: number, count: number): string {
    const position = String(index + 1).padStart(String(count).length);
    const failed = result.checks.find(({ passed }) => !passed);
    const notes = [
        result.status === "flaky" && `passed ${result.repeats?.passed} of ${result.repeats?.total}`,
        result.quarantine &&
            `quarantine ${result.quarantine.expired ? "expired" : "until"} ${result.quarantine.expires}`,
        result.problem?.message ?? failed?.message,
    ].filter(Boolean);
    const reason = notes.length > 0 ? notes.join("; ") : undefined;
    return (
        `[${position}/${count}] ${STATUS_WORDS[result.status].padEnd(5)} ` +
        `${result.dimension}/${result.id}  ${Math.round(result.seconds * 1000)} ms` +
        `${reason === undefined ? "" : `  ${reason.slice(0, 160)}`}\n`
    );
}

function rungOf({ rung, rungNote, rungBecause }: Options): ServerRung | undefined {
    if (rung === undefined) {
        return undefined;
    }
    return { name: rung, note: rungNote ?? "", ...(rungBecause && { because: rungBecause }) };
}

function endWithoutCases(options: Options, why: string): number {
    writeReports(options.out, resultsWithoutCases(options, why));
    process.stderr.write(`error: ${why}\n`);
    return EXIT_CODES.none;
}

function resultsWithoutCases(options: Options, why: string): SuiteResults {
    const { url, model, tier } = options;
    const rung = rungOf(options);
    const now = new Date().toISOString();
    return {
        schemaVersion: 2,
        tier,
        model,
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

main()
    .then((code) => process.exit(code))
    .catch((error: unknown) => {
        process.stderr.write(`error: ${(error as Error).stack ?? String(error)}\n`);
        process.exit(EXIT_CODES.none);
    });
