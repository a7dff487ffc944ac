import { appendHistory, historyPath } from "../common/historyFile";
import { SPLIT_CASES_RUNG } from "../common/rungNames";
import { planRequestFromHistory } from "../planRequest";
import { assess, type Candidate, type MemoryEstimate } from "../sizing";
import { candidateText, runAttempt, type AttemptEnd } from "./attempt";
import type { Engine } from "./engine";
import { exitCodeOf, type RunVerdict } from "./exitCodes";
import { nextCandidates } from "./failover";
import { inGitHubActions, summaryTable, writeGitHubOutputs, writeGitHubSummary } from "./github";
import { runRecord } from "./history";
import { prepare, type PreparedRun, type PrepareOptions } from "./prepare";
import type { RunRequest } from "./readSettings";
import { buildReceipt, spentUsd, type Receipt } from "./receipt";
import { receiptRows } from "./receiptRows";
import { ReportFolder, type HomeResults } from "./reportFolder";
import { RunLimits } from "./runLimits";
import { parseServerMemory } from "./serverLog";
import type { Progress } from "./progress";
import type { Signals } from "./signals";
import { providerSetting } from "./stackFile";

export interface RunOptions extends PrepareOptions {
    readonly engine: Engine;
    readonly signals: Signals;
    /** Folder in which each run has its own. */
    readonly reportsRoot: string;
    readonly sleep?: (milliseconds: number) => Promise<void>;
}

export interface RunEnd {
    readonly exitCode: number;
    readonly receipt: Receipt;
    /** Folder of the report. */
    readonly reportPath: string;
}

/**
 * A whole run: plan, pre-flight, up on the first candidate that can be had, report, release, receipt.
 * A run that meets no capacity, is interrupted or runs out of memory goes on with the next candidate,
 * as long as the run's one deadline and one budget allow.
 *
 * @throws UserError before anything is created; afterwards nothing: what went wrong is in the
 * receipt and the exit code.
 */
export async function run(request: RunRequest, options: RunOptions): Promise<RunEnd> {
    const prepared = await prepare(request, options);
    const folder = new ReportFolder(options.reportsRoot, prepared.runId);
    folder.prepare();
    announce(prepared, folder, options);

    const memory = memoryByType(prepared, options);
    // Up to here nothing exists in the cloud. Each attempt releases what it made before it returns.
    const attempts = await tryCandidates(prepared, folder, options);

    options.progress.phase("report");
    const judged = whichCounts(attempts.ends, folder, options.progress);
    const receipt = makeReceipt(prepared, attempts, judged, memory, folder, options);
    writeAll(prepared, folder, receipt, judged.home, options);
    options.progress.end();
    return { exitCode: receipt.exitCode, receipt, reportPath: folder.path };
}

/** The run id goes out before anything exists: the clean-up job needs it if this process is killed. */
function announce(prepared: PreparedRun, folder: ReportFolder, options: RunOptions): void {
    const { runId, plan } = prepared;
    const regions = [...new Set(plan.candidates.map(({ region }) => region ?? prepared.region))];
    const elsewhere = regions.length > 1 ? ` --regions ${regions.join(",")}` : "";
    options.progress.line(`run ${runId}; by hand: gpu-ci release --run ${runId}${elsewhere}`);
    writeGitHubOutputs(options.env, {
        "run-id": runId,
        regions: regions.join(","),
        "report-path": folder.path,
    });
    folder.writePlan(plan);
}

/** The plan's memory is the first candidate's: machines with other GPUs are planned as their stacks are. */
function memoryByType(
    { plan, settings, region }: PreparedRun,
    { projectDir, env }: RunOptions,
): ReadonlyMap<string, MemoryEstimate> {
    const wanted = planRequestFromHistory(settings, projectDir, region, env);
    const types = new Set(plan.candidates.map(({ instanceType }) => instanceType));
    return new Map(
        [...types].map((type) => [
            type,
            assess({ ...wanted, instanceType: type }).assessment.memory,
        ]),
    );
}

/** Attempts that were made, and why no further one was, where a candidate was left. */
interface Attempts {
    readonly ends: readonly AttemptEnd[];
    readonly untried: string | undefined;
}

async function tryCandidates(
    prepared: PreparedRun,
    folder: ReportFolder,
    options: RunOptions,
): Promise<Attempts> {
    const limits = new RunLimits(prepared.plan, options.now);
    const ends: AttemptEnd[] = [];
    let candidate: Candidate = prepared.plan.candidates[0];
    let rest: readonly Candidate[] = prepared.plan.candidates.slice(1);
    limits.begin();
    for (;;) {
        const attempt = prepared.settings.attempt + ends.length;
        // The first one has all of the run's time, which the plan has judged.
        const deadlineMinutes =
            ends.length === 0 ? prepared.plan.deadlineMinutes : Math.max(1, limits.minutesLeft());
        const place = placeOf(candidate, prepared, options);
        const end = await runAttempt({
            ...{ ...options, ...place, run: prepared },
            ...{ candidate, attempt, deadlineMinutes, folder },
        });
        ends.push(end);
        limits.spend(spentUsd(end.record, options.now()));
        if (end.setback === undefined || options.signals.wanted) {
            return { ends, untried: undefined };
        }
        const wanted = nextCandidates(end.setback, candidate, rest);
        const affordable = wanted.filter((next) => limits.refusal(next) === undefined);
        if (affordable.length === 0) {
            return { ends, untried: wanted.length > 0 ? limits.refusal(wanted[0]) : undefined };
        }
        options.progress.warn(
            `${candidateText(candidate)}: ${end.record.error}; next: ${candidateText(affordable[0])}`,
        );
        try {
            folder.keepAttempt(attempt);
        } catch (error) {
            // What came home of this attempt would pass for the next one's.
            return { ends, untried: `its files are in the way: ${(error as Error).message}` };
        }
        [candidate, ...rest] = affordable;
    }
}

/**
 * The attempt whose results are the run's: the last one, but where it brought none home, an earlier one
 * that got answers to all but a few cases.
 */
function whichCounts(
    ends: readonly AttemptEnd[],
    folder: ReportFolder,
    progress: Progress,
): AttemptEnd {
    const last = ends[ends.length - 1];
    const split = [...ends]
        .reverse()
        .find(({ record, home }) => record.rung === SPLIT_CASES_RUNG && home.results !== undefined);
    if (split === undefined || split === last || last.home.results !== undefined) {
        return last;
    }
    try {
        folder.bringBack(split.record.attempt, last.record.attempt);
        return split;
    } catch (error) {
        progress.warn(
            `the results of attempt ${split.record.attempt}: ${(error as Error).message}`,
        );
        return last;
    }
}

/** The candidate's region with its cloud, or the run's own. */
function placeOf({ region }: Candidate, prepared: PreparedRun, options: RunOptions) {
    if (region === null || region === prepared.region) {
        return { region: prepared.region, cloud: prepared.cloud };
    }
    const profile = providerSetting(prepared.base, "aws:profile");
    return { region, cloud: options.openCloud(region, profile) };
}

function makeReceipt(
    prepared: PreparedRun,
    { ends, untried }: Attempts,
    judged: AttemptEnd,
    memory: ReadonlyMap<string, MemoryEstimate>,
    folder: ReportFolder,
    options: RunOptions,
): Receipt {
    const { home } = judged;
    const { verdict, why } = judge(ends, judged, untried);
    const attempts = ends.map(({ record }) => record);
    const last = attempts[attempts.length - 1];
    const stopped = options.signals.stopped ?? options.signals.stoppedInRelease;
    // A signal that came when the run was over and the release under way has cancelled nothing.
    const isOver = last.outcome === "verdict" || last.outcome === "failed";
    const cancelled = last.outcome === "cancelled" || (stopped?.kind === "signal" && !isOver);
    const clean = attempts.every(({ release }) => release.clean);
    if (home.results) {
        options.progress.record("suite", home.results.seconds);
    }
    return buildReceipt({
        runId: prepared.runId,
        tier: prepared.settings.tier,
        owner: prepared.settings.owner,
        verdict,
        why,
        exitCode: exitCodeOf({ verdict, cancelled, clean }),
        estimatedMemory: memory.get(judged.record.candidate.instanceType) ?? prepared.plan.memory,
        serverMemory: parseServerMemory(folder.serverLog()),
        suite: home.results && {
            startedAt: Date.parse(home.results.startedAt),
            endedAt: Date.parse(home.results.endedAt),
        },
        phases: options.progress.phases(),
        attempts,
        regions: [...new Set(attempts.map(({ region }) => region))],
        account: prepared.account,
        region: prepared.region,
        awsEndpoint: options.env.AWS_ENDPOINT_URL || undefined,
        engineVersion: prepared.engine.version,
        now: options.now(),
    });
}

/**
 * A verdict counts when its results are home; the stack's own word can only make it worse. Without
 * one, a machine that the cloud took back is the reason, whatever could not be had after it.
 */
function judge(
    ends: readonly AttemptEnd[],
    judged: AttemptEnd,
    untried: string | undefined,
): { verdict: RunVerdict; why: string } {
    const { record } = ends[ends.length - 1];
    const { stackVerdict, home } = judged;
    if (
        home.results === undefined ||
        (judged.record.outcome !== "verdict" && home.results.verdict === "none")
    ) {
        const launched = ends.filter(({ record: { release } }) => release.machines.length > 0);
        const taken = launched.at(-1)?.record;
        const isInterrupted = taken?.outcome === "interrupted";
        const earlier = isInterrupted && taken !== record ? taken.error : "";
        const suites = home.results === undefined ? home.why : home.results.why;
        // An earlier attempt's results come first, then why no later one has better ones.
        const later = [record.error, untried];
        const why = record === judged.record ? [earlier, ...later, suites] : [suites, ...later];
        return {
            verdict: isInterrupted ? "interrupted" : "none",
            why: why.filter(Boolean).join("; "),
        };
    }
    const { verdict, why } = home.results;
    if (stackVerdict !== undefined && stackVerdict !== verdict) {
        const text = `the stack says ${stackVerdict}, the report says ${verdict}`;
        const isFailed = stackVerdict === "failed" || verdict === "failed";
        // The stack knows an own suite's exit status alone, its results have weighed that already.
        return home.results.ownSuite !== undefined && verdict !== "passed"
            ? { verdict, why }
            : { verdict: isFailed ? "failed" : "none", why: text };
    }
    return { verdict, why: record.error || (verdict === "passed" ? "" : why) };
}

/** The receipt first; nothing that fails after it may take the exit code with it. */
function writeAll(
    prepared: PreparedRun,
    folder: ReportFolder,
    receipt: Receipt,
    home: HomeResults,
    options: RunOptions,
): void {
    const { progress, env } = options;
    const attemptTo = (what: string, act: () => void) => {
        try {
            act();
        } catch (error) {
            progress.warn(`${what} could not be written: ${(error as Error).message}`);
        }
    };
    attemptTo("the receipt", () => folder.writeReceipt(receipt));
    attemptTo("the history", () =>
        appendHistory(historyPath(options.projectDir, env), runRecord(prepared, receipt)),
    );
    let summary = summaryTable(`GPU run ${receipt.runId}`, receiptRows(receipt));
    attemptTo("the report", () => {
        folder.writeReport(receipt, prepared.plan, home);
        summary = folder.readSummary();
    });
    attemptTo("reports/latest", () => folder.linkLatest());
    for (const [name, value] of receiptRows(receipt)) {
        progress.line(`${name}: ${value}`);
    }
    progress.line(`report: ${folder.path}/report.html`);
    if (inGitHubActions(env) || env.GITHUB_OUTPUT) {
        writeGitHubOutputs(env, {
            verdict: receipt.verdict,
            "exit-code": String(receipt.exitCode),
            "receipt-path": `${folder.path}/receipt.json`,
        });
    }
    writeGitHubSummary(env, summary);
}
