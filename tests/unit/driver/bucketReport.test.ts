import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as tar from "tar";

import { isUserError } from "../../../common/userError";
import { Progress } from "../../../scripts/progress";
import { receiptRows } from "../../../scripts/receiptRows";
import { ReportFolder } from "../../../scripts/reportFolder";
import {
    namedBucket,
    reportOfReleasedRun,
    settingsBucket,
} from "../../../scripts/reportOfReleasedRun";
import { releaseReceipt } from "../../../scripts/releaseReceipt";
import { releaseRun, type ReleasedRun } from "../../../scripts/releaseRun";
import { run } from "../../../scripts/run";
import { awsError, FakeCloud, FakeEngine, suiteResults, world, type UpScript } from "./fakes";

const BUCKET = "acme-reports";
const POWER_OFF = "ephemeral-gpu-ci: power off: disk: only 3 KiB free in /var\n";

/** What a machine pushes, by path. */
function pushed(files: Readonly<Record<string, string>>): Uint8Array {
    const dir = mkdtempSync(join(tmpdir(), "pushed-"));
    mkdirSync(join(dir, "logs"));
    for (const [path, content] of Object.entries(files)) {
        writeFileSync(join(dir, path), content);
    }
    const file = join(dir, "..", `${Date.now()}-${Math.random()}.tar.gz`);
    tar.c({ sync: true, gzip: true, cwd: dir, file }, Object.keys(files));
    return readFileSync(file);
}

const whole = () =>
    pushed({
        "results.json": JSON.stringify(suiteResults("passed")),
        "junit.xml": "<testsuites/>",
        "logs/power-off.log": POWER_OFF,
        "plan.json": "not the machine's to write",
    });

describe("a run whose report did not come by SSH", () => {
    async function ran(up: UpScript, stored: FakeCloud["stored"], reportBucket = BUCKET) {
        const it = world({ ups: [up] });
        it.cloud.stored = stored;
        const given = { runId: "x", market: "on-demand", reportBucket };
        const end = await run({ tier: "commit", given }, it.options);
        const folder = (name: string) => readFileSync(join(it.reports, "x", name), "utf8");
        return { ...it, ...end, folder };
    }
    const KEY = `${BUCKET}/runs/x/1/report.tar.gz`;
    const own = { bytes: whole(), instanceId: "i-00000001" };
    const endsItself: UpScript = {
        failAfter: "the connection broke",
        meanwhile: ({ instanceId }, cloud) =>
            cloud.end(instanceId, "Client.InstanceInitiatedShutdown"),
    };

    test("has the verdict of the one in the bucket, and says where it is from", async () => {
        const { exitCode, receipt, lines, folder } = await ran(endsItself, { [KEY]: own });
        expect(exitCode).toBe(0);
        expect(receipt).toMatchObject({ verdict: "passed", exitCode: 0, releasedBy: "watchdog" });
        expect(lines.join("\n")).toContain(`report: from s3://${KEY}`);
        expect(folder("report.html")).toContain("<html");
        // The run's own files are not the machine's to write.
        expect(JSON.parse(folder("plan.json")).tier).toBe("commit");
    });

    test("knows from it why the machine powered itself off, where the console does not tell", async () => {
        const { receipt } = await ran(endsItself, { [KEY]: own });
        expect(receipt.machine?.powerOffReason).toBe("disk: only 3 KiB free in /var");
    });

    test("and also where the driver ended it first", async () => {
        const { receipt } = await ran({ failAfter: "the connection broke" }, { [KEY]: own });
        expect(Object.fromEntries(receiptRows(receipt))["Released by"]).toBe(
            "driver; the machine itself: disk: only 3 KiB free in /var",
        );
    });

    test("a failed suite is a failed run", async () => {
        const bytes = pushed({ "results.json": JSON.stringify(suiteResults("failed")) });
        const { exitCode } = await ran(endsItself, { [KEY]: { ...own, bytes } });
        expect(exitCode).toBe(1);
    });

    test.each([
        ["there is none", undefined, "there is none in s3://"],
        ["another machine's", { ...own, instanceId: "i-other" }, "is of machine i-other, not"],
        ["no machine's", { ...own, instanceId: undefined }, "is of machine unknown, not"],
        ["refused", awsError("AccessDenied"), "cannot be fetched: AccessDenied"],
        ["no archive", { ...own, bytes: Buffer.from("x") }, "it is no gzip archive"],
    ])("%s: no verdict, and it says so", async (_, found, told) => {
        const { exitCode, lines } = await ran(
            endsItself,
            found === undefined ? {} : { [KEY]: found },
        );
        expect(exitCode).toBe(2);
        expect(lines.join("\n")).toContain(told);
    });

    test.each([
        ["it came by SSH", { verdict: "passed" } as const, BUCKET],
        ["no machine was launched", { failBefore: "UnauthorizedOperation" }, BUCKET],
        ["no bucket is set", endsItself, ""],
    ])("%s: the bucket is not asked", async (_, up, bucket) => {
        const { cloud } = await ran(up, { [KEY]: own }, bucket);
        expect(cloud.calls.filter((call) => call.startsWith("storedObject"))).toEqual([]);
    });
});

describe("a run whose driver is gone", () => {
    function order(attempt: string) {
        const settings = { runId: "x", attempt, tier: "commit", owner: "team" };
        const machine = { instanceType: "g6.xlarge", market: "on-demand" };
        return { name: "x", base: {}, settings: { ...settings, ...machine }, env: {} };
    }

    async function released(attempts: readonly string[], stored: FakeCloud["stored"]) {
        const cloud = new FakeCloud();
        cloud.stored = stored;
        for (const attempt of attempts) {
            const { instanceId } = cloud.launch(order(attempt), 30);
            cloud.end(instanceId, "Client.InstanceInitiatedShutdown");
        }
        const dir = mkdtempSync(join(tmpdir(), "gpu-ci-release-"));
        const lines: string[] = [];
        const progress = new Progress({ write: (line) => lines.push(line) });
        const ended = await releaseRun({
            ...{ runId: "x", regions: ["us-east-1"], projectDir: dir, progress },
            engine: new FakeEngine(cloud, { ups: [], left: [] }),
            openCloud: () => cloud,
            sleep: async () => undefined,
        });
        const folder = new ReportFolder(dir, "x");
        const from = { cloud, bucket: BUCKET, runId: "x", folder, progress };
        return { ended, folder, from, lines, dir: join(dir, "x") };
    }
    const receiptOf = (after: ReleasedRun, folder: ReportFolder) =>
        releaseReceipt({
            ...{ runId: "x", released: after, home: folder.readResults(), account: "1" },
            ...{ awsEndpoint: undefined, engineVersion: "3.0.0", startedAt: 0, now: Date.now() },
        });
    const stored = (attempt: number, instanceId: string, bytes = whole()) => ({
        [`${BUCKET}/runs/x/${attempt}/report.tar.gz`]: { bytes, instanceId },
    });

    test("its report comes home with verdict and reason", async () => {
        const { ended, folder, from } = await released(["1"], stored(1, "i-00000001"));
        const { released: after, hasCome } = await reportOfReleasedRun(ended, from);
        expect(hasCome).toBe(true);
        expect(receiptOf(after, folder)).toMatchObject({
            verdict: "passed",
            leftovers: [],
            machine: { powerOffReason: "disk: only 3 KiB free in /var" },
        });
    });

    test("the newest attempt's is the run's, each machine has its own reason", async () => {
        const first = pushed({
            "logs/power-off.log": "ephemeral-gpu-ci: power off: spot notice: {}\n",
        });
        const { ended, folder, from, dir } = await released(["1", "2"], {
            ...stored(1, "i-00000001", first),
            ...stored(2, "i-00000002"),
        });
        const { released: after } = await reportOfReleasedRun(ended, from);
        expect(existsSync(join(dir, "attempts/1/logs/power-off.log"))).toBe(true);
        const { verdict, attempts } = receiptOf(after, folder);
        expect(verdict).toBe("passed");
        expect(attempts.map(({ machines }) => machines[0].powerOffReason)).toEqual([
            "spot notice: {}",
            "disk: only 3 KiB free in /var",
        ]);
    });

    test("of which the cloud knows nothing any more: found by listing the bucket", async () => {
        const { ended, folder, from } = await released([], stored(3, "i-long-gone"));
        await reportOfReleasedRun(ended, from);
        expect(folder.readResults().results?.verdict).toBe("passed");
    });

    test("whose report is here: the bucket is not asked", async () => {
        const { ended, folder, from, dir } = await released(["1"], stored(1, "i-00000001"));
        folder.prepare();
        writeFileSync(join(dir, "results.json"), JSON.stringify(suiteResults("failed")));
        expect((await reportOfReleasedRun(ended, from)).hasCome).toBe(false);
        expect(folder.readResults().results?.verdict).toBe("failed");
    });

    test("with a bucket that refuses: told, and released all the same", async () => {
        const { ended, from, lines } = await released(["1"], {});
        from.cloud.storedKeys = async () => Promise.reject(awsError("AccessDenied"));
        const { released: after, hasCome } = await reportOfReleasedRun(ended, from);
        expect({ hasCome, exitCode: after.exitCode }).toEqual({ hasCome: false, exitCode: 0 });
        expect(lines.join("\n")).toContain("cannot be listed: AccessDenied");
    });

    test("the command names the bucket, else the environment, else the tier's settings", async () => {
        expect(namedBucket("a-bucket", { GPU_CI_REPORT_BUCKET: "b-bucket" })).toBe("a-bucket");
        expect(namedBucket(undefined, { GPU_CI_REPORT_BUCKET: "b-bucket" })).toBe("b-bucket");
        expect(namedBucket(undefined, {})).toBeUndefined();
        const { ended, dir } = await released(["1"], {});
        const project = join(dir, "..");
        expect(settingsBucket("x", ended, project)).toBeUndefined();
        writeFileSync(
            join(project, "Pulumi.commit.yaml"),
            "config:\n  ephemeral-gpu-ci:reportBucket: c-bucket\n",
        );
        expect(settingsBucket("x", ended, project)).toBe("c-bucket");
        expect(settingsBucket("commit-1", { ...ended, regions: [] }, project)).toBe("c-bucket");
    });

    test("a name that no bucket has is refused before anything is released", () => {
        try {
            namedBucket("s3://x", {});
            throw new Error("accepted");
        } catch (error) {
            expect(isUserError(error)).toBe(true);
        }
    });
});
