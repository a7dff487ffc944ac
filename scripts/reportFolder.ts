import {
    existsSync,
    lstatSync,
    mkdirSync,
    readFileSync,
    renameSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

import builder from "junit-report-builder";

import type { Plan } from "../sizing";
import { renderReportHtml } from "../suite/reportHtml";
import { suiteResultsSchema, type SuiteResults } from "../suite/results";
import { planRows } from "./planTable";
import { receiptSchema, type Receipt } from "./receipt";

const BROUGHT_HOME = ["results.json", "junit.xml", "report.html"];

/** What came home of the suite's results, or why nothing did. */
export type HomeResults =
    { readonly results: SuiteResults } | { readonly results: undefined; readonly why: string };

/**
 * `reports/<run id>/`: report.html, junit.xml, results.json, receipt.json and logs/. Whatever
 * happened to a run, all four files are there and valid, so that no CI step has to ask first.
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
            rmSync(join(this.path, name), { force: true });
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

    /** What the server wrote, as it came home; empty when nothing did. */
    serverLog(): string {
        const path = join(this.path, "logs", "server.log");
        return existsSync(path) ? readFileSync(path, "utf8") : "";
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

    /**
     * Renders report.html again with plan and receipt. Where no results came home, writes
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
        const sections = [
            { title: "Plan", rows: planRows(plan), note: plan.notes.join(" ") || undefined },
            {
                title: "Receipt",
                // Why there is no verdict stands at the top of the page.
                rows: receiptRows({ ...receipt, why: "" }),
                note: receipt.priceUsd.note,
            },
        ];
        writeFileSync(path, renderReportHtml(results, sections));
        return path;
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

    private setAside(name: string): void {
        const path = join(this.path, name);
        if (existsSync(path)) {
            renameSync(path, join(this.path, "logs", `unreadable-${name}`));
        }
    }
}

function comparedGiB({ estimated, actual }: Receipt["memoryGiB"]["load"]): string {
    const found = actual === null ? "unknown" : `${actual.toFixed(1)} GiB`;
    return `estimated ${estimated.toFixed(1)} GiB, actual ${found}`;
}

/** A receipt as names and values, for the report, the terminal and GitHub's summary. */
export function receiptRows(receipt: Receipt): [string, string][] {
    const { machine, priceUsd } = receipt;
    const usd = (amount: number | null) => (amount === null ? "unknown" : `${amount} USD`);
    const rows: [string, string][] = [
        ["Run", `${receipt.runId}, attempt ${receipt.attempt}, tier ${receipt.tier}`],
        ["Verdict", receipt.verdict + (receipt.why ? `: ${receipt.why}` : "")],
        [
            "Machine",
            machine
                ? `${machine.instanceType} (${machine.gpuCount} x ${machine.gpuName}), ${machine.instanceId}`
                : "none was launched",
        ],
        [
            "Cloud",
            receipt.awsEndpoint === null
                ? `AWS account ${receipt.account}, ${receipt.region}`
                : `emulated: ${receipt.awsEndpoint} answers in place of AWS`,
        ],
        ["Released by", receipt.releasedBy],
        ["Launched", receipt.launchedAt ?? "-"],
        ["Left running", receipt.leftRunningAt ?? "-"],
    ];
    if (receipt.secondsFromSuiteEndToRelease !== null) {
        rows.push(["From the suite's end to there", `${receipt.secondsFromSuiteEndToRelease} s`]);
    }
    rows.push(
        ["GPU-seconds billed", String(receipt.billedGpuSeconds)],
        ["GPU-seconds past the deadline", String(receipt.leakedGpuSeconds)],
        ["Model on each GPU", comparedGiB(receipt.memoryGiB.load)],
        ["Room for the KV cache", comparedGiB(receipt.memoryGiB.kvRoom)],
        ["Price", `estimated ${usd(priceUsd.estimated)}, actual ${usd(priceUsd.actual)}`],
        [
            "Left in the cloud",
            receipt.leftovers.map(({ kind, id }) => `${kind} ${id}`).join(", ") || "nothing",
        ],
    );
    return rows;
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
