import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { Command, Option } from "@commander-js/extra-typings";

import { isUserError, UserError } from "../common/userError";
import { SETTING_KEYS, type SettingKey } from "../settings";
import { mergeCommand, suiteCommand } from "../suite/command";
import { EXIT } from "./exitCodes";
import type { RunRequest } from "./readSettings";

// Each command is loaded when it is called: the AWS and Pulumi SDKs alone take a second, and
// `plan` needs neither.
/* eslint-disable @typescript-eslint/no-require-imports */
const commands = {
    run: () => require("./commands/run") as typeof import("./commands/run"),
    plan: () => require("./commands/plan") as typeof import("./commands/plan"),
    history: () => require("./commands/history") as typeof import("./commands/history"),
    release: () => require("./commands/release") as typeof import("./commands/release"),
    reap: () => require("./commands/reap") as typeof import("./commands/reap"),
    verifyReceipt: () =>
        require("./commands/verifyReceipt") as typeof import("./commands/verifyReceipt"),
    doctor: () => require("./commands/doctor") as typeof import("./commands/doctor"),
    tables: () => require("./commands/tables") as typeof import("./commands/tables"),
};
/* eslint-enable @typescript-eslint/no-require-imports */

const PACKAGE_DIR = resolve(__dirname, "..");

/** Options that are settings, under the settings' own names. */
interface SettingOptions {
    readonly tier: string;
    readonly set?: Record<string, string>;
    readonly [key: string]: unknown;
}

function program() {
    const cli = new Command("gpu-ci")
        .description("Runs a GPU test suite on a rented machine, and always gives the machine back")
        .option("--project <dir>", "folder with Pulumi.yaml", PACKAGE_DIR)
        .option("--debug", "show stack traces")
        .showHelpAfterError("(gpu-ci --help lists the commands)")
        .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : EXIT.noVerdict));

    withRunSettings(cli.command("run"))
        .description("plan, rent, test, report, release, receipt")
        .option("--reports <dir>", "where each run's report folder goes (default: reports)")
        .action(async (options) => {
            process.exitCode = await commands
                .run()
                .runCommand(requestOf(options), projectOf(cli.opts().project), options);
        });

    withPlanSettings(cli.command("plan"), "dev")
        .description("what a run would use and cost, and whether it fits; asks no cloud")
        .option("--json", "the whole answer as JSON")
        .option("--utilisation <percent>", "compare with an own server that is busy for this share")
        .option(
            "--own-server-usd-per-month <usd>",
            "its cost (default: the same machine, always on)",
        )
        .addHelpText(
            "after",
            "\nExit codes: 0 there is a machine for it, 1 there is none (the reasons say why), 2 bad input.",
        )
        .action((options, command) => {
            process.exitCode = commands
                .plan()
                .planCommand(requestOf(options), projectOf(cli.opts().project), {
                    ...options,
                    isTierNamed: command.getOptionValueSource("tier") !== "default",
                });
        });

    cli.command("history")
        .description("earlier runs: minutes and price, estimated and actual")
        .option("--json", "a JSON array")
        .action((options) =>
            commands.history().historyCommand(projectOf(cli.opts().project), options),
        );

    cli.command("release")
        .description("gives back everything of a run whose driver is gone; needs no state")
        .requiredOption("--run <id>", "the run's id, its output run-id")
        .option(
            "--regions <regions>",
            "where to look, a,b (its output regions); default: the environment's or profile's",
        )
        .option("--reports <dir>", "where the run's report and receipt go (default: reports)")
        .option(
            "--report-bucket <name>",
            "where the machine pushed its report; default: the setting reportBucket",
        )
        .action(async (options) => {
            process.exitCode = await commands
                .release()
                .releaseCommand(options, projectOf(cli.opts().project));
        });

    cli.command("reap")
        .description("finds machines of ours by tag and ends them; needs no state")
        .option("--run <id>", "only this run's, whether or not its deadline has passed")
        .option("--expired", "only what is past its deadline")
        .option(
            "--regions <regions>",
            "where to look, a,b; default: the environment's or profile's",
        )
        .option("--yes", "do it; without it nothing is ended")
        .action(async (options) => {
            process.exitCode = await commands
                .reap()
                .reapCommand(options, projectOf(cli.opts().project));
        });

    cli.command("verify-receipt")
        .description("says whether a receipt is as it was written")
        .argument("<file>", "a run's receipt.json")
        .action((file) => {
            process.exitCode = commands.verifyReceipt().verifyReceiptCommand(file);
        });

    withRunSettings(cli.command("doctor"), "dev")
        .description("looks at everything that a run needs, and says what to do about the rest")
        .action(async (options) => {
            process.exitCode = await commands
                .doctor()
                .doctorCommand(requestOf(options), projectOf(cli.opts().project));
        });

    // The suite knows nothing of this program; its commands bring their options with them.
    cli.addCommand(suiteCommand());
    cli.addCommand(mergeCommand());

    cli.command("tables")
        .description("compares the tables of machines, prices and quotas with what the cloud says")
        .option("--region <region>", "default: the environment's or the profile's")
        .action(async (options) => {
            process.exitCode = await commands.tables().tablesCommand(options);
        });
    return cli;
}

/** The options that set one of the stack's settings that a plan depends on. */
function withPlanSettings(command: Command, defaultTier?: string) {
    const tier = new Option("--tier <tier>", "dev, commit, merge or release");
    return command
        .addOption(
            defaultTier === undefined ? tier.makeOptionMandatory() : tier.default(defaultTier),
        )
        .option("--model <model>", "Hugging Face id or size")
        .option("--model-config <path>", "files of a model that is not in the table")
        .option("--precision <precision>", "fp32, bf16, fp16, fp8, int8 or int4")
        .option("--instance-type <type>", "EC2 instance type; default: the cheapest that fits")
        .option("--gpu <name>", "only machines with this GPU")
        .option("--market <market>", "on-demand, spot or any; default: the tier's")
        .option("--zone <zone>", "availability zone; default: the cloud chooses")
        .option("--fallback-regions <regions>", "where to go when there is no capacity, a,b")
        .option("--max-model-len <tokens>", "longest context")
        .option("--max-num-seqs <n>", "most requests at once")
        .option("--max-num-batched-tokens <n>", "tokens of one step of the server")
        .option("--max-image-pixels <n>", "larger images are scaled down to this")
        .option("--tensor-parallel <n>", "GPUs that hold the model together")
        .option("--deadline-minutes <minutes>", "1 to 1440, from the launch")
        .option("--budget-usd <usd>", "refuse a run that could cost more until its deadline")
        .addOption(
            new Option("--set <key=value>", "any other setting; may be repeated")
                .argParser(collectSetting)
                .default({} as Record<string, string>, "none"),
        );
}

/** Those, and the settings of the run itself. */
function withRunSettings(command: Command, defaultTier?: string) {
    return withPlanSettings(command, defaultTier)
        .option("--caller-cidr <cidr>", "who may reach the machine by SSH; default: this computer")
        .option("--owner <owner>", "who pays; becomes a tag")
        .option("--report-bucket <name>", "the machine pushes its report there as well")
        .option("--baseline <file>", "results.json of an earlier run, a file or s3://BUCKET/KEY")
        .option("--suite-image <image>", "container image by digest in which the suite runs")
        .option("--suite-dir <dir>", "folder of an own suite: /suite in its container")
        .option("--suite-command <command>", "an own suite's command: words, or a JSON list")
        .option("--run-id <id>", "default: tier, time and four random digits")
        .option("--attempt <n>", "which try of the run this is, from 1");
}

function collectSetting(text: string, sofar: Record<string, string>): Record<string, string> {
    const at = text.indexOf("=");
    const key = text.slice(0, at);
    if (at < 1 || !SETTING_KEYS.includes(key as SettingKey)) {
        throw new UserError(
            `--set "${text}"`,
            `KEY=VALUE with a key of ${SETTING_KEYS.join(", ")}`,
            "correct the option",
        );
    }
    return { ...sofar, [key]: text.slice(at + 1) };
}

function requestOf(options: object): RunRequest {
    const { tier, set, ...others } = options as SettingOptions;
    const named = Object.entries(others).filter(
        ([key, value]) => SETTING_KEYS.includes(key as SettingKey) && typeof value === "string",
    );
    return { tier, given: { ...set, ...Object.fromEntries(named) } };
}

function projectOf(dir: string): string {
    const path = resolve(dir);
    if (!existsSync(join(path, "Pulumi.yaml"))) {
        throw new UserError(`${path} has no Pulumi.yaml`, "a Pulumi project", "correct --project");
    }
    return path;
}

/** Prints what a person can act on; a stack trace only for a defect of ours, or when asked for. */
function fail(error: unknown, debug: boolean): void {
    if (isUserError(error)) {
        console.error(`Error: ${error.given}`);
        for (const [label, text] of [
            ["Allowed", error.allowed],
            ["Next", error.next],
        ]) {
            if (text) {
                console.error(`  ${label}: ${text}`);
            }
        }
    } else {
        console.error(`Error: ${oneLine(error)}`);
    }
    if (debug && error instanceof Error) {
        console.error(error.stack);
    }
    process.exitCode = EXIT.noVerdict;
}

function oneLine(error: unknown): string {
    return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split(
        "\n",
    )[0];
}

// A reader that has gone (gpu-ci run | head) must not take the release with it.
for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => undefined);
}

void program()
    .parseAsync()
    .catch((error: unknown) => fail(error, process.argv.includes("--debug")));
