import type { Candidate } from "../sizing";
import type { Verdict } from "../suite/results";
import { runAttempt, type AttemptEnd } from "./attempt";
import type { Engine } from "./engine";
import { exitCodeOf } from "./exitCodes";
import { nextCandidates } from "./failover";
import { inGitHubActions, summaryTable, writeGitHubOutputs, writeGitHubSummary } from "./github";
import { prepare, type PreparedRun, type PrepareOptions, type RunRequest } from "./prepare";
import { buildReceipt, type Receipt } from "./receipt";
import { receiptRows, ReportFolder, type HomeResults } from "./reportFolder";
import { parseServerMemory } from "./serverLog";
import type { Signals } from "./signals";

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

const CANDIDATES_MAX = 3;

/**
 * A whole run: plan, pre-flight, up on the first candidate that can be had, report, release, receipt.
 *
 * @throws UserError before anything is created; afterwards nothing: what went wrong is in the
 * receipt and the exit code.
 */
export async function run(request: RunRequest, options: RunOptions): Promise<RunEnd> {
    const prepared = await prepare(request, options);
    const folder = new ReportFolder(options.reportsRoot, prepared.runId);
    folder.prepare();
    announce(prepared, folder, options);

    // Up to here nothing exists in the cloud. Each attempt releases what it made before it returns.
    const ends = await tryCandidates(prepared, folder, options);

    options.progress.phase("report");
    const home = folder.readResults();
    const receipt = makeReceipt(prepared, ends, folder, home, options);
    writeAll(prepared, folder, receipt, home, options);
    options.progress.end();
    return { exitCode: receipt.exitCode, receipt, reportPath: folder.path };
}

/** The run id goes out before anything exists: the clean-up job needs it if this process is killed. */
function announce(prepared: PreparedRun, folder: ReportFolder, options: RunOptions): void {
    const { runId } = prepared;
    options.progress.line(`run ${runId}; by hand: gpu-ci reap --run ${runId} --yes`);
    writeGitHubOutputs(options.env, { "run-id": runId, "report-path": folder.path });
}

async function tryCandidates(
    prepared: PreparedRun,
    folder: ReportFolder,
    options: RunOptions,
): Promise<AttemptEnd[]> {
    const ends: AttemptEnd[] = [];
    let candidates: readonly Candidate[] = prepared.plan.candidates.slice(0, CANDIDATES_MAX);
    while (candidates.length > 0) {
        const [candidate, ...rest] = candidates;
        const end = await runAttempt({
            ...options,
            run: prepared,
            candidate,
            attempt: prepared.settings.attempt + ends.length,
            reportDir: folder.path,
        });
        ends.push(end);
        const stopped = options.signals.wanted;
        candidates = stopped ? [] : nextCandidates(end.failover, candidate, rest);
        if (candidates.length > 0) {
            options.progress.warn(
                `${candidate.instanceType}: ${end.record.error}; next: ${candidates[0].instanceType}`,
            );
        }
    }
    return ends;
}

function makeReceipt(
    prepared: PreparedRun,
    ends: readonly AttemptEnd[],
    folder: ReportFolder,
    home: HomeResults,
    options: RunOptions,
): Receipt {
    const { verdict, why } = judge(ends, home);
    const attempts = ends.map(({ record }) => record);
    const last = attempts[attempts.length - 1];
    const stopped = options.signals.stopped ?? options.signals.stoppedInRelease;
    // A signal that came when the verdict was in and the release under way has cancelled nothing.
    const cancelled =
        last.outcome === "cancelled" ||
        (stopped?.kind === "signal" && last.outcome === "no-capacity");
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
        expectedUsd: last.candidate.expectedUsd,
        estimatedMemory: prepared.plan.memory,
        serverMemory: parseServerMemory(folder.serverLog()),
        suiteEndedAt: home.results && Date.parse(home.results.endedAt),
        phases: options.progress.phases(),
        attempts,
        account: prepared.account,
        region: prepared.region,
        awsEndpoint: options.env.AWS_ENDPOINT_URL || undefined,
        engineVersion: prepared.engine.version,
        now: options.now(),
    });
}

/** A verdict counts when its results are home; the stack's own word can only make it worse. */
function judge(ends: readonly AttemptEnd[], home: HomeResults): { verdict: Verdict; why: string } {
    const { record, stackVerdict } = ends[ends.length - 1];
    if (home.results === undefined) {
        return { verdict: "none", why: [record.error, home.why].filter(Boolean).join("; ") };
    }
    const { verdict, why } = home.results;
    if (stackVerdict !== undefined && stackVerdict !== verdict) {
        const text = `the stack says ${stackVerdict}, the report says ${verdict}`;
        const isFailed = stackVerdict === "failed" || verdict === "failed";
        return { verdict: isFailed ? "failed" : "none", why: text };
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
    attemptTo("the report", () => folder.writeReport(receipt, prepared.plan, home));
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
    writeGitHubSummary(env, summaryTable(`GPU run ${receipt.runId}`, receiptRows(receipt)));
}
