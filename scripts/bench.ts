import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

import { Command, Option } from "@commander-js/extra-typings";

import { isUserError, UserError } from "../common/userError";
import { compare, comparisonTable, secondsText, spread } from "../rehearsal/bench/figures";
import type { MinimalRun } from "../rehearsal/bench/minimalRun";
import { BenchStack, type Times } from "../rehearsal/bench/stack";
import { TimedEngine } from "../rehearsal/bench/timedEngine";
import { runCommand } from "../rehearsal/command";
import { deployFoundation } from "../rehearsal/foundation";
import { meterLine } from "../rehearsal/meter";
import { REFUSAL_CLASSES } from "../rehearsal/refusedLaunches";
import { Session } from "../rehearsal/session";
import { planRun } from "../sizing";
import { bundleSuite } from "../suite/bundle";
import type { SuiteResults } from "../suite/results";
import { benchFailover, failoverTable, MOST_REFUSED } from "./benchFailover";
import { EXIT } from "./exitCodes";
import { readSettings } from "./readSettings";
import { ensureAll } from "./setup/ensureAll";
import type { Tools } from "../rehearsal/tools";

const PROJECT_DIR = resolve(__dirname, "..");
const MINIMAL_DIR = join(PROJECT_DIR, "rehearsal", "bench");
const TIER = "dev";
const ROUNDS_MAX = 20;

/** The highest median of ours / minimal that is promised, for `up` and for `destroy`. */
const RATIO_MAX = 1.25;

interface Round {
    readonly ours: Times;
    readonly minimal: Times;
    readonly driver: DriverTimes;
}

interface DriverTimes {
    readonly whole: number;
    /** Of it, the engine's own `up` and `destroy`. */
    readonly engine: number;
}

async function main(): Promise<void> {
    const cli = new Command("bench")
        .description(
            "Measures our stack against a minimal Pulumi program that runs the same suite on the same " +
                "machine, both in one emulated cloud",
        )
        .option("--rounds <n>", `how often each is measured, 1 to ${ROUNDS_MAX}`, wholeRounds, 5)
        .option("--json <file>", "write the figures to a file as well", fileInFolder)
        // 1 is a limit that is broken, not a misspelt option.
        .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : EXIT.noVerdict))
        .action(async ({ rounds, json }) => {
            const tools = await ensureAll();
            for (const line of emulated(tools)) {
                say(`emulated: ${line}`);
            }
            const busy = otherWork();
            if (busy !== undefined) {
                say(`! ${busy}`);
            }
            const startedAt = performance.now();
            const measured = await measure(tools, rounds);
            const result = figures(measured, tools, (performance.now() - startedAt) / 1000);
            print(result);
            if (json !== undefined) {
                writeFileSync(json, `${JSON.stringify(result, null, 4)}\n`);
            }
            process.exitCode = result.comparisons.every(({ holds }) => holds) ? 0 : 1;
        });
    cli.command("failover")
        .description(
            "Refuses the launches of a run's first 0 to k candidates in each way, and looks where the " +
                "run ends, what is left, and what each refusal cost in time",
        )
        .addOption(
            new Option("--class <class...>", "only these ways of refusing")
                .choices(REFUSAL_CLASSES)
                .default(REFUSAL_CLASSES),
        )
        .option(
            "--most <k>",
            `at most so many refusals, 0 to ${MOST_REFUSED}`,
            mostRefused,
            MOST_REFUSED,
        )
        .action(async (options) => {
            const tools = await ensureAll();
            const rows = await benchFailover(tools, options.class, options.most, say);
            console.log(`\n${failoverTable(rows)}\n\nEmulated:`);
            emulated(tools).forEach((line) => console.log(`  ${line}`));
            process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;
        });
    await cli.parseAsync();
}

function mostRefused(text: string): number {
    const most = Number(text);
    if (!Number.isInteger(most) || most < 0 || most > MOST_REFUSED) {
        throw new UserError(
            `--most "${text}"`,
            `a whole number from 0 to ${MOST_REFUSED}`,
            "correct the option",
        );
    }
    return most;
}

function wholeRounds(text: string): number {
    const rounds = Number(text);
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
        throw new UserError(
            `--rounds "${text}"`,
            `a whole number from 1 to ${ROUNDS_MAX}`,
            "correct the option",
        );
    }
    return rounds;
}

/** Known before the measurement, not after it. */
function fileInFolder(text: string): string {
    const folder = dirname(resolve(text));
    if (!existsSync(folder)) {
        throw new UserError(`--json "${text}"`, "a file in a folder that exists", `make ${folder}`);
    }
    return text;
}

function emulated(tools: Tools): string[] {
    return [
        "AWS (its machines are Docker containers on this computer that really boot)",
        "GPU, model server and container images of the machines",
        ...(tools.standIns.length > 0
            ? [
                  `Pulumi providers ${tools.standIns.join(", ")} (stand-ins; the real ones are not here)`,
              ]
            : []),
    ];
}

/** A computer that others use gives times that say little; the rounds' spread then shows it, too. */
function otherWork(): string | undefined {
    const [load] = loadavg();
    const cores = availableParallelism();
    return load > cores
        ? `other work runs on this computer (load ${load.toFixed(1)} on ${cores} cores): ` +
              "compare only ratios, and repeat when it is quiet"
        : undefined;
}

async function measure(tools: Tools, count: number): Promise<Round[]> {
    const dir = mkdtempSync(join(tmpdir(), "gpu-ci-bench-"));
    const stop = stopOnSignals();
    const session = await Session.start(tools);
    try {
        await deployFoundation(session);
        const { ours, minimal, driverEnv, reportDir } = await prepareStacks(session, dir);
        try {
            await ours.create();
            await minimal.create();
            const rounds: Round[] = [];
            for (let round = 1; round <= count; round += 1) {
                const name = `round ${round} of ${count}`;
                stop.throwIfAborted();
                // In turn, so that other work of this computer meets ours and the minimal program alike.
                const oursTimes = await ours.measure((outputs) => checkOurs(outputs));
                say(`${name}, ours     ${timesText(oursTimes)}`);
                stop.throwIfAborted();
                const minimalTimes = await minimal.measure((outputs) =>
                    checkMinimal(outputs, casesIn(reportDir)),
                );
                say(`${name}, minimal  ${timesText(minimalTimes)}`);
                stop.throwIfAborted();
                const driver = await measureDriver(
                    session,
                    driverEnv,
                    join(dir, `driver-${round}`),
                );
                say(
                    `${name}, driver   whole run ${seconds(driver.whole)}, ` +
                        `engine's up and destroy ${seconds(driver.engine)}`,
                );
                rounds.push({ ours: oursTimes, minimal: minimalTimes, driver });
            }
            return rounds;
        } catch (error) {
            // The command under way failed because it was stopped: its output explains nothing.
            stop.throwIfAborted();
            throw error;
        } finally {
            ours.forget();
            minimal.forget();
        }
    } finally {
        const meter = await session.stop();
        say(meterLine(meter));
        rmSync(dir, { recursive: true, force: true });
    }
}

class Stopped extends Error {}

/** The command under way gets the signal as well and ends; what was started here is then stopped. */
function stopOnSignals(): AbortSignal {
    const controller = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.on(signal, () => controller.abort(new Stopped(`stopped by ${signal}`)));
    }
    return controller.signal;
}

function checkOurs({ verdict }: Record<string, unknown>): void {
    if (verdict !== "passed") {
        throw new Error(`our stack's verdict is ${String(verdict)}, so its times mean nothing`);
    }
}

/** How many cases the report that our stack brought home has. */
function casesIn(reportDir: string): number {
    const results = JSON.parse(readFileSync(join(reportDir, "results.json"), "utf8"));
    return (results as SuiteResults).cases.length;
}

/** A suite that failed has failed its `up`; what is left to see is that it was the same one. */
function checkMinimal({ suite }: Record<string, unknown>, cases: number): void {
    if (!String(suite).includes(`[${cases}/${cases}]`)) {
        throw new Error(
            `the minimal program did not run the same ${cases} cases:\n${String(suite)}`,
        );
    }
}

/** Both stacks with the same settings: what differs is what we add. */
async function prepareStacks(session: Session, dir: string) {
    // A setting in the caller's environment would reach ours and not the minimal program.
    const env = Object.fromEntries(
        Object.entries(session.env).filter(
            ([key]) => !key.startsWith("GPU_CI_") || key === "GPU_CI_CALLER_CIDR",
        ),
    );
    const { settings, base } = readSettings({ tier: TIER, given: {} }, PROJECT_DIR, env);
    const plan = planRun(settings);

    const run: MinimalRun = {
        instanceType: plan.candidates[0].instanceType,
        volumeGiB: Math.max(settings.volumeGiB, plan.volumeGiB),
        callerCidr: String(settings.callerCidr),
        serverImage: settings.serverImage,
        serverArgs: plan.server.args,
        suiteImage: settings.suiteImage,
        suiteDir: await bundleSuite(join(dir, "suite")),
        suiteCommand: [
            ...["node", "/suite/suite.js", "--url", "http://127.0.0.1:8000"],
            ...["--model", plan.model.id, "--tier", TIER, "--out", "/report"],
        ],
    };
    const reportDir = join(dir, "report");
    const ours = new BenchStack({
        projectDir: PROJECT_DIR,
        name: `bench-ours-${process.pid}`,
        settings: { config: { ...base.config, "ephemeral-gpu-ci:reportDir": reportDir } },
        env,
    });
    const minimal = new BenchStack({
        projectDir: MINIMAL_DIR,
        name: `bench-minimal-${process.pid}`,
        settings: { config: { "ephemeral-gpu-ci-bench:run": run } },
        env,
    });
    return { ours, minimal, driverEnv: env, reportDir };
}

/** A whole run by the driver, from the command's start to its end. */
async function measureDriver(
    session: Session,
    env: NodeJS.ProcessEnv,
    dir: string,
): Promise<DriverTimes> {
    const timed = TimedEngine.start(dir, session.tools.pulumi, env);
    const command = ["node", join(PROJECT_DIR, "bin", "gpu-ci.js"), "run", "--tier", TIER];
    const startedAt = performance.now();
    const { exitCode, output } = await runCommand([...command, "--reports", join(dir, "reports")], {
        cwd: PROJECT_DIR,
        env: timed.env,
        output: "capture",
    }).finally(() => timed.stop());
    const whole = (performance.now() - startedAt) / 1000;
    if (exitCode !== EXIT.passed) {
        throw new Error(`${command.join(" ")} ended with ${exitCode}:\n${output}`);
    }
    return { whole, engine: timed.seconds("up") + timed.seconds("destroy") };
}

function figures(rounds: readonly Round[], tools: Tools, tookSeconds: number) {
    const comparison = (name: string, key: keyof Times, limit: number | null) =>
        compare(
            name,
            rounds.map(({ ours }) => ours[key]),
            rounds.map(({ minimal }) => minimal[key]),
            limit,
        );
    return {
        schemaVersion: 1,
        tier: TIER,
        rounds: rounds.length,
        emulated: emulated(tools),
        comparisons: [
            comparison("up", "up", RATIO_MAX),
            comparison("up, no change", "upAgain", null),
            comparison("destroy", "destroy", RATIO_MAX),
        ],
        driver: {
            wholeRunSeconds: spread(rounds.map(({ driver }) => driver.whole)),
            engineSeconds: spread(rounds.map(({ driver }) => driver.engine)),
            overheadSeconds: spread(rounds.map(({ driver }) => driver.whole - driver.engine)),
        },
        tookSeconds: Math.round(tookSeconds),
    };
}

function print(result: ReturnType<typeof figures>): void {
    const { comparisons, driver, rounds, tookSeconds } = result;
    console.log(
        [
            "",
            `Our stack against the minimal program (rehearsal/bench), tier ${TIER}, ${rounds} round(s):`,
            "median (lowest-highest); the ratio is the median of the rounds' own; `up` includes the suite.",
            "",
            comparisonTable(comparisons),
            "",
            `driver's own overhead  ${secondsText(driver.overheadSeconds)}, no limit`,
            `  a whole \`gpu-ci run --tier ${TIER}\`, ${secondsText(driver.wholeRunSeconds)}, less the engine's`,
            `  own \`up\` and \`destroy\` in it, ${secondsText(driver.engineSeconds)}`,
            "",
            "Emulated:",
            ...result.emulated.map((line) => `  ${line}`),
            `Measured in ${tookSeconds} s.`,
        ].join("\n"),
    );
}

function timesText({ up, upAgain, destroy }: Times): string {
    return `up ${seconds(up)}, again ${seconds(upAgain)}, destroy ${seconds(destroy)}`;
}

function seconds(value: number): string {
    return `${value.toFixed(1)} s`;
}

function say(text: string): void {
    console.log(`${new Date().toISOString().slice(11, 19)}Z bench       ${text}`);
}

main().catch((error: unknown) => {
    const isStopped = error instanceof Stopped;
    console.error(isStopped || isUserError(error) ? error.message : error);
    process.exitCode = isStopped ? EXIT.cancelled : EXIT.noVerdict;
});
