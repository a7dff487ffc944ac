import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { SPLIT_CASES_RUNG } from "../common/rungNames";
import { DEFAULT_CONCURRENCY, formatConcurrency, parseConcurrency } from "./concurrency";
import { parseShard } from "./shard";
import { TIERS } from "./tiers";

// The suite itself is loaded when it is called: help and mistakes are answered at once.
/* eslint-disable @typescript-eslint/no-require-imports */
const load = {
    run: () => require("./runCommand") as typeof import("./runCommand"),
    merge: () => require("./mergeCommand") as typeof import("./mergeCommand"),
};
/* eslint-enable @typescript-eslint/no-require-imports */

const EXIT_CODES_HELP =
    "Exit codes: 0 passed, 1 a case failed or a regression against the baseline, " +
    "2 no verdict (no server, a bad case file, nothing to compare).";
/** A wrong option gives no verdict; commander's own 1 would read as a failed case. */
const NO_VERDICT = 2;

/** `gpu-ci suite`, and `suite/main.ts` by itself: asks a server and writes a report. */
export function suiteCommand() {
    return new Command("suite")
        .description("asks a Qwen3-VL server what a release must not break, and writes a report")
        .requiredOption("--url <url>", "an OpenAI-compatible server, such as http://127.0.0.1:8000")
        .option("--model <name>", "as the server serves it; may be left out where it serves one")
        .addOption(
            new Option("--tier <tier>", "which cases are run, and how often")
                .choices(TIERS)
                .default("commit" as const),
        )
        .option(
            "--out <dir>",
            "where results.json, junit.xml and report.html are written " +
                "(default: suite-report, of a shard suite-report/shard-2-of-4)",
        )
        .addOption(
            new Option("--cases <dir>", "a folder of case files of your own").default(
                join(__dirname, "cases"),
                "the suite's own",
            ),
        )
        .option(
            "--quarantine <file>",
            "cases that do not count until a date; default: quarantine.yaml among the cases",
        )
        .addOption(baselineOption())
        .addOption(failOnOption())
        .addOption(toleranceOption())
        .addOption(
            new Option(
                "--logprobs <when>",
                "ask for log-probabilities, to compare tokens; auto: not of a server that refuses",
            )
                .choices(["auto", "off"] as const)
                .default("auto" as const),
        )
        .addOption(tokenAgreementOption())
        .addOption(logprobDriftOption())
        .option("--judge-url <url>", "an OpenAI-compatible server whose model judges answers")
        .option("--judge-model <name>", "the judge's name there")
        .option("--previous <file>", "results.json: what did not pass there is asked first")
        .option("--shard <n/m>", "asks the n-th of m parts of the tier", by(parseShard))
        .option(
            "--concurrency <dimension=n,...>",
            `cases asked at once, of lanes greedy and sampled (default: ${formatConcurrency(DEFAULT_CONCURRENCY)})`,
            by(parseConcurrency),
        )
        .option("--stop-early", "stops when the verdict is certainly failed")
        .option("--resume", "takes over what an interrupted run into the same folder has done")
        .option("--seed <n>", "sent with every request", positive, 20261124)
        .option("--request-timeout <seconds>", "for a single request", positive, 120)
        .option(
            "--case-timeout <seconds>",
            "for a whole case with its repeats (default: by its turns)",
            positive,
        )
        .option("--context-tokens <n>", "of the server, where it does not tell it itself", positive)
        .addOption(
            new Option("--rung <name>", "what the server was started with").env("GPU_CI_RUNG"),
        )
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
            `
Examples:
  $ gpu-ci suite --url http://127.0.0.1:8000
  $ gpu-ci suite --url http://127.0.0.1:8000 --tier merge --baseline known-good.json --stop-early
  $ gpu-ci suite --url http://127.0.0.1:8000 --tier release --shard 2/4

OPENAI_API_KEY is sent to the server as a bearer token where it is set, GPU_CI_JUDGE_API_KEY to the judge.
${EXIT_CODES_HELP}`,
        )
        .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : NO_VERDICT))
        .action(async (options) => process.exit(await load.run().runCommand(options)));
}

/** `gpu-ci merge`: joins the reports of a tier's shards. */
export function mergeCommand() {
    return new Command("merge")
        .description("joins the reports of all shards of a tier into one, with one verdict")
        .argument("<dirs...>", "folders with results.json, or such files")
        .requiredOption("--out <dir>", "where results.json, junit.xml and report.html are written")
        .addOption(baselineOption())
        .addOption(failOnOption())
        .addOption(toleranceOption())
        .addOption(tokenAgreementOption())
        .addOption(logprobDriftOption())
        .addHelpText(
            "after",
            `
Example:
  $ gpu-ci merge suite-report/shard-*-of-4 --out suite-report

${EXIT_CODES_HELP}`,
        )
        .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : NO_VERDICT))
        .action((dirs, options) => process.exit(load.merge().mergeCommand(dirs, options)));
}

function baselineOption() {
    return new Option(
        "--baseline <file>",
        "results.json of an earlier run; a regression against it fails",
    );
}

function failOnOption() {
    return new Option(
        "--fail-on <what>",
        "what fails a run; default: regression with a baseline, any-case without",
    ).choices(["regression", "any-case"] as const);
}

function toleranceOption() {
    return new Option(
        "--slowdown-tolerance <share>",
        "how much slower than the baseline is no regression",
    )
        .argParser(share)
        .default(0.1);
}

function tokenAgreementOption() {
    return new Option(
        "--min-token-agreement <share>",
        "least share of answers that are token for token those of the baseline",
    ).argParser(portion);
}

function logprobDriftOption() {
    return new Option(
        "--max-logprob-drift <nats>",
        "most mean change of a token's log-probability",
    ).argParser(share);
}

function positive(text: string): number {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) {
        throw new InvalidArgumentError("A whole number from 1 is wanted.");
    }
    return value;
}

function share(text: string): number {
    const value = Number(text);
    if (text.trim() === "" || !(value >= 0)) {
        throw new InvalidArgumentError("A number from 0 is wanted, such as 0.1 for 10 %.");
    }
    return value;
}

function portion(text: string): number {
    const value = share(text);
    if (value > 1) {
        throw new InvalidArgumentError("A share from 0 to 1 is wanted, such as 0.95.");
    }
    return value;
}

/** A parser whose errors commander shows with the option's name. */
function by<T>(parse: (text: string) => T): (text: string) => T {
    return (text) => {
        try {
            return parse(text);
        } catch (error) {
            throw new InvalidArgumentError((error as Error).message);
        }
    };
}
