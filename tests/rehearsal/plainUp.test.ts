import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Session } from "../../rehearsal/session";
import { machinesOf, PROJECT_DIR, pulumi, startSession, stopSession, until } from "./harness";

// As a person types it. The stack's settings are those of the dev tier, in a file that git ignores.
const STACK = "test-plain";
const SETTINGS = join(PROJECT_DIR, `Pulumi.${STACK}.yaml`);

let session: Session;

beforeAll(async () => {
    session = await startSession();
    writeFileSync(SETTINGS, readFileSync(join(PROJECT_DIR, "Pulumi.dev.yaml")));
    await pulumi(session, ["stack", "init", STACK]);
}, 120_000);

afterAll(async () => {
    await pulumi(session, ["stack", "rm", STACK, "--yes", "--force"]);
    await stopSession(session);
}, 60_000);

async function outputs(): Promise<Record<string, string>> {
    return JSON.parse(
        (await pulumi(session, ["stack", "output", "--json", "--stack", STACK])).output,
    );
}

async function resourceCounts(command: string[]): Promise<Record<string, number>> {
    const { exitCode, output } = await pulumi(session, [...command, "--stack", STACK]);
    const counts = [...output.matchAll(/^\s+[-+~]*\s*(\d+) (\w[\w ]*)$/gm)];
    expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });
    return Object.fromEntries(counts.map(([, count, what]) => [what.trim(), Number(count)]));
}

let first: Record<string, string>;

test("`pulumi up` runs the suite and exports where the report is", async () => {
    const counts = await resourceCounts(["up", "--yes", "--skip-preview"]);
    expect(Object.keys(counts)).toEqual(["created"]);
    first = await outputs();
    expect(first.verdict).toBe("passed");
    expect(first.runId).toMatch(/^dev-[0-9a-f]{8}$/);
    expect(first.instanceId).toMatch(/^i-/);
    expect(existsSync(join(PROJECT_DIR, first.reportPath, "report.html"))).toBe(true);
    expect(Date.parse(first.deadline)).toBeGreaterThan(Date.now());
    expect(Number(first.estimatedPriceUsd)).toBeGreaterThan(0);
}, 120_000);

test("`pulumi preview` and a second `pulumi up` show no change", async () => {
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
        expect(Object.keys(await resourceCounts(command))).toEqual(["unchanged"]);
    }
    expect(await outputs()).toEqual(first);
}, 120_000);

test("`pulumi destroy` ends the machine, and the deadline schedule outlives it", async () => {
    const counts = await resourceCounts(["destroy", "--yes", "--skip-preview"]);
    expect(Object.keys(counts)).toEqual(["deleted"]);
    const [machine] = await machinesOf(session, first.runId);
    expect(machine).toMatchObject({ state: "terminated", endedBy: "api" });
    const actions = (await session.calls()).map(({ action }) => action);
    expect(actions).toContain("CreateSchedule");
    expect(actions).not.toContain("DeleteSchedule");
}, 120_000);

test("a machine that nothing else ends is ended by its deadline schedule", async () => {
    await resourceCounts(["up", "--yes", "--skip-preview"]);
    const { runId, deadline } = await outputs();
    const running = async () => (await machinesOf(session, runId))[0];
    expect((await running()).state).toBe("running");

    // The emulated cloud's clock goes to just before the schedule's start (90 s before the deadline);
    // the machine keeps its own clock, so its watchdog sleeps on.
    const { now } = await session.meter();
    await session.advanceClock((Date.parse(deadline) - Date.parse(now)) / 1000 - 95);
    expect((await running()).state).toBe("running");
    await until(
        "the terminator has ended it",
        async () => (await running()).state === "terminated",
        60,
    );
    expect(await running()).toMatchObject({ endedBy: "terminator", leakedGpuSeconds: 0 });

    await resourceCounts(["destroy", "--yes", "--skip-preview"]);
}, 180_000);
