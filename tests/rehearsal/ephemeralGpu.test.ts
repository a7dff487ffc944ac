import { existsSync } from "node:fs";
import { join } from "node:path";

import { CommandResult, runCommand } from "../../rehearsal/command";
import { deployFoundation } from "../../rehearsal/foundation";
import { Session } from "../../rehearsal/session";
import { ensureAll } from "../../scripts/setup/ensureAll";
import { machinesOf, stopSession } from "./harness";

const PROGRAM_DIR = join(__dirname, "programs", "ephemeralGpu");
const RUN = "test-ephemeral-gpu";
// The hyphen keeps the settings file that the engine writes out of git.
const STACK = "test-ephemeral-gpu";
const SETTINGS = join(PROGRAM_DIR, `Pulumi.${STACK}.yaml`);

let session: Session;

beforeAll(async () => {
    const given = process.env.GPU_CI_TEST_TOOLS;
    session = await Session.start(given ? JSON.parse(given) : await ensureAll());
    await succeeds("stack", "init");
}, 120_000);

afterAll(async () => {
    await succeeds("destroy", "--yes", "--skip-preview");
    await succeeds("stack", "rm", "--yes", "--force");
    expect(existsSync(SETTINGS)).toBe(false);
    await stopSession(session);
}, 120_000);

/** A command of the engine on the program's stack. */
function pulumi(...args: string[]): Promise<CommandResult> {
    return runCommand(
        ["pulumi", ...args, "--stack", STACK, "--color", "never", "--non-interactive"],
        { cwd: PROGRAM_DIR, env: session.env, output: "capture" },
    );
}

/** One that has to succeed; gives its output. */
async function succeeds(...args: string[]): Promise<string> {
    const { exitCode, output } = await pulumi(...args);
    expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });
    return output;
}

const UP = [
    ...["up", "--yes", "--skip-preview"],
    ...["--config", `runId=${RUN}`, "--config", "callerCidr=127.0.0.1/32"],
];
// Whatever changes something in the cloud; the rest only asks.
const CHANGES = /^(Create|Run|Import|Authorize|Put|Start|Terminate|Delete|Add|Attach)/;

test("an account without the foundation is told what to do, and gets nothing", async () => {
    const { exitCode, output } = await pulumi(...UP);
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/has no (role|state machine|instance profile) ephemeral-gpu-ci-/);
    expect(output).toContain("cd foundation && pulumi up");
    const actions = (await session.calls()).map(({ action }) => action);
    expect(actions).toContain("GetRole");
    expect(actions.filter((action) => CHANGES.test(action))).toEqual([]);
    await deployFoundation(session);
}, 120_000);

test("a program of one's own rents a machine, and runs a command on it", async () => {
    await succeeds(...UP);
    const { instanceId, deadline, health } = JSON.parse(
        await succeeds("stack", "output", "--json"),
    );
    expect(health).toMatch(/^ok {5}driver and GPU: NVIDIA L4/m);
    expect(health).toMatch(/^ok {5}watchdog: \d+ s until it ends this machine; it is armed$/m);
    expect(health).not.toContain("WRONG");
    expect(health).not.toContain("server:");
    expect(health.trimEnd().split("\n").pop()).toBe("loops=3");

    const [machine, ...others] = await machinesOf(session, RUN);
    expect(others).toEqual([]);
    expect(machine).toMatchObject({ instanceId, state: "running", expiresAt: deadline });
}, 120_000);

test("a second `up` changes nothing", async () => {
    expect(await succeeds(...UP)).toMatch(/Resources:\n\s+\d+ unchanged\n/);
}, 60_000);

test("`destroy` ends it, in time", async () => {
    await succeeds("destroy", "--yes", "--skip-preview");
    const [machine] = await machinesOf(session, RUN);
    expect(machine).toMatchObject({ state: "terminated", endedBy: "api", leakedGpuSeconds: 0 });
    expect((await session.meter()).running).toBe(0);
}, 60_000);
