import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { APPS, Session } from "../../rehearsal/session";
import {
    gpuCi,
    machinesOf,
    PROJECT_DIR,
    pulumi,
    reportJson,
    reportText,
    startSession,
    stopSession,
} from "./harness";

// What examples/pytest-suite/Dockerfile makes; its stand-in is on the emulated machines.
const IMAGE = `ghcr.io/acme/pytest-suite@sha256:${"a".repeat(64)}`;
const DIR = "examples/pytest-suite";
const PYTEST = "pytest /suite --junitxml=/report/junit.xml";
const STACK = "test-own";
const SETTINGS = join(PROJECT_DIR, `Pulumi.${STACK}.yaml`);

let session: Session;

beforeAll(async () => {
    session = await startSession();
}, 120_000);
afterAll(() => stopSession(session));

function run(runId: string, command: string, more: readonly string[] = []) {
    return gpuCi(session, [
        ...["run", "--tier", "dev", "--run-id", runId, "--suite-image", IMAGE],
        ...["--suite-command", command, ...more],
    ]);
}

test("the example passes on a machine, and its JUnit is the run's report", async () => {
    const runId = "test-own-passes";
    const { exitCode, output } = await run(runId, PYTEST, ["--suite-dir", DIR]);
    expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });

    const results = reportJson(runId, "results");
    expect(results).toMatchObject({
        tier: "dev",
        verdict: "passed",
        why: "all 6 tests passed",
        server: { standIn: true },
        totals: { passed: 6, failed: 0 },
        ownSuite: { image: IMAGE, exitStatus: "0", junit: ["own-suite/junit.xml"] },
    });
    const streamed = results.cases.find(({ id }: { id: string }) => id.includes("streams"));
    expect(streamed.metrics.pieces).toBeGreaterThan(1);
    expect(Date.parse(results.startedAt)).toBeLessThan(Date.parse(results.endedAt));
    expect(reportText(runId, "report.html")).toContain("Stand-in server, not a real model");
    expect(reportText(runId, "report.html")).toContain("test_sees_the_colour[red]");
    expect(reportText(runId, "junit.xml")).toContain('tests="6" failures="0" errors="0"');
    expect(reportText(runId, "own-suite/junit.xml")).toContain("testsuites");
    expect(reportJson(runId, "receipt")).toMatchObject({ verdict: "passed", leftovers: [] });
}, 120_000);

test("a test that fails is the run's verdict, exit code 1, and named in the receipt", async () => {
    const runId = "test-own-fails";
    const { exitCode } = await run(runId, `${PYTEST} --capital Lyon`, ["--suite-dir", DIR]);
    expect(exitCode).toBe(1);
    const results = reportJson(runId, "results");
    expect(results).toMatchObject({ verdict: "failed", totals: { passed: 5, failed: 1 } });
    const [failed] = results.cases.filter(({ status }: { status: string }) => status === "failed");
    expect(failed.checks[0].message).toContain("lyon");
    expect(reportJson(runId, "receipt")).toMatchObject({
        verdict: "failed",
        why: "1 of 6 tests failed: test_answers.test_names_the_capital",
        leftovers: [],
    });
}, 120_000);

test("the environment is what is promised, and a suite may come with its image alone", async () => {
    const runId = "test-own-environment";
    const { exitCode, output } = await run(
        runId,
        `sh -c 'env | grep ^GPU_CI_ >/report/environment.txt; touch /suite/x && exit 0; exit 5'`,
    );
    expect({ exitCode, said: output.includes("exit status 5") }).toEqual({
        exitCode: 2,
        said: true,
    });
    const told = Object.fromEntries(
        reportText(runId, "own-suite/environment.txt")
            .trim()
            .split("\n")
            .map((line) => line.split("=", 2)),
    );
    expect(told).toMatchObject({
        GPU_CI_SERVER_URL: "http://127.0.0.1:8000",
        GPU_CI_MODEL: reportJson(runId, "results").model,
        GPU_CI_TIER: "dev",
        GPU_CI_RUN_ID: runId,
        GPU_CI_REPORT_DIR: "/report",
        GPU_CI_RUNG: "as-planned",
    });
    const [machine] = await machinesOf(session, runId);
    expect(Date.parse(told.GPU_CI_DEADLINE)).toBeGreaterThan(Date.parse(machine.launchedAt));
    expect(reportJson(runId, "results")).toMatchObject({ verdict: "none", cases: [] });
}, 120_000);

test("a plain `pulumi up` folds it as well", async () => {
    writeFileSync(SETTINGS, readFileSync(join(PROJECT_DIR, "Pulumi.dev.yaml")));
    const env = {
        GPU_CI_SUITE_IMAGE: IMAGE,
        GPU_CI_SUITE_DIR: DIR,
        GPU_CI_SUITE_COMMAND: JSON.stringify(PYTEST.split(" ")),
        GPU_CI_RUN_ID: "test-own-plain",
    };
    await pulumi(session, ["stack", "init", STACK]);
    const up = await pulumi(session, ["up", "--yes", "--skip-preview", "--stack", STACK], env);
    expect(up).toMatchObject({ exitCode: 0 });
    expect(up.output).toMatch(/verdict\s*: "passed"/);
    expect(reportJson("test-own-plain", "results").why).toBe("all 6 tests passed");
    expect(reportText("test-own-plain", "report.html")).toContain("Own suite");
    await pulumi(session, ["destroy", "--yes", "--skip-preview", "--stack", STACK], env);
    await pulumi(session, ["stack", "rm", STACK, "--yes", "--force"]);
}, 120_000);

test("what cannot work is refused before anything is created", async () => {
    const empty = mkdtempSync(join(tmpdir(), "empty-suite-"));
    // The account sweeper looks every five minutes, whatever we do.
    const ours = async () => (await session.calls()).filter(({ app }) => app === APPS.ci).length;
    const before = await ours();
    for (const [args, said] of [
        [["--suite-dir", "no/such/folder", "--suite-command", "pytest"], "is not there"],
        [["--suite-dir", empty, "--suite-command", "pytest"], "no folder with something in it"],
        [["--suite-dir", DIR], "there is no suiteCommand"],
        [["--suite-command", " "], "is empty"],
        [["--suite-command", "pytest | tee x"], "which is a shell's"],
        [["--suite-command", "pytest", "--suite-image", "python:3.13"], "by digest"],
    ] as const) {
        const { exitCode, output } = await gpuCi(session, ["run", "--tier", "dev", ...args]);
        expect({ args, exitCode }).toEqual({ args, exitCode: 2 });
        expect(output).toContain(said);
    }
    expect(await ours()).toBe(before);
}, 60_000);
