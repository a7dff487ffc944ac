import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

import { IAMClient } from "@aws-sdk/client-iam";
import { HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

import { Session } from "../../rehearsal/session";
import { isIntact } from "../../scripts/receiptChecksum";
import { callsOf } from "../permissions/callers";
import { missing, unused } from "../permissions/coverage";
import { deployedPolicy } from "../permissions/deployed";
import { requestsOf } from "../permissions/requests";
import {
    gpuCi,
    insideMachine,
    machinesOf,
    PROJECT_DIR,
    reportJson,
    reportText,
    startGpuCi,
    startSession,
    StartedDriver,
    stopSession,
    until,
} from "./harness";
import { filesOf, findNeedles, roleCredentials } from "./keyMaterial";

const BUCKET = "acme-gpu-reports";

let session: Session;

beforeAll(async () => {
    session = await startSession({}, { reportBucketName: BUCKET });
    // Of AWS's service quotas: running on-demand and spot machines with a GPU of family G.
    await session.setQuotas({ "L-DB2E81BA": 64, "L-3819A6DF": 64 });
}, 120_000);
afterAll(() => stopSession(session));
afterEach(() => session.injectFaults([]));

function startRun(runId: string, ...more: string[]): StartedDriver {
    forget(runId);
    return startGpuCi(session, [
        ...["run", "--run-id", runId, "--report-bucket", BUCKET, "--market", "on-demand"],
        ...more,
    ]);
}

/** A run that nobody disturbs. */
async function ran(
    runId: string,
    ...more: string[]
): Promise<{ exitCode: number | null; output: string }> {
    const driver = startRun(runId, ...more);
    const exitCode = await driver.ended;
    return { exitCode, output: driver.output };
}

/** A computer that has never seen the run: no settings file, no report. */
function forget(runId: string): void {
    for (const tier of ["commit", "release"]) {
        rmSync(join(PROJECT_DIR, `Pulumi.${tier}-${runId}-1.yaml`), { force: true });
    }
    rmSync(join(PROJECT_DIR, "reports", runId), { recursive: true, force: true });
}

const release = (runId: string) =>
    gpuCi(session, ["release", "--run", runId, "--report-bucket", BUCKET]);

/** The machine that has put the report there, undefined while there is none. */
async function pushedBy(runId: string): Promise<string | undefined> {
    const s3 = new S3Client({ ...session.administrator, forcePathStyle: true });
    const key = { Bucket: BUCKET, Key: `runs/${runId}/1/report.tar.gz` };
    const found = await s3.send(new HeadObjectCommand(key)).catch(() => undefined);
    return found?.Metadata?.instance;
}

const machineOf = async (runId: string) => (await machinesOf(session, runId))[0];

async function endedItself(runId: string, seconds: number): Promise<void> {
    const isOver = async () => (await machineOf(runId)).state === "terminated";
    await until(`the machine of ${runId} has ended itself`, isOver, seconds).catch(
        async (error: Error) => {
            const { instanceId } = await machineOf(runId);
            throw new Error(
                `${error.message}\n${(await session.console(instanceId)).slice(-3000)}`,
            );
        },
    );
    expect(await machineOf(runId)).toMatchObject({ endedBy: "inside", leakedGpuSeconds: 0 });
}

function hasPassed({ exitCode, output }: { exitCode: number | null; output: string }): void {
    expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });
}

test("driver killed in mid-suite: the suite ends, and its report survives the machine", async () => {
    const runId = "test-push-killed";
    const driver = startRun(runId, "--tier", "commit", "--set", "heartbeatMinutes=1");
    await driver.printed(/\[ *2\/\d+\]/, 120);
    driver.killTree();
    await endedItself(runId, 150);
    const { instanceId, expiresAt, leftRunningAt } = await machineOf(runId);
    expect(Date.parse(leftRunningAt!)).toBeLessThan(Date.parse(expiresAt!));
    expect(await pushedBy(runId)).toBe(instanceId);

    forget(runId);
    const released = await release(runId);
    hasPassed(released);
    expect(released.output).toContain(`report: from s3://${BUCKET}/runs/${runId}/1/report.tar.gz`);
    expect(reportJson(runId, "results").verdict).toBe("passed");
    const receipt = reportJson(runId, "receipt");
    expect(isIntact(receipt)).toBe(true);
    expect(receipt).toMatchObject({
        verdict: "passed",
        releasedBy: "watchdog",
        leftovers: [],
        leakedGpuSeconds: 0,
        machine: { powerOffReason: "heartbeat: nobody has waited for 60 s" },
    });
    expect(reportText(runId, "logs/power-off.log")).toContain("heartbeat: nobody has waited");
    expect(reportText(runId, "junit.xml")).toContain("<testsuites");

    const needles = roleCredentials(session, instanceId);
    expect(needles.length).toBeGreaterThan(2);
    const places = {
        console: await session.console(instanceId),
        calls: JSON.stringify(await session.calls()),
        "gpu-ci release": released.output,
        ...filesOf(join(PROJECT_DIR, "reports", runId)),
    };
    expect(places.console).toMatch(/ephemeral-gpu-ci: report pushed, \d+ bytes/);
    expect(Object.keys(places)).toContain("logs/push.log");
    expect(findNeedles(needles, places)).toEqual([]);
}, 300_000);

test("the machine signs with its own role, which can put reports and nothing else", async () => {
    const puts = (await session.calls()).filter(({ action }) => action === "PutObject");
    expect(puts.length).toBeGreaterThan(0);
    for (const put of puts) {
        expect(put).toMatchObject({
            caller: "machine",
            role: "arn:aws:iam::123456789012:role/ephemeral-gpu-ci-machine",
            status: 200,
        });
    }
});

test("a spot notice without a driver: what there is by then is kept, with the reason", async () => {
    const runId = "test-push-spot";
    // The guard asks every 5 s; this suite takes longer.
    const driver = startRun(runId, "--tier", "release", "--market", "spot");
    await driver.printed(/\[ *2\/\d+\]/, 120);
    driver.killTree();
    await session.giveSpotNotice((await machineOf(runId)).instanceId);
    await endedItself(runId, 110);
    forget(runId);
    hasPassed(await release(runId));
    expect(reportText(runId, "logs/power-off.log")).toMatch(/power off: spot notice: /);
    expect(reportJson(runId, "receipt")).toMatchObject({
        leftovers: [],
        machine: { powerOffReason: expect.stringMatching(/^spot notice: /) },
    });
}, 300_000);

test("a watchdog that ends the machine in mid-suite: the driver finds out why in the bucket", async () => {
    const runId = "test-push-deadline";
    const driver = startRun(runId, "--tier", "release");
    await driver.printed(/\[ *2\/\d+\]/, 120);
    const { instanceId } = await machineOf(runId);
    insideMachine(session, instanceId, "echo 1 >/var/lib/ephemeral-gpu-ci/power-off-at");
    expect(await driver.ended).toBe(2);
    expect(await pushedBy(runId)).toBe(instanceId);
    expect(driver.output).toContain(`report: from s3://${BUCKET}/runs/${runId}/1/report.tar.gz`);
    const reason = expect.stringMatching(/^the deadline is near \(/);
    expect(reportJson(runId, "receipt")).toMatchObject({
        verdict: "none",
        leftovers: [],
        machine: { powerOffReason: reason },
    });
    expect(reportText(runId, "logs/suite.log")).toContain("the server is ready");
}, 300_000);

describe("what goes wrong with the bucket spares the run", () => {
    test("refused: the report comes by SSH, and the machine ends", async () => {
        const runId = "test-push-refused";
        await session.injectFaults([
            {
                ...{ service: "s3", action: "PutObject", caller: "machine", times: 99 },
                ...{ kind: "error", code: "AccessDenied", httpStatus: 403 },
            },
        ]);
        const driver = startRun(runId, "--tier", "commit");
        hasPassed({ exitCode: await driver.ended, output: driver.output });
        expect(reportJson(runId, "receipt")).toMatchObject({ verdict: "passed", leftovers: [] });
        expect(await pushedBy(runId)).toBeUndefined();
        expect(driver.output).not.toContain("s3://");
    }, 200_000);

    test("a metadata service that hangs: the machine still ends itself, in time", async () => {
        const runId = "test-push-hang";
        const driver = startRun(runId, "--tier", "commit", "--set", "heartbeatMinutes=1");
        await driver.printed(/\[ *2\/\d+\]/, 120);
        const { instanceId } = await machineOf(runId);
        insideMachine(session, instanceId, "systemctl kill --signal=STOP rehearsal-imds");
        driver.killTree();
        await endedItself(runId, 170);
        const console = await session.console(instanceId);
        expect(console).toMatch(/report not pushed: (TimeoutError|URLError .*timed out)/);
        expect(await pushedBy(runId)).toBeUndefined();
        forget(runId);
        const released = await release(runId);
        hasPassed(released);
        expect(released.output).toContain(`report: there is none in s3://${BUCKET}`);
        expect(reportJson(runId, "receipt")).toMatchObject({
            verdict: "none",
            why: expect.stringContaining("no report came home"),
            leftovers: [],
            machine: { powerOffReason: "heartbeat: nobody has waited for 60 s" },
        });
        expect(existsSync(join(PROJECT_DIR, "reports", runId, "results.json"))).toBe(false);
    }, 330_000);
});

// The other statements for CI are judged in leastPrivilege.test.ts.
test("a baseline in the bucket: read before anything is rented, and compared with on the machine", async () => {
    const [first, second, third] = ["test-baseline-a", "test-baseline-b", "test-baseline-c"];
    const url = `s3://${BUCKET}/baselines/known-good.json`;
    const refused = await ran(first, "--tier", "commit", "--baseline", url);
    expect(refused.exitCode).toBe(2);
    expect(refused.output).toContain(`the baseline ${url} cannot be fetched: there is none`);
    expect(await machinesOf(session, first)).toEqual([]);

    hasPassed(await ran(second, "--tier", "commit"));
    const s3 = new S3Client({ ...session.administrator, forcePathStyle: true });
    await s3.send(
        new PutObjectCommand({
            Bucket: BUCKET,
            Key: "baselines/known-good.json",
            Body: reportText(second, "results.json"),
        }),
    );
    const compared = await ran(third, "--tier", "commit", "--baseline", url);
    hasPassed(compared);
    expect(compared.output).toContain(`baseline: ${url}`);
    const { verdict, comparison } = reportJson(third, "results");
    expect(verdict).toBe("passed");
    expect(comparison).toMatchObject({
        baseline: { name: "known-good" },
        lost: [],
        won: [],
        tokens: { sameShare: { mean: 1 }, logprobDrift: { mean: 0 } },
    });
    expect(comparison.pairs).toBeGreaterThan(10);
}, 300_000);

test.each([
    ["machine", ["StoreReports"]],
    ["ci", ["ReadReports", "FindReports"]],
] as const)(
    "the policy for %s: nothing of it is missing or unused",
    async (role, sids) => {
        const policy = await deployedPolicy(new IAMClient(session.administrator), role);
        const requests = callsOf(role, await session.calls()).flatMap(requestsOf);
        expect(requests.length).toBeGreaterThan(0);
        expect(await missing(policy, requests)).toEqual([]);
        const ofTheBucket = policy.Statement.filter(({ Sid }) => sids.some((sid) => sid === Sid));
        expect(ofTheBucket).toHaveLength(sids.length);
        expect(await unused({ ...policy, Statement: ofTheBucket }, requests)).toEqual([]);
    },
    60_000,
);
