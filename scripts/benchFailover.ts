import { columns } from "../common/columns";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { runCommand } from "../rehearsal/command";
import { deployFoundation } from "../rehearsal/foundation";
import { meterLine } from "../rehearsal/meter";
import {
    expectedTries,
    refuseLaunch,
    refusals,
    type PlannedMachine,
    type RefusalClass,
} from "../rehearsal/refusedLaunches";
import { Session } from "../rehearsal/session";
import type { Tools } from "../rehearsal/tools";
import type { Receipt } from "./receipt";

const GPU_CI = join(resolve(__dirname, ".."), "bin", "gpu-ci.js");
const TIER = "commit";

export const MOST_REFUSED = 5;
/** Promised: a candidate that cannot be had costs no more than this. */
const SECONDS_PER_REFUSAL_MAX = 15;

export interface FailoverRow {
    readonly kind: RefusalClass;
    /** Launches that were to be refused. */
    readonly refused: number;
    /** Machine on which the run has to end; "none" where no other one is worth a try. */
    readonly expected: string;
    readonly got: string;
    /** The dearest of the refused candidates; null where none was. */
    readonly secondsPerRefusal: number | null;
    readonly machinesLeft: number;
    readonly holds: boolean;
}

/**
 * Every class of refusal with its first 0 to `most` candidates refused, each a whole run in one
 * emulated cloud. Where the rule leaves fewer candidates than are to be refused, it is the same run
 * again, and is not repeated.
 */
export async function benchFailover(
    tools: Tools,
    kinds: readonly RefusalClass[],
    most: number,
    say: (line: string) => void,
): Promise<FailoverRow[]> {
    const dir = mkdtempSync(join(tmpdir(), "gpu-ci-failover-"));
    const session = await Session.start(tools);
    const rows: FailoverRow[] = [];
    try {
        await deployFoundation(session);
        const free = await measure(session, dir, "capacity", 0, []);
        for (const kind of kinds) {
            rows.push({ ...free.row, kind });
            for (let refused = 1; refused <= most; refused += 1) {
                const before = rows[rows.length - 1];
                const ways = refusals(kind, refused);
                const isNew = expectedTries(free.candidates, ways).refused.length === refused;
                const row = isNew
                    ? (await measure(session, dir, kind, refused, free.candidates)).row
                    : { ...before, refused };
                rows.push(row);
                say(isNew ? rowText(row) : `${rowText(row)}  as with one less`);
            }
        }
        return rows;
    } finally {
        say(meterLine(await session.stop()));
        rmSync(dir, { recursive: true, force: true });
    }
}

async function measure(
    session: Session,
    dir: string,
    kind: RefusalClass,
    refused: number,
    planned: readonly PlannedMachine[],
) {
    const runId = `bench-${kind}-${refused}`;
    const reports = join(dir, "reports");
    const tries = expectedTries(planned, refusals(kind, refused));
    await session.injectFaults(tries.refused.map(refuseLaunch));
    const command = ["node", GPU_CI, "run", "--tier", TIER, "--run-id", runId];
    const { output } = await runCommand([...command, "--reports", reports], {
        cwd: resolve(__dirname, ".."),
        // Minutes of the runs before would make another plan.
        env: { ...session.env, GPU_CI_HISTORY: join(dir, `${runId}.jsonl`) },
        output: "capture",
    });
    const read = (name: string) => {
        try {
            return JSON.parse(readFileSync(join(reports, runId, name), "utf8"));
        } catch (error) {
            throw new Error(`${runId} left no ${name} (${String(error)}):\n${output}`);
        }
    };
    const candidates: PlannedMachine[] = read("plan.json").candidates;
    const row = rowOf({ kind, refused }, tries.last ?? candidates[0], tries, read("receipt.json"));
    const { machines } = await session.meter();
    const left = machines.filter(({ run, state }) => run === runId && state !== "terminated");
    const holds = row.holds && left.length === 0;
    return { candidates, row: { ...row, machinesLeft: left.length, holds } };
}

function rowOf(
    cell: Pick<FailoverRow, "kind" | "refused">,
    wanted: PlannedMachine,
    tries: ReturnType<typeof expectedTries>,
    { verdict, attempts }: Receipt,
): Omit<FailoverRow, "machinesLeft"> {
    const isPossible = tries.last !== undefined || cell.refused === 0;
    const expected = isPossible ? machineText(wanted) : "none";
    const last = attempts[attempts.length - 1];
    const got = verdict === "passed" ? machineText(last) : "none";
    const failed = attempts.filter(({ outcome }) => outcome !== "verdict");
    const seconds = failed.map((attempt) => attempt.seconds);
    const secondsPerRefusal = seconds.length === 0 ? null : Math.max(...seconds);
    const holds =
        got === expected &&
        failed.length === tries.refused.length &&
        (secondsPerRefusal ?? 0) < SECONDS_PER_REFUSAL_MAX;
    return { ...cell, expected, got, secondsPerRefusal, holds };
}

function machineText({ instanceType, market, zone }: Omit<PlannedMachine, "quotaCode">): string {
    return [instanceType, market, ...(zone === null ? [] : [zone])].join(" ");
}

function rowText(row: FailoverRow): string {
    return cells(row).join("  ");
}

function cells(row: FailoverRow): string[] {
    const { kind, refused, expected, got, secondsPerRefusal, machinesLeft, holds } = row;
    return [
        ...[kind, String(refused), expected, got],
        secondsPerRefusal === null ? "-" : secondsPerRefusal.toFixed(1),
        ...[String(machinesLeft), holds ? "yes" : "NO"],
    ];
}

/** The whole matrix for a terminal. */
export function failoverTable(rows: readonly FailoverRow[]): string {
    const headings = ["class", "k", "expected", "got", "s per refusal", "left", "holds"];
    return [
        `The first k candidates of a run (tier ${TIER}) refused; promised: under ` +
            `${SECONDS_PER_REFUSAL_MAX} s for each, 0 machines left.`,
        "",
        ...columns([headings, ...rows.map(cells)]),
    ].join("\n");
}
