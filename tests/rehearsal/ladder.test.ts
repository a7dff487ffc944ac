import { Session, SessionOptions } from "../../rehearsal/session";
import { gpuCi, machinesOf, reportJson, reportText, startSession, stopSession } from "./harness";

// Every GPU of these clouds is smaller than its instance type's, so that the plan is wrong about it.

/** Starts a cloud, runs the driver in it, looks, and asks the meter. */
async function withCloud(
    machineSettings: SessionOptions["machineSettings"],
    look: (session: Session) => Promise<void>,
): Promise<void> {
    const session = await startSession({ machineSettings });
    try {
        await look(session);
    } finally {
        await stopSession(session);
    }
}

const ladderOf = (run: string) => JSON.parse(reportText(run, "ladder.json"));

const rungsOf = (run: string): string[] =>
    ladderOf(run).rungs.map((rung: any) => `${rung.name}: ${rung.failure}`);

test("flags that do not fit: the server climbs down until it serves, and the report says where", async () => {
    const run = "test-ladder-start";
    await withCloud({ gpuMemoryMiB: 10_500 }, async (session) => {
        const { exitCode, output } = await gpuCi(session, [
            ...["run", "--tier", "commit", "--run-id", run, "--instance-type", "g6.xlarge"],
        ]);
        expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({
            exitCode: 0,
            output: "",
        });
        expect(rungsOf(run)).toEqual([
            "as-planned: context-too-long",
            "fewer-sequences: context-too-long",
            "eager: null",
        ]);
        expect(ladderOf(run).ended).toBe("served");
        const { verdict, server } = reportJson(run, "results");
        expect(verdict).toBe("passed");
        expect(server.rung.name).toBe("eager");
        expect(server.rung.because).toContain("as-planned: context-too-long");
        expect(reportText(run, "report.html")).toContain("not as planned");
        expect(reportText(run, "junit.xml")).toMatch(/name="rung" value="eager"/);
    });
}, 240_000);

test("a release takes a bigger machine rather than change an answer", async () => {
    const run = "test-ladder-release";
    await withCloud({ gpuMemoryMiB: { "g6e.xlarge": 21_500 } }, async (session) => {
        const { exitCode, output } = await gpuCi(session, [
            ...["run", "--tier", "release", "--run-id", run],
        ]);
        expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({
            exitCode: 0,
            output: "",
        });
        // FP8 weights or an FP8 cache would have fitted on the first.
        const first = JSON.parse(reportText(run, "attempts/1/ladder.json"));
        expect(first).toMatchObject({
            ended: "exhausted",
            rungs: [
                { name: "as-planned", failure: "no-room-for-cache" },
                { name: "fewer-sequences", failure: "no-room-for-cache" },
                { name: "eager", failure: "context-too-long" },
            ],
        });
        expect(rungsOf(run)).toEqual(["as-planned: null"]);
        const { attempts, verdict } = reportJson(run, "receipt");
        expect(verdict).toBe("passed");
        expect(attempts.map((each: any) => [each.instanceType, each.outcome])).toEqual([
            ["g6e.xlarge", "out-of-memory"],
            ["g7e.2xlarge", "verdict"],
        ]);
        for (const { state } of await machinesOf(session, run)) {
            expect(state).toBe("terminated");
        }
    });
}, 300_000);

test("a server that dies of a case: the whole suite anew on the next rung", async () => {
    const run = "test-ladder-case";
    // Four requests at once need more than the server leaves beside its cache, two do not.
    await withCloud({ modelRequestMiB: 700 }, async (session) => {
        const { exitCode, output } = await gpuCi(session, [
            ...["run", "--tier", "commit", "--run-id", run, "--instance-type", "g6.xlarge"],
        ]);
        expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({
            exitCode: 0,
            output: "",
        });
        expect(rungsOf(run)).toEqual(["as-planned: cuda-out-of-memory", "fewer-sequences: null"]);
        const results = reportJson(run, "results");
        expect(results.verdict).toBe("passed");
        expect(results.totals.passed).toBe(results.cases.length);
        expect(results.server.rung.name).toBe("fewer-sequences");
        const before = JSON.parse(reportText(run, "results.as-planned.json"));
        // Those that are asked one at a time come first.
        expect(before.totals.passed).toBeGreaterThan(5);
        expect(before.totals.passed).toBeLessThan(before.cases.length);
    });
}, 240_000);

test("cases that no rung can hold are left out: the others are answered, and nothing has passed", async () => {
    const run = "test-ladder-split";
    // Two requests at once are too much on every rung; the suite asks one by one, but for four cases.
    await withCloud({ modelRequestMiB: 1300 }, async (session) => {
        const { exitCode } = await gpuCi(session, [
            ...["run", "--tier", "merge", "--precision", "int4"],
            ...["--run-id", run, "--instance-type", "g6.xlarge"],
        ]);
        expect(exitCode).toBe(2);
        expect(rungsOf(run)).toEqual([
            "as-planned: cuda-out-of-memory",
            "fewer-sequences: cuda-out-of-memory",
            "eager: cuda-out-of-memory",
            "split-cases: cuda-out-of-memory",
            "split-cases: null",
        ]);
        expect(ladderOf(run).ended).toBe("served");
        const { verdict, why, cases, totals, server } = reportJson(run, "results");
        expect(verdict).toBe("none");
        expect(why).toContain(
            "4 of 674 cases could not be judged: throughput-4, throughput-16, load",
        );
        expect(totals).toEqual({
            passed: cases.length - 4,
            flaky: 0,
            failed: 0,
            errored: 4,
            skipped: 0,
        });
        expect(server.rung.name).toBe("split-cases");
        expect(server.rung.note).toMatch(/no CUDA graphs.*; without the cases/);
        expect(reportText(run, "report.html")).toMatch(/ran out of memory in this case/);
        for (const { state } of await machinesOf(session, run)) {
            expect(state).toBe("terminated");
        }
    });
}, 240_000);
