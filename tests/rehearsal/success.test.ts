import { readlinkSync } from "node:fs";
import { basename, join } from "node:path";

import { XMLParser } from "fast-xml-parser";

import { Session } from "../../rehearsal/session";
import {
    gpuCi,
    machinesOf,
    PROJECT_DIR,
    reportJson,
    reportText,
    startSession,
    stopSession,
} from "./harness";

const RUN = "test-success";

let session: Session;
let exitCode: number;
let output: string;

beforeAll(async () => {
    session = await startSession();
    ({ exitCode, output } = await gpuCi(session, ["run", "--tier", "commit", "--run-id", RUN]));
}, 180_000);
afterAll(() => stopSession(session));

test("a run whose suite passes ends with 0", () => {
    expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });
});

test("the receipt says what the meter says", async () => {
    const receipt = reportJson(RUN, "receipt");
    const [machine, ...others] = await machinesOf(session, RUN);
    expect(others).toEqual([]);
    expect(machine).toMatchObject({ state: "terminated", endedBy: "api", leakedGpuSeconds: 0 });
    expect(receipt).toMatchObject({
        runId: RUN,
        tier: "commit",
        verdict: "passed",
        releasedBy: "driver",
        leftovers: [],
        leakedGpuSeconds: 0,
    });
    // The cloud tells whole seconds.
    expect(Math.abs(receipt.billedGpuSeconds - machine.billedGpuSeconds)).toBeLessThanOrEqual(1);
    expect(Math.abs(seconds(receipt.launchedAt, machine.launchedAt))).toBeLessThanOrEqual(2);
    expect(Math.abs(seconds(receipt.leftRunningAt, machine.leftRunningAt!))).toBeLessThanOrEqual(2);
    expect(receipt.secondsFromSuiteEndToRelease).toBeLessThan(5);
});

test("the report is there, and says that the model is a stand-in", () => {
    const results = reportJson(RUN, "results");
    expect(results.verdict).toBe("passed");
    expect(results.server.standIn).toBe(true);
    expect(results.totals.passed).toBeGreaterThanOrEqual(12);
    expect(reportText(RUN, "report.html")).toContain("stand-in");
    const junit = new XMLParser({ ignoreAttributes: false }).parse(reportText(RUN, "junit.xml"));
    expect(Number(junit.testsuites["@_tests"])).toBe(results.cases.length);
    expect(Number(junit.testsuites["@_failures"])).toBe(0);
    expect(reportText(RUN, "logs/health.txt")).not.toContain("WRONG");
    expect(reportText(RUN, "logs/server.log")).toContain("Model loading took");
    expect(basename(readlinkSync(join(PROJECT_DIR, "reports", "latest")))).toBe(RUN);
});

test("armed before launch, tagged in the launch, and nothing refused on the way", async () => {
    const calls = await session.calls();
    const actions = calls.map(({ action }) => action);
    expect(actions.indexOf("CreateSchedule")).toBeGreaterThan(-1);
    expect(actions.indexOf("CreateSchedule")).toBeLessThan(actions.indexOf("RunInstances"));
    const launch = JSON.stringify(calls[actions.indexOf("RunInstances")].params);
    for (const tag of ["product", "owner", "run", "attempt", "tier", "expires-at"]) {
        expect(launch).toContain(`"${tag}"`);
    }
    expect(calls.filter(({ status }) => status >= 500)).toEqual([]);
});

test("no key is printed, logged or reported", async () => {
    const everything = [
        output,
        JSON.stringify(await session.calls()),
        ...["receipt.json", "results.json", "report.html", "logs/cloud-init-output.log"].map(
            (name) => reportText(RUN, name),
        ),
    ].join("\n");
    expect(everything).not.toMatch(/PRIVATE KEY|b3BlbnNzaC1rZXktdjE/);
});

function seconds(from: string, to: string): number {
    return (Date.parse(to) - Date.parse(from)) / 1000;
}
