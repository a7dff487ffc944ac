import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { Session } from "../../rehearsal/session";
import { isIntact } from "../../scripts/receiptChecksum";
import {
    gpuCi,
    machinesOf,
    PROJECT_DIR,
    pulumi,
    reportJson,
    startGpuCi,
    startSession,
    StartedDriver,
    stopSession,
    until,
} from "./harness";

// Machines of the API only: what is tested ends them before anything would boot.
let session: Session;

beforeAll(async () => {
    session = await startSession({ machines: "none" });
}, 120_000);
afterAll(() => stopSession(session));
afterEach(() => session.injectFaults([]));

const stackOf = (runId: string) => `commit-${runId}-1`;
const settingsOf = (runId: string) => join(PROJECT_DIR, `Pulumi.${stackOf(runId)}.yaml`);
const stateDir = () => session.env.PULUMI_BACKEND_URL!.replace("file://", "");
const stateOf = (runId: string) =>
    join(stateDir(), ".pulumi", "stacks", "ephemeral-gpu-ci", `${stackOf(runId)}.json`);

/** PATH of a computer that has no engine, though this one may. */
function pathWithoutPulumi(): string {
    const folders = session.env.PATH!.split(delimiter);
    return folders.filter((folder) => !existsSync(join(folder, "pulumi"))).join(delimiter);
}

/** A driver whose machine runs. */
async function driverWithMachine(runId: string): Promise<StartedDriver> {
    rmSync(join(PROJECT_DIR, "reports", runId), { recursive: true, force: true });
    const driver = startGpuCi(session, ["run", "--tier", "commit", "--run-id", runId]);
    await until(
        "the machine runs",
        async () => (await machinesOf(session, runId)).some(({ state }) => state === "running"),
        60,
        () => driver.output,
    );
    return driver;
}

/** A computer that has never seen the run: no settings file, no report. */
function forget(runId: string): void {
    rmSync(settingsOf(runId), { force: true });
    rmSync(join(PROJECT_DIR, "reports", runId), { recursive: true, force: true });
}

async function release(runId: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { exitCode, output } = await gpuCi(session, ["release", "--run", runId], env);
    expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });
    const receipt = reportJson(runId, "receipt");
    expect(receipt).toMatchObject({ verdict: "none", leftovers: [], leakedGpuSeconds: 0 });
    expect(isIntact(receipt)).toBe(true);
    const [machine] = await machinesOf(session, runId);
    expect(machine).toMatchObject({ state: "terminated", leakedGpuSeconds: 0 });
    return output;
}

async function nothingIsLeft(runId: string): Promise<void> {
    const look = await gpuCi(session, ["reap", "--run", runId]);
    expect(look.output).toContain("Nothing of ours is there.");
    expect(existsSync(settingsOf(runId))).toBe(false);
}

async function stackIsGone(runId: string): Promise<void> {
    const { output } = await pulumi(session, ["stack", "ls", "--json"]);
    expect(output).not.toContain(stackOf(runId));
}

test("driver killed, lock and stack left: from a clean computer everything goes", async () => {
    const driver = await driverWithMachine("test-rel-kill");
    driver.killTree();
    expect(readdirSync(join(stateDir(), ".pulumi", "locks"), { recursive: true }).join()).toContain(
        stackOf("test-rel-kill"),
    );
    forget("test-rel-kill");
    const output = await release("test-rel-kill");
    expect(output).toMatch(/lock of stack \S+ is removed: its owner is dead/);
    expect(reportJson("test-rel-kill", "receipt")).toMatchObject({
        releasedBy: "release",
        tier: "commit",
        attempts: [{ schedule: "deleted", machines: [{ state: "terminated" }] }],
    });
    await nothingIsLeft("test-rel-kill");
    await stackIsGone("test-rel-kill");
}, 120_000);

test("as GitHub cancels: SIGINT, SIGTERM after 7.5 s, SIGKILL 2.5 s later", async () => {
    const runId = "test-rel-cancel";
    const driver = await driverWithMachine(runId);
    const cancelledAt = Date.now();
    driver.signal("SIGINT");
    await new Promise((wake) => setTimeout(wake, 7500));
    driver.signal("SIGTERM");
    await new Promise((wake) => setTimeout(wake, 2500));
    driver.killTree();
    const [machine] = await machinesOf(session, runId);
    expect(machine).toMatchObject({ state: "terminated", endedBy: "api" });
    expect((Date.parse(machine.leftRunningAt!) - cancelledAt) / 1000).toBeLessThan(10);
    forget(runId);
    await release(runId);
    await nothingIsLeft(runId);
    await stackIsGone(runId);
}, 120_000);

test.each([
    ["cut short", (path: string) => writeFileSync(path, readFileSync(path, "utf8").slice(0, 900))],
    ["lost", (path: string) => rmSync(path)],
])(
    "state %s: by tag alone, completely, and it says so",
    async (what, harm) => {
        const runId = `test-rel-${what.split(" ")[0]}`;
        const driver = await driverWithMachine(runId);
        driver.killTree();
        harm(stateOf(runId));
        const output = await release(runId);
        if (what === "cut short") {
            expect(output).toMatch(
                /state of \S+ is unreadable: everything is released by tag alone/,
            );
        }
        await nothingIsLeft(runId);
        await stackIsGone(runId);
    },
    120_000,
);

test("no engine on this computer: by tag alone, and it says so", async () => {
    const runId = "test-rel-no-engine";
    const driver = await driverWithMachine(runId);
    driver.killTree();
    forget(runId);
    const output = await release(runId, { PATH: pathWithoutPulumi() });
    expect(output).toMatch(/no pulumi on PATH.*everything is released by tag alone/);
    await nothingIsLeft(runId);
}, 120_000);
