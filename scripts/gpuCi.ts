import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { Command, Option } from "@commander-js/extra-typings";

import { isUserError, UserError } from "../common/userError";
import { SETTING_KEYS, type SettingKey } from "../settings";
import { planRun } from "../sizing";
import { AwsCloud, errorText } from "./awsCloud";
import { credentialsCheck, runChecks } from "./checks";
import { doctor } from "./doctor";
import { LocalEngine } from "./engine";
import { EXIT } from "./exitCodes";
import { inGitHubActions } from "./github";
import { planTable } from "./planTable";
import { readSettings, type RunRequest } from "./prepare";
import { Progress } from "./progress";
import { reap } from "./reap";
import { resolveRegion } from "./region";
import { run } from "./run";
import { Signals } from "./signals";
import { readStackFile } from "./stackFile";

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

    withSettings(cli.command("run"))
        .description("plan, rent, test, report, release, receipt")
        .option("--reports <dir>", "where each run's report folder goes (default: reports)")
        .action(async (options) => {
            const projectDir = projectOf(cli.opts().project);
            const progress = new Progress({
                write: (line) => process.stdout.write(`${line}\n`),
                github: inGitHubActions(process.env),
            });
            const signals = new Signals(progress);
            try {
                const end = await run(requestOf(options), {
                    projectDir,
                    reportsRoot: resolve(options.reports ?? join(projectDir, "reports")),
                    env: process.env,
                    engine: new LocalEngine(projectDir),
                    openCloud: (region, profile) => new AwsCloud({ region, profile }),
                    resolveRegion,
                    signals,
                    progress,
                    now: Date.now,
                });
                process.exitCode = end.exitCode;
            } finally {
                progress.end();
                signals.close();
            }
        });

    withSettings(cli.command("plan"))
        .description("what a run would use and cost; asks no cloud")
        .option("--json", "the whole plan as JSON")
        .action((options) => {
            const { settings } = readSettings(
                requestOf(options),
                projectOf(cli.opts().project),
                process.env,
            );
            const plan = planRun(settings);
            console.log(options.json ? JSON.stringify(plan, null, 2) : planTable(plan));
        });

    cli.command("reap")
        .description("finds machines of ours by tag and ends them; needs no state")
        .option("--run <id>", "only this run's, whether or not its deadline has passed")
        .option("--expired", "only what is past its deadline")
        .option("--yes", "do it; without it nothing is ended")
        .action(async (options) => {
            const region = await resolveRegion({}, process.env);
            const cloud = new AwsCloud({ region });
            const [credentials] = await runChecks([credentialsCheck(cloud)]);
            if (credentials.error) {
                throw credentials.error;
            }
            console.log(`Region ${region}, ${credentials.detail}`);
            process.exitCode = await reap(
                { runId: options.run, expired: options.expired, yes: options.yes },
                { cloud, print: console.log },
            ).catch((error: unknown) => {
                if (isUserError(error)) {
                    throw error;
                }
                console.error(`The cloud did not answer: ${errorText(error)}`);
                return EXIT.maybeRunning;
            });
        });

    withSettings(cli.command("doctor"), "dev")
        .description("looks at everything that a run needs, and says what to do about the rest")
        .action(async (options) => {
            const projectDir = projectOf(cli.opts().project);
            const request = requestOf(options);
            process.exitCode = await doctor({
                readSettings: () => readSettings(request, projectDir, process.env).settings,
                resolveRegion: () =>
                    resolveRegion(readStackFile(projectDir, request.tier), process.env),
                engine: new LocalEngine(projectDir),
                openCloud: (region) => new AwsCloud({ region }),
                print: console.log,
            });
        });
    return cli;
}

/** The options that set one of the stack's settings. */
function withSettings(command: Command, defaultTier?: string) {
    const tier = new Option("--tier <tier>", "dev, commit, merge or release");
    return command
        .addOption(
            defaultTier === undefined ? tier.makeOptionMandatory() : tier.default(defaultTier),
        )
        .option("--model <model>", "Hugging Face id or size")
        .option("--precision <precision>", "fp32, bf16, fp16, fp8, int8 or int4")
        .option("--instance-type <type>", "EC2 instance type; default: the cheapest that fits")
        .option("--market <market>", "on-demand or spot")
        .option("--deadline-minutes <minutes>", "1 to 1440, from the launch")
        .option("--budget-usd <usd>", "refuse a run that could cost more until its deadline")
        .option("--caller-cidr <cidr>", "who may reach the machine by SSH; default: this computer")
        .option("--owner <owner>", "who pays; becomes a tag")
        .option("--run-id <id>", "default: tier, time and four random digits")
        .option("--attempt <n>", "which try of the run this is, from 1")
        .addOption(
            new Option("--set <key=value>", "any other setting; may be repeated")
                .argParser(collectSetting)
                .default({} as Record<string, string>, "none"),
        );
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
        console.error(`Error: ${errorText(error)}`);
    }
    if (debug && error instanceof Error) {
        console.error(error.stack);
    }
    process.exitCode = EXIT.noVerdict;
}

// A reader that has gone (gpu-ci run | head) must not take the release with it.
for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => undefined);
}

void program()
    .parseAsync()
    .catch((error: unknown) => fail(error, process.argv.includes("--debug")));
