import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Progress } from "../../../scripts/progress";
import { releaseReceipt } from "../../../scripts/releaseReceipt";
import { releaseRun } from "../../../scripts/releaseRun";
import { attemptOfStack } from "../../../scripts/runIdentity";
import { awsError, FakeCloud, FakeEngine, type EngineScript } from "./fakes";

function order(runId: string, attempt = "1", tier = "commit") {
    const settings = { runId, attempt, tier, owner: "team", instanceType: "g6.xlarge" };
    return { name: runId, base: {}, settings: { ...settings, market: "on-demand" }, env: {} };
}

/** What a driver left that was killed while its machine ran. */
function killed(script: Partial<EngineScript> = {}, attempts: readonly string[] = ["1"]) {
    const projectDir = mkdtempSync(join(tmpdir(), "gpu-ci-release-"));
    const clouds = new Map(
        ["us-east-1", "eu-west-1"].map((region) => [region, new FakeCloud(region)]),
    );
    const cloud = clouds.get("us-east-1") as FakeCloud;
    for (const attempt of attempts) {
        cloud.launch(order("x", attempt), 30);
        for (const kind of ["schedule", "security-group", "key-pair"] as const) {
            cloud.add(kind, order("x", attempt));
        }
    }
    const engine = new FakeEngine(cloud, { ups: [], left: ["commit-x-1"], ...script });
    const lines: string[] = [];
    const progress = new Progress({ write: (line) => lines.push(line) });
    const act = (regions = ["us-east-1"]) =>
        releaseRun({
            runId: "x",
            regions,
            projectDir,
            engine,
            openCloud: (region) => clouds.get(region) as FakeCloud,
            progress,
            sleep: () => new Promise((resolve) => setTimeout(resolve, 0)),
        });
    return { cloud, clouds, engine, lines, projectDir, act };
}

const receiptOf = (released: Awaited<ReturnType<typeof releaseRun>>) =>
    releaseReceipt({
        runId: "x",
        released,
        home: { results: undefined, why: "no report came home" },
        account: "1",
        awsEndpoint: undefined,
        engineVersion: "3.0.0",
        startedAt: Date.now(),
        now: Date.now(),
    });

test("destroy waits for what a machine holds that the cloud does not show yet", async () => {
    const { cloud, act } = killed({ destroyWaits: true });
    cloud.listingsBehind = 3;
    const released = await act();
    expect(released.exitCode).toBe(0);
    expect(cloud.live).toEqual([]);
});

test("machine, leftovers, stack and schedule of a run whose driver was killed", async () => {
    const { cloud, engine, act } = killed();
    const released = await act();
    expect(released.exitCode).toBe(0);
    expect(cloud.live).toEqual([]);
    expect([...cloud.things.keys()]).toEqual([]);
    expect(cloud.calls[1]).toMatch(/^terminate/);
    expect(engine.calls).toEqual(["destroy", "remove"]);
    expect(receiptOf(released)).toMatchObject({
        tier: "commit",
        owner: "team",
        verdict: "none",
        releasedBy: "release",
        leftovers: [],
        attempts: [{ attempt: 1, stack: "commit-x-1", machines: [{ gpuName: "L4" }] }],
    });
});

test("another run's and another attempt's things: every attempt goes, no other run", async () => {
    const { cloud, act } = killed({}, ["1", "2"]);
    const other = cloud.launch(order("x-1"), 30);
    const released = await act();
    expect(released.exitCode).toBe(0);
    expect(cloud.live.map(({ instanceId }) => instanceId)).toEqual([other.instanceId]);
    const receipt = receiptOf(released);
    expect(receipt.attempts.map(({ attempt, machines }) => [attempt, machines.length])).toEqual([
        [1, 1],
        [2, 1],
    ]);
});

test.each([
    ["no engine", { isAbsent: true }, /no pulumi on PATH; everything is released by tag alone/],
    ["state lost", { destroyFailures: 9, destroyErrorKind: "no-stack" }, /is gone: .* tag alone/],
    [
        "state unreadable",
        { destroyFailures: 9, destroyErrorKind: "unreadable-state" },
        /unreadable: .* tag alone/,
    ],
] as const)("%s: complete by tag alone, and it says so", async (_what, script, said) => {
    const { cloud, lines, engine, act } = killed(script);
    expect((await act()).exitCode).toBe(0);
    expect(cloud.live).toEqual([]);
    expect([...cloud.things.keys()]).toEqual([]);
    expect(lines.join("\n")).toMatch(said);
    expect(engine.calls.filter((call) => call === "destroy")).toHaveLength(
        "isAbsent" in script ? 0 : 1,
    );
});

test("a lock without proof is left alone, the cloud is emptied all the same", async () => {
    const { cloud, engine, act } = killed({ destroyFailures: 9, destroyErrorKind: "locked" });
    const { exitCode, regions } = await act();
    expect(exitCode).toBe(0);
    expect(cloud.live).toEqual([]);
    expect(engine.calls.filter((call) => call.startsWith("destroy"))).toHaveLength(1);
    expect(regions[0].outcome.steps).toContainEqual(
        expect.objectContaining({ step: "destroy the stack", outcome: "failed" }),
    );
});

test("the state is kept while the cloud is not empty, or does not answer", async () => {
    const { cloud, engine, act } = killed();
    cloud.failures = { resources: Array(99).fill(awsError("UnauthorizedOperation")) };
    const released = await act();
    expect(released.exitCode).toBe(3);
    expect(engine.calls).toEqual(["destroy"]);
    const { leftovers } = receiptOf(released);
    expect(leftovers).toContainEqual(expect.objectContaining({ kind: "volume", id: "?" }));
});

test("every region is asked; what one does not answer is no 'nothing'", async () => {
    const { clouds, act } = killed();
    const abroad = clouds.get("eu-west-1") as FakeCloud;
    abroad.launch(order("x", "2"), 30);
    const released = await act(["us-east-1", "eu-west-1"]);
    expect(released.exitCode).toBe(0);
    expect(abroad.live).toEqual([]);
    expect(receiptOf(released).asked.regions).toEqual(["us-east-1", "eu-west-1"]);

    abroad.failures = { machines: Array(99).fill(awsError("AuthFailure")) };
    const second = await act(["us-east-1", "eu-west-1"]);
    expect(second.exitCode).toBe(3);
    expect(receiptOf(second).leftovers).toContainEqual(
        expect.objectContaining({ kind: "machine", id: "?" }),
    );
});

test("what carries the run's tag without proof is spared, and counts as left", async () => {
    const { cloud, act } = killed();
    const foreign = cloud.launch(order("x", "1"), 30);
    const tags: Record<string, string> = { ...foreign.tags };
    delete tags.owner;
    cloud.all.set(foreign.instanceId, { ...foreign, tags });
    const released = await act();
    expect(cloud.live.map(({ instanceId }) => instanceId)).toEqual([foreign.instanceId]);
    expect(released.exitCode).toBe(3);
    expect(receiptOf(released).leftovers).toEqual([
        expect.objectContaining({
            id: foreign.instanceId,
            detail: expect.stringContaining("no tag owner; left alone"),
        }),
    ]);
    expect([...cloud.things.keys()]).toEqual(["schedule-x-1"]);
});

test("a second call finds nothing, and says 0", async () => {
    const { act } = killed();
    await act();
    const [{ hasActed, outcome }] = (await act()).regions;
    expect({ hasActed, clean: outcome.clean }).toEqual({ hasActed: false, clean: true });
});

test("an outage that lasts a while is waited for", async () => {
    const { cloud, act } = killed();
    const down = () => Array(10).fill(awsError("RequestLimitExceeded"));
    cloud.failures = { machines: down(), resources: down() };
    expect((await act()).exitCode).toBe(0);
    expect(cloud.live).toEqual([]);
});

test("a settings file without a stack goes", async () => {
    const { projectDir, engine, act } = killed({ left: [] });
    writeFileSync(join(projectDir, "Pulumi.commit-x-1.yaml"), "config: {}\n");
    writeFileSync(join(projectDir, "Pulumi.commit.yaml"), "config: {}\n");
    await act();
    expect(engine.orders.at(-1)?.name).toBe("commit-x-1");
    expect(engine.calls).toContain("remove");
    expect(existsSync(join(projectDir, "Pulumi.commit.yaml"))).toBe(true);
});

test.each([
    ["commit-x-1", "x", 1],
    ["dev-x-12", "x", 12],
    ["commit-20261124-1", "commit-20261124", 1],
    ["commit-x-1-1", "x", undefined],
    ["commit-y-1", "x", undefined],
    ["commit", "x", undefined],
    ["x-1", "x", undefined],
])("stack %s of run %s: attempt %p", (name, runId, attempt) => {
    expect(attemptOfStack(name, runId)).toBe(attempt);
});
