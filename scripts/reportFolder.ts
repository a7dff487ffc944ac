import {
    existsSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

import builder from "junit-report-builder";
import { z } from "zod";

import type { Plan } from "../sizing";
import { foldOwnSuite, OWN_SUITE_FOLDER } from "../suite/ownSuite/foldOwnSuite";
import { renderReportHtml } from "../suite/report/page";
import { environmentSchema, type Environment } from "../suite/report/environment";
import { readGpuUse } from "../suite/report/gpuUse";
import { renderSummary } from "../suite/report/summary";
import { suiteResultsSchema, type SuiteResults } from "../suite/results";
import { planRows } from "./planTable";
import { powerOffReason } from "./powerOffReason";
import { receiptSchema, type Receipt } from "./receipt";
import { isIntact } from "./receiptChecksum";
import { receiptRows } from "./receiptRows";
import { unpackReport } from "./unpackReport";

const BROUGHT_HOME = [
    "results.json",
    "junit.xml",
    "report.html",
    "summary.md",
    "ladder.json",
    "environment.json",
    "verdict.json",
    OWN_SUITE_FOLDER,
];
/** What a run writes itself, and once: all else in its folder came home with an attempt. */
const OF_THE_RUN = ["attempts", "plan.json", "receipt.json", "receipt.driver.json"];

/** What came home of the suite's results, or why nothing did. */
export type HomeResults =
    { readonly results: SuiteResults } | { readonly results: undefined; readonly why: string };

const ladderSchema = z.object({
    rungs: z.array(z.object({ name: z.string() })),
    ended: z.enum(["served", "exhausted", "other"]),
});

/** How the server got through its out-of-memory ladder; the last rung is the one it ended on. */
export type Ladder = z.output<typeof ladderSchema>;

/**
 * `reports/<run id>/`: report.html, summary.md, junit.xml, results.json, environment.json, receipt.json,
 * plan.json and logs/, of the last attempt; those of earlier ones are below attempts/. Whatever happened to a run,
 * the files are there and valid, so that no CI step has to ask first.
 */
export class ReportFolder {
    readonly path: string;

    constructor(
        private readonly root: string,
        runId: string,
    ) {
        this.path = join(root, runId);
    }

    /** Makes the folder; an earlier attempt's results must not pass for this one's. */
    prepare(): void {
        rmSync(join(this.path, "logs"), { recursive: true, force: true });
        mkdirSync(join(this.path, "logs"), { recursive: true });
        for (const name of BROUGHT_HOME) {
            rmSync(join(this.path, name), { recursive: true, force: true });
        }
    }

    /**
     * Moves what came home of an attempt below attempts/, so that none of it passes for the next
     * one's. Where nothing came home there is nothing to keep.
     */
    keepAttempt(attempt: number): void {
        const came = readdirSync(this.path).filter((name) => !OF_THE_RUN.includes(name));
        const logs = join(this.path, "logs");
        const hasLogs = existsSync(logs) && readdirSync(logs).length > 0;
        const kept = came.filter((name) => name !== "logs" || hasLogs);
        const target = this.attemptPath(attempt);
        rmSync(target, { recursive: true, force: true });
        if (kept.length > 0) {
            mkdirSync(target, { recursive: true });
            for (const name of kept) {
                renameSync(join(this.path, name), join(target, name));
            }
        }
        this.prepare();
    }

    /** Makes an earlier attempt's files the run's own again, where the later ones brought none. */
    bringBack(attempt: number, last: number): void {
        this.keepAttempt(last);
        const kept = this.attemptPath(attempt);
        for (const name of readdirSync(kept)) {
            rmSync(join(this.path, name), { recursive: true, force: true });
            renameSync(join(kept, name), join(this.path, name));
        }
        rmSync(kept, { recursive: true, force: true });
    }

    /**
     * Unpacks a report that a machine has pushed: in the place of what came home, which is nothing of
     * use, or below attempts/. The run's own files stay as they are.
     *
     * @throws Error for an archive that is not to be trusted; then nothing is changed.
     */
    takeArchive(archive: Uint8Array, attempt?: number): void {
        const target = attempt === undefined ? this.path : this.attemptPath(attempt);
        mkdirSync(target, { recursive: true });
        const incoming = mkdtempSync(join(target, ".incoming-"));
        try {
            unpackReport(archive, incoming);
            for (const name of readdirSync(incoming)) {
                if (!OF_THE_RUN.includes(name)) {
                    rmSync(join(target, name), { recursive: true, force: true });
                    renameSync(join(incoming, name), join(target, name));
                }
            }
            foldOwnSuite(target);
        } finally {
            rmSync(incoming, { recursive: true, force: true });
        }
    }

    /** What the program brought home during `up`. Never throws. */
    readResults(): HomeResults {
        const path = join(this.path, "results.json");
        if (!existsSync(path)) {
            return { results: undefined, why: "no report came home" };
        }
        try {
            return { results: suiteResultsSchema.parse(JSON.parse(readFileSync(path, "utf8"))) };
        } catch (error) {
            const what = (error as Error).message.replace(/\s+/g, " ").slice(0, 200);
            return { results: undefined, why: `results.json cannot be read: ${what}` };
        }
    }

    /** How the server got through its ladder; undefined where it did not tell. Never throws. */
    readLadder(): Ladder | undefined {
        try {
            const text = readFileSync(join(this.path, "ladder.json"), "utf8");
            return ladderSchema.parse(JSON.parse(text));
        } catch {
            return undefined;
        }
    }

    /** Why the machine ended itself or the suite, as its own log says; undefined where it did not. */
    powerOffReason(attempt?: number): string | undefined {
        const folder = attempt === undefined ? this.path : this.attemptPath(attempt);
        const path = join(folder, "logs", "power-off.log");
        return existsSync(path) ? powerOffReason(readFileSync(path, "utf8")) : undefined;
    }

    /** What the server wrote, as it came home; empty when nothing did. */
    serverLog(): string {
        return this.readText("logs/server.log");
    }

    /** Writes the plan, for whoever asks later why it was this machine. */
    writePlan(plan: Plan): void {
        writeFileSync(join(this.path, "plan.json"), `${JSON.stringify(plan, null, 4)}\n`);
    }

    /** Writes the receipt, checked against its schema. The first thing that is written. */
    writeReceipt(receipt: Receipt): string {
        const path = join(this.path, "receipt.json");
        mkdirSync(this.path, { recursive: true });
        // A receipt that breaks its schema is a defect of ours, but better than none.
        const text = `${JSON.stringify(receipt, null, 4)}\n`;
        writeFileSync(path, text);
        receiptSchema.parse(receipt);
        return path;
    }

    /** An earlier receipt of the run that is as it was written; undefined: none. Never throws. */
    readReceipt(): Receipt | undefined {
        try {
            const text = readFileSync(join(this.path, "receipt.json"), "utf8");
            const receipt = receiptSchema.parse(JSON.parse(text));
            return isIntact(receipt) ? receipt : undefined;
        } catch {
            return undefined;
        }
    }

    /** Writes a later receipt of the same run; what the driver wrote stays beside it. */
    replaceReceipt(receipt: Receipt): void {
        const path = join(this.path, "receipt.json");
        if (existsSync(path)) {
            renameSync(path, join(this.path, "receipt.driver.json"));
        }
        this.writeReceipt(receipt);
    }

    /**
     * Renders report.html and summary.md again, with what the suite did not know: plan, receipt, and what the
     * machine tells of itself. Where no results came home, writes
     * results.json and junit.xml that say so.
     */
    writeReport(receipt: Receipt, plan: Plan, home: HomeResults): string {
        const results = home.results ?? noResults(receipt, plan);
        if (home.results === undefined) {
            this.setAside("results.json");
            writeFileSync(join(this.path, "results.json"), `${JSON.stringify(results, null, 4)}\n`);
        }
        const junit = join(this.path, "junit.xml");
        if (home.results === undefined || !existsSync(junit)) {
            writeFileSync(junit, noVerdictJunit(receipt));
        }
        const path = join(this.path, "report.html");
        const receiptSection = {
            title: "Receipt",
            // Why there is no verdict stands at the top of the page.
            rows: receiptRows({ ...receipt, why: "" }),
            note: receipt.priceUsd.note,
        };
        const sections = [
            { title: "Plan", rows: planRows(plan), note: plan.notes.join(" ") || undefined },
            receiptSection,
        ];
        const environment = this.readEnvironment();
        const gpuUse = readGpuUse(this.readText("logs/gpu.csv"), this.readText("logs/phases.txt"));
        writeFileSync(path, renderReportHtml(results, { sections, environment, gpuUse }));
        writeFileSync(this.summaryPath, renderSummary(results, [receiptSection]));
        return path;
    }

    /** What writeReport has written for the page of a CI job. */
    readSummary(): string {
        return readFileSync(this.summaryPath, "utf8");
    }

    /** Lets `reports/latest` point here; swapped in one step, so that no reader finds it missing. */
    linkLatest(): void {
        const latest = join(this.root, "latest");
        if (existsSync(latest) && !lstatSync(latest).isSymbolicLink()) {
            return;
        }
        const next = join(this.root, `.latest-${process.pid}`);
        rmSync(next, { force: true });
        symlinkSync(basename(this.path), next);
        renameSync(next, latest);
    }

    /** What the machine says that the run ran on; undefined where it did not, or not as it should. */
    private readEnvironment(): Environment | undefined {
        try {
            return environmentSchema.parse(JSON.parse(this.readText("environment.json")));
        } catch {
            return undefined;
        }
    }

    /** Empty where there is no such file. */
    private readText(name: string): string {
        const path = join(this.path, name);
        return existsSync(path) ? readFileSync(path, "utf8") : "";
    }

    private get summaryPath(): string {
        return join(this.path, "summary.md");
    }

    private attemptPath(attempt: number): string {
        return join(this.path, "attempts", String(attempt));
    }

    private setAside(name: string): void {
        const path = join(this.path, name);
        if (existsSync(path)) {
            renameSync(path, join(this.path, "logs", `unreadable-${name}`));
        }
    }
}

function noResults(receipt: Receipt, plan: Plan): SuiteResults {
    return {
        schemaVersion: 1,
        tier: plan.tier,
        model: plan.model.id,
        server: { url: "", standIn: false },
        startedAt: receipt.writtenAt,
        endedAt: receipt.writtenAt,
        seconds: 0,
        verdict: "none",
        why: receipt.why,
        totals: { passed: 0, failed: 0, errored: 0, skipped: 0 },
        cases: [],
        performance: { latency: [], throughput: [] },
    };
}

/** One test case in error: a CI that reads only JUnit must not see a green run. */
function noVerdictJunit(receipt: Receipt): string {
    const report = builder.newBuilder();
    report
        .testSuite()
        .name(`ephemeral-gpu-ci.${receipt.tier}`)
        .testCase()
        .className("ephemeral-gpu-ci.run")
        .name("the suite gives a verdict")
        .error(receipt.why);
    return report.build();
}
