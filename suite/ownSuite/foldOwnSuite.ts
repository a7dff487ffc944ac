import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { renderJunit } from "../junit";
import { renderReportHtml } from "../report/page";
import { countStatuses, SuiteResults } from "../results";
import { TIER_RULES, TIERS } from "../tiers";
import { foldTests } from "./foldTests";
import { decideOwnVerdict } from "./ownVerdict";
import { readJson } from "./readJson";
import { readJunitFiles } from "./readJunitFiles";
import { readServer } from "./readServer";

/** By this file in a report the machine says that the suite was somebody's own. */
const OWN_SUITE_FILE = join("logs", "own-suite.json");
/** What the own suite wrote, in a report. */
export const OWN_SUITE_FOLDER = "own-suite";

const descriptionSchema = z.object({
    image: z.string(),
    command: z.array(z.string()),
    model: z.string(),
});
const endSchema = z.object({
    verdict: z.enum(["passed", "failed", "none"]),
    exitStatus: z.string(),
    endedAt: z.iso.datetime(),
});

const ladderSchema = z.object({ ended: z.string() });

/**
 * Makes results.json, junit.xml and report.html of what an own suite left: the same files as of the
 * suite of this package. To be called once the whole report is there. Reads nothing but the report, so
 * that it does not matter who brings it home, and when.
 *
 * @param folder the report as the machine made it.
 * @returns whether it was an own suite's; nothing is written where it was not.
 */
export function foldOwnSuite(folder: string): boolean {
    if (!existsSync(join(folder, OWN_SUITE_FILE))) {
        return false;
    }
    const results = foldedResults(folder);
    const write = (name: string, text: string): void => {
        // Renamed, so that whoever finds a results.json finds a whole one.
        writeFileSync(join(folder, `.${name}`), text);
        renameSync(join(folder, `.${name}`), join(folder, name));
    };
    write("junit.xml", renderJunit(results));
    write("report.html", renderReportHtml(results));
    write("results.json", `${JSON.stringify(results, null, 2)}\n`);
    return true;
}

function foldedResults(folder: string): SuiteResults {
    const description = readJson(join(folder, OWN_SUITE_FILE), descriptionSchema);
    const end = readJson(join(folder, "verdict.json"), endSchema);
    const left = readJunitFiles(join(folder, OWN_SUITE_FOLDER));
    const cases = foldTests(left.tests);
    const tierWord = lineOf(join(folder, "logs", "run.env"), /^GPU_CI_TIER=(.*)$/m) ?? "unknown";
    const tier = TIERS.find((each) => each === tierWord) ?? "dev";
    const { ended } = readJson(join(folder, "ladder.json"), ladderSchema) ?? {};
    const { verdict, why } = decideOwnVerdict({
        end,
        isServerThere: ended === undefined || ended === "served",
        cases,
        junitFiles: left.junit.length,
        unreadable: left.unreadable,
        flakyFails: TIER_RULES[tier].flakyFails,
        machineSays: lineOf(join(folder, "logs", "suite.log"), /^no verdict: (.*)$/m),
    });
    const endedAt = end ? Date.parse(end.endedAt) : Date.now();
    const began = lineOf(join(folder, "logs", "phases.txt"), /^suite (\d{1,11})$/m);
    const startedAt = began === undefined ? endedAt : Math.min(endedAt, Number(began) * 1000);
    const model = description?.model ?? "unknown";
    return {
        schemaVersion: 2,
        tier,
        model,
        server: readServer(folder, model),
        startedAt: new Date(startedAt).toISOString(),
        endedAt: new Date(endedAt).toISOString(),
        seconds: (endedAt - startedAt) / 1000,
        verdict,
        why,
        totals: countStatuses(cases),
        ownSuite: {
            tier: tierWord,
            image: description?.image ?? "unknown",
            command: description?.command ?? [],
            exitStatus: end?.exitStatus ?? "unknown",
            junit: left.junit.map(inReport),
            pages: left.pages.map(inReport),
        },
        cases,
        performance: { latency: [], throughput: [] },
    };
}

function inReport(file: string): string {
    return `${OWN_SUITE_FOLDER}/${file}`;
}

/** The first group of the last match in a text file; undefined where there is none. */
function lineOf(path: string, pattern: RegExp): string | undefined {
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const all = [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))];
    return all.at(-1)?.[1].slice(0, 300);
}
