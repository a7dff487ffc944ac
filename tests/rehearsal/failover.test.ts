import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import {
    expectedTries,
    refusals,
    refuseLaunch,
    REFUSALS,
    type PlannedMachine,
    type RefusalClass,
} from "../../rehearsal/refusedLaunches";
import { Session } from "../../rehearsal/session";
import {
    gpuCi,
    machinesOf,
    PROJECT_DIR,
    reportJson,
    startGpuCi,
    startSession,
    stopSession,
} from "./harness";

/** Promised: a candidate that cannot be had costs no more than this. */
const SECONDS_PER_FAILED_CANDIDATE = 15;

let session: Session;
let candidates: PlannedMachine[];

beforeAll(async () => {
    session = await startSession({}, { regions: "us-west-2" });
}, 120_000);
afterAll(() => stopSession(session));
afterEach(() => session.injectFaults([]));

const command = (runId: string) => ["run", "--tier", "commit", "--run-id", runId];

/** What the receipt says was tried, as the plan names it. */
function tried(runId: string) {
    return reportJson(runId, "receipt").attempts.map(
        ({ instanceType, market, zone }: PlannedMachine) => ({ instanceType, market, zone }),
    );
}

function named({ instanceType, market, zone }: PlannedMachine) {
    return { instanceType, market, zone };
}

test("a spot machine that is taken back in mid-suite: the next candidate passes in the same run", async () => {
    const runId = "test-taken-back";
    const driver = startGpuCi(session, command(runId));
    await driver.printed(/\[ *2\/\d+\]/, 90);
    const [taken] = await machinesOf(session, runId);
    await session.interrupt(taken.instanceId);
    const exitCode = await driver.ended;
    expect({ exitCode, output: exitCode === 0 ? "" : driver.output }).toEqual({
        exitCode: 0,
        output: "",
    });

    ({ candidates } = JSON.parse(
        readFileSync(join(PROJECT_DIR, "reports", runId, "plan.json"), "utf8"),
    ));
    const onDemand = candidates.find(({ market }) => market === "on-demand")!;
    expect(tried(runId)).toEqual([candidates[0], onDemand].map(named));
    const receipt = reportJson(runId, "receipt");
    expect(receipt).toMatchObject({
        verdict: "passed",
        leftovers: [],
        attempts: [{ outcome: "interrupted", usd: expect.any(Number) }, { outcome: "verdict" }],
    });
    expect(await machinesOf(session, runId)).toMatchObject([
        { instanceId: taken.instanceId, endedBy: "spot" },
        { endedBy: "api", state: "terminated" },
    ]);
    expect(existsSync(join(PROJECT_DIR, "reports", runId, "logs", "server.log"))).toBe(true);
}, 180_000);

test.each<[RefusalClass, number]>([
    ["capacity", 5],
    ["fatal", 1],
])(
    "launches refused (%s) of the first %d candidates: the run ends on the next by the rule",
    async (kind, count) => {
        const runId = `test-${kind}-${count}`;
        const expected = expectedTries(candidates, refusals(kind, count));
        await session.injectFaults(expected.refused.map(refuseLaunch));
        // Minutes of the runs before would make another plan.
        const env = { GPU_CI_HISTORY: join(session.dir, `${runId}.jsonl`) };
        const { exitCode, output } = await gpuCi(session, command(runId), env);

        const end = expected.last === undefined ? 2 : 0;
        expect({ exitCode, output: exitCode === end ? "" : output }).toEqual({
            exitCode: end,
            output: "",
        });
        const refused = expected.refused.map(({ machine }) => machine);
        expect(tried(runId)).toEqual(
            [...refused, ...(expected.last ? [expected.last] : [])].map(named),
        );
        const { attempts, leftovers } = reportJson(runId, "receipt");
        expect(leftovers).toEqual([]);
        for (const { seconds, machines } of attempts.slice(0, refused.length)) {
            expect(machines).toEqual([]);
            expect(seconds).toBeLessThan(SECONDS_PER_FAILED_CANDIDATE);
        }
        expect(await machinesOf(session, runId)).toMatchObject(
            expected.last
                ? [{ instanceType: expected.last.instanceType, state: "terminated" }]
                : [],
        );
    },
    240_000,
);

test("no quota at home: the run goes on in the next region, with all that belongs to it there", async () => {
    const runId = "test-next-region";
    const [{ code, message, httpStatus }] = REFUSALS.quota;
    await session.injectFaults([
        {
            ...{ service: "ec2", action: "RunInstances", kind: "error", times: 99 },
            ...{ code, message, httpStatus, region: "us-east-1" },
        },
    ]);
    const { exitCode, output } = await gpuCi(session, [
        ...command(runId),
        ...["--instance-type", "g6.xlarge", "--market", "on-demand"],
        ...["--set", "fallbackRegions=us-west-2"],
    ]);
    expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });
    expect(reportJson(runId, "receipt")).toMatchObject({
        verdict: "passed",
        leftovers: [],
        attempts: [
            { region: "us-east-1", outcome: "no-quota", schedule: "deleted", machines: [] },
            {
                region: "us-west-2",
                outcome: "verdict",
                schedule: "deleted",
                machines: [
                    { zone: expect.stringMatching(/^us-west-2[a-z]$/), state: "terminated" },
                ],
            },
        ],
    });
    // The deadline was armed where the machine was, and before it.
    const calls = (await session.calls()).filter(({ region }) => region === "us-west-2");
    const actions = calls.map(({ action }) => action);
    expect(actions.indexOf("CreateSchedule")).toBeGreaterThan(-1);
    expect(actions.indexOf("CreateSchedule")).toBeLessThan(actions.indexOf("RunInstances"));
}, 120_000);
