import { existsSync } from "node:fs";
import { join } from "node:path";

import { Session } from "../../rehearsal/session";
import {
    gpuCi,
    insideMachine,
    machinesOf,
    PROJECT_DIR,
    reportJson,
    reportText,
    startGpuCi,
    startSession,
    stopSession,
    until,
} from "./harness";

let session: Session;

beforeAll(async () => {
    session = await startSession();
}, 120_000);
afterAll(() => stopSession(session));
afterEach(() => session.injectFaults([]));

const run = (runId: string, ...more: string[]) => [
    "run",
    "--tier",
    "commit",
    "--run-id",
    runId,
    ...more,
];

test("`up` that fails before the launch: no verdict, nothing left", async () => {
    await session.injectFaults([
        {
            service: "ec2",
            action: "RunInstances",
            times: 99,
            kind: "error",
            code: "UnauthorizedOperation",
            message: "You are not authorized to perform this operation.",
            httpStatus: 403,
        },
    ]);
    const { exitCode, output } = await gpuCi(session, run("test-no-launch"));
    expect({ exitCode, output: exitCode === 2 ? "" : output }).toEqual({ exitCode: 2, output: "" });
    expect(reportJson("test-no-launch", "receipt")).toMatchObject({
        verdict: "none",
        releasedBy: "none",
        leftovers: [],
        billedGpuSeconds: 0,
    });
    expect(await machinesOf(session, "test-no-launch")).toEqual([]);
    expect(output).toContain("UnauthorizedOperation");
}, 120_000);

test("a launch whose answer is lost: the machine that nobody knows is found by its tag and ended", async () => {
    await session.injectFaults([
        { service: "ec2", action: "RunInstances", times: 1, kind: "drop-response" },
    ]);
    const { exitCode } = await gpuCi(session, run("test-lost-answer"));
    const machines = await machinesOf(session, "test-lost-answer");
    expect(machines.length).toBeGreaterThanOrEqual(1);
    for (const machine of machines) {
        expect(machine).toMatchObject({ state: "terminated", endedBy: "api" });
    }
    const receipt = reportJson("test-lost-answer", "receipt");
    expect(receipt.leftovers).toEqual([]);
    expect([0, 2]).toContain(exitCode);
}, 120_000);

test("the connection breaks while the suite runs: waited for again, with the same verdict", async () => {
    const driver = startGpuCi(session, run("test-broken-wait"));
    await driver.printed("the server is ready");
    const [{ instanceId }] = await machinesOf(session, "test-broken-wait");
    insideMachine(session, instanceId, "pkill -KILL -f 'sshd: [u]buntu'");
    expect({ exitCode: await driver.ended, output: "" }).toEqual({ exitCode: 0, output: "" });
    expect(driver.output).toContain("waiting again");
    expect(reportJson("test-broken-wait", "receipt")).toMatchObject({
        verdict: "passed",
        leftovers: [],
    });
    expect(await machinesOf(session, "test-broken-wait")).toHaveLength(1);
}, 120_000);

test("a server that never starts: no verdict, its last words in the report, nothing left", async () => {
    const { exitCode } = await gpuCi(session, run("test-no-server"), {
        GPU_CI_MODEL: "acme/not-a-Qwen3-VL-8B-that-the-server-knows",
    });
    expect(exitCode).toBe(2);
    expect(reportJson("test-no-server", "receipt")).toMatchObject({
        verdict: "none",
        leftovers: [],
    });
    expect(reportText("test-no-server", "logs/suite.log")).toContain(
        "the server ended before it was ready",
    );
}, 120_000);

test.each(["SIGINT", "SIGTERM"] as const)(
    "%s in mid-run: cancelled with 130, the machine ended by tag within 10 s, nothing left",
    async (signal) => {
        const runId = `test-${signal.toLowerCase()}`;
        const driver = startGpuCi(session, run(runId));
        await until(
            "the machine runs",
            async () => (await machinesOf(session, runId)).some(({ state }) => state === "running"),
            60,
            () => driver.output,
        );
        const signalledAt = Date.now();
        driver.signal(signal);
        expect(await driver.ended).toBe(130);
        const [machine] = await machinesOf(session, runId);
        expect(machine).toMatchObject({ state: "terminated", endedBy: "api" });
        expect((Date.parse(machine.leftRunningAt!) - signalledAt) / 1000).toBeLessThan(10);
        expect(reportJson(runId, "receipt")).toMatchObject({ verdict: "none", leftovers: [] });
    },
    120_000,
);

test("driver killed with -9: the machine ends itself before its deadline", async () => {
    const driver = startGpuCi(session, run("test-killed", "--deadline-minutes", "1"));
    await until(
        "the machine runs",
        async () =>
            (await machinesOf(session, "test-killed")).some(({ state }) => state === "running"),
        60,
        () => driver.output,
    );
    driver.killTree();
    await until(
        "the machine has ended",
        async () => (await machinesOf(session, "test-killed"))[0].state === "terminated",
        75,
    );
    const [machine] = await machinesOf(session, "test-killed");
    expect(machine).toMatchObject({ endedBy: "inside", leakedGpuSeconds: 0 });

    // What the killed run left beside the machine: a later hand needs nothing but the run's id.
    const reap = await gpuCi(session, ["reap", "--run", "test-killed", "--yes"]);
    expect({ exitCode: reap.exitCode, output: reap.exitCode === 0 ? "" : reap.output }).toEqual({
        exitCode: 0,
        output: "",
    });
    expect(existsSync(join(PROJECT_DIR, "Pulumi.commit-test-killed-1.yaml"))).toBe(false);
}, 180_000);
