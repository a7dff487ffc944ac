import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

import { XMLValidator } from "fast-xml-parser";
import fc from "fast-check";

import { REMOVAL_ORDER } from "../../../scripts/cloud";
import type { Receipt } from "../../../scripts/receipt";
import { receiptSchema } from "../../../scripts/receipt";
import { run } from "../../../scripts/run";
import type { Plan } from "../../../sizing";
import { suiteResultsSchema } from "../../../suite/results";
import { awsError, world, type EngineScript, type Failures, type World } from "./fakes";

const REQUEST = { tier: "commit", given: {} } as const;
const BROKEN_WAIT =
    "wait: remote command exited without exit status or exit signal: " +
    'running "sudo /opt/ephemeral-gpu-ci/wait-for-suite.sh":';
const CAPACITY = "creating EC2 Instance: InsufficientInstanceCapacity: We currently do not have";

interface LifeCycle {
    readonly name: string;
    readonly script: EngineScript;
    readonly failures?: Failures;
    readonly before?: (world: World) => void;
    readonly exitCode: number;
    readonly verdict: Receipt["verdict"];
    readonly releasedBy: Receipt["releasedBy"];
    /** Default 1; "all": as many as the plan has candidates. */
    readonly attempts?: number | "all";
    readonly why?: RegExp;
    /** Kinds of what is left. */
    readonly left?: readonly string[];
    readonly schedule?: Receipt["attempts"][number]["schedule"];
}

const OWN_SUITE = {
    ...{ tier: "commit", image: "i", command: ["c"], exitStatus: "0", junit: [], pages: [] },
};

const LIFE_CYCLES: readonly LifeCycle[] = [
    {
        name: "the suite passes",
        script: { ups: [{ verdict: "passed" }] },
        exitCode: 0,
        verdict: "passed",
        releasedBy: "driver",
    },
    {
        name: "the suite fails",
        script: { ups: [{ verdict: "failed" }] },
        exitCode: 1,
        verdict: "failed",
        releasedBy: "driver",
    },
    {
        name: "an own suite's JUnit says worse than its exit status: the JUnit's word and reason",
        script: {
            ups: [
                {
                    verdict: "passed",
                    results: { ownSuite: OWN_SUITE, verdict: "failed", why: "2 tests failed" },
                },
            ],
        },
        exitCode: 1,
        verdict: "failed",
        releasedBy: "driver",
        why: /^2 tests failed$/,
    },
    {
        name: "an own suite fails because the server has ended: no verdict",
        script: {
            ups: [
                {
                    verdict: "failed",
                    results: { ownSuite: OWN_SUITE, verdict: "none", why: "the server ended" },
                },
            ],
        },
        exitCode: 2,
        verdict: "none",
        releasedBy: "driver",
        why: /^the server ended$/,
    },
    {
        name: "up fails before the launch",
        script: { ups: [{ failBefore: "UnauthorizedOperation: not you" }] },
        exitCode: 2,
        verdict: "none",
        releasedBy: "none",
        why: /UnauthorizedOperation.*no report came home/,
    },
    {
        name: "up fails after the launch",
        script: { ups: [{ failAfter: "command failed: server not ready" }] },
        exitCode: 2,
        verdict: "none",
        releasedBy: "driver",
        why: /server not ready/,
    },
    {
        name: "the connection breaks while the suite is waited for: waited for again",
        script: { ups: [{ failAfter: BROKEN_WAIT }, { verdict: "passed" }] },
        exitCode: 0,
        verdict: "passed",
        releasedBy: "driver",
    },
    {
        name: "the connection breaks again and again: given up after three waits",
        script: { ups: [1, 2, 3, 4].map(() => ({ failAfter: BROKEN_WAIT })) },
        exitCode: 2,
        verdict: "none",
        releasedBy: "driver",
        why: /without exit status/,
    },
    {
        name: "up fails after the report came home: the verdict stands",
        script: { ups: [{ verdict: "failed", failAfter: "output could not be saved" }] },
        exitCode: 1,
        verdict: "failed",
        releasedBy: "driver",
        why: /could not be saved/,
    },
    {
        name: "the stack cannot be created",
        script: { ups: [], createFails: "backend is read-only" },
        exitCode: 2,
        verdict: "none",
        releasedBy: "none",
        why: /read-only/,
    },
    {
        name: "destroy fails twice",
        script: { ups: [{ verdict: "passed" }], destroyFailures: 2 },
        exitCode: 0,
        verdict: "passed",
        releasedBy: "driver",
    },
    {
        name: "destroy always fails, and what it leaves is removed by tag",
        script: { ups: [{ verdict: "passed" }], destroyFailures: 99 },
        exitCode: 0,
        verdict: "passed",
        releasedBy: "driver",
    },
    {
        name: "the first terminate is refused (403), a later one is not",
        script: { ups: [{ verdict: "passed" }], destroyFailures: 1 },
        failures: { terminate: [awsError("UnauthorizedOperation")] },
        exitCode: 0,
        verdict: "passed",
        releasedBy: "driver",
    },
    {
        name: "nothing can end the machine: exit 3 and the deadline schedule stays",
        script: { ups: [{ verdict: "passed" }] },
        before: ({ cloud }) => (cloud.protectedFromEnd = true),
        exitCode: 3,
        verdict: "passed",
        releasedBy: "none",
        left: ["machine"],
        schedule: "kept",
    },
    {
        name: "the cloud never answers again: unknown is not none",
        script: { ups: [{ verdict: "passed" }] },
        failures: { machines: Array.from({ length: 500 }, () => awsError("ExpiredToken")) },
        exitCode: 3,
        verdict: "passed",
        releasedBy: "none",
        left: ["machine"],
        schedule: "kept",
    },
    {
        name: "a security group cannot be removed",
        script: { ups: [{ verdict: "passed" }], destroyFailures: 99 },
        failures: { remove: Array.from({ length: 500 }, () => awsError("DependencyViolation")) },
        exitCode: 3,
        verdict: "passed",
        releasedBy: "driver",
        left: ["schedule", "key-pair", "security-group"],
        schedule: "kept",
    },
    {
        name: "no capacity for the first candidate, the second has it",
        script: { ups: [{ failBefore: CAPACITY }, { verdict: "passed" }] },
        exitCode: 0,
        verdict: "passed",
        releasedBy: "driver",
        attempts: 2,
    },
    {
        name: "no capacity for any candidate: every one of them is tried",
        script: { ups: Array.from({ length: 99 }, () => ({ failBefore: CAPACITY })) },
        exitCode: 2,
        verdict: "none",
        releasedBy: "none",
        attempts: "all",
        why: /InsufficientInstanceCapacity/,
    },
    {
        name: "throttled until the engine gave up: the next candidate",
        script: { ups: [{ failBefore: "RequestLimitExceeded: no" }, { verdict: "passed" }] },
        exitCode: 0,
        verdict: "passed",
        releasedBy: "driver",
        attempts: 2,
    },
    {
        name: "forbidden, whatever else the error says: no other candidate",
        script: { ups: [{ failBefore: `UnauthorizedOperation: no; ${CAPACITY}` }] },
        exitCode: 2,
        verdict: "none",
        releasedBy: "none",
    },
    {
        name: "the cloud took the order and found no host for it: the next candidate",
        script: {
            ups: [
                {
                    failAfter: "unexpected state 'terminated', wanted target 'running'",
                    meanwhile: ({ instanceId }, cloud) =>
                        cloud.end(instanceId, "Server.InsufficientInstanceCapacity"),
                },
                { verdict: "passed" },
            ],
        },
        exitCode: 0,
        verdict: "passed",
        releasedBy: "driver",
        attempts: 2,
    },
    {
        name: "no capacity, and the cloud does not say that nothing is left: no other candidate",
        script: { ups: [{ failBefore: CAPACITY }, { verdict: "passed" }] },
        failures: { resources: Array.from({ length: 500 }, () => awsError("ExpiredToken")) },
        exitCode: 3,
        verdict: "none",
        releasedBy: "none",
        left: REMOVAL_ORDER,
        schedule: "kept",
    },
];

describe("a run's life-cycles", () => {
    test.each(LIFE_CYCLES)("$name", async (cycle) => {
        const it = world(cycle.script);
        it.cloud.failures = cycle.failures ?? {};
        cycle.before?.(it);
        const end = await run(REQUEST, it.options);

        const { receipt } = end;
        const attempts =
            cycle.attempts === "all" ? planOf(it, receipt).candidates.length : cycle.attempts;
        expect({
            exitCode: end.exitCode,
            verdict: receipt.verdict,
            releasedBy: receipt.releasedBy,
            left: [...new Set(receipt.leftovers.map(({ kind }) => kind))].sort(),
            attempts: receipt.attempts.length,
        }).toEqual({
            exitCode: cycle.exitCode,
            verdict: cycle.verdict,
            releasedBy: cycle.releasedBy,
            left: [...(cycle.left ?? [])].sort(),
            attempts: attempts ?? 1,
        });
        if (cycle.why) {
            expect(receipt.why).toMatch(cycle.why);
        }
        if (cycle.schedule) {
            expect(receipt.attempts[0].schedule).toBe(cycle.schedule);
        }
        if (cycle.exitCode !== 3) {
            expect(it.cloud.live).toEqual([]);
            expect([...it.cloud.things.keys()]).toEqual([]);
        }
        expectWholeFolder(it, receipt);
    });
});

describe("order of a release", () => {
    test("the machine is ended before the stack is destroyed, the schedule goes last", async () => {
        const it = world({ ups: [{ verdict: "passed" }] });
        const order: string[] = [];
        const [terminate, remove] = [
            it.cloud.terminate.bind(it.cloud),
            it.cloud.remove.bind(it.cloud),
        ];
        it.cloud.terminate = (id) => (order.push("terminate"), terminate(id));
        it.cloud.remove = (thing) => (order.push(`remove ${thing.kind}`), remove(thing));
        const stack = it.engine.stack.bind(it.engine);
        it.engine.stack = (settings) => {
            const inner = stack(settings);
            return {
                ...inner,
                destroy: (options) => (order.push("destroy"), inner.destroy(options)),
                remove: (options) => (order.push("remove stack"), inner.remove(options)),
            };
        };
        await run(REQUEST, it.options);
        expect(order).toEqual(["terminate", "destroy", "remove stack", "remove schedule"]);
    });

    test("a failed candidate is swept before the next one starts", async () => {
        const it = world({ ups: [{ failBefore: CAPACITY }, { verdict: "passed" }] });
        const { receipt } = await run(REQUEST, it.options);
        const second = it.engine.calls.findIndex((call) => /^create .*-2$/.test(call));
        expect(it.engine.calls.slice(0, second)).toContain("destroy");
        expect(it.engine.calls.slice(0, second)).toContain("remove");
        expect(receipt.attempts.map(({ outcome, attempt }) => [attempt, outcome])).toEqual([
            [1, "no-capacity"],
            [2, "verdict"],
        ]);
        const asked = it.engine.orders.map(({ settings: { instanceType, market } }) => ({
            instanceType,
            market,
        }));
        expect(planOf(it, receipt).candidates.slice(0, 2)).toMatchObject(asked);
    });

    test("a stack that could not be destroyed is kept when something is left, with its reason", async () => {
        const it = world({ ups: [{ verdict: "passed" }], destroyFailures: 99 });
        it.cloud.protectedFromEnd = true;
        const { receipt } = await run(REQUEST, it.options);
        expect(it.engine.calls).not.toContain("remove by force");
        expect(receipt.attempts[0].release).toContainEqual({
            step: "remove the stack",
            outcome: "skipped",
            detail: expect.stringContaining("pulumi destroy --stack"),
        });
    });
});

describe("cancellation", () => {
    test.each(["SIGINT", "SIGTERM", "SIGHUP"])(
        "%s during up: ended at once, exit 130",
        async (name) => {
            let endedAfter = -1;
            const it = world({
                ups: [
                    {
                        hang: () => {
                            it.source.emit(name);
                            const since = Date.now();
                            const poll = setInterval(() => {
                                if (it.cloud.live.length === 0) {
                                    endedAfter = Date.now() - since;
                                    clearInterval(poll);
                                }
                            }, 1);
                        },
                    },
                ],
            });
            const { exitCode, receipt } = await run(REQUEST, it.options);
            expect(exitCode).toBe(130);
            expect(receipt.attempts[0].outcome).toBe("cancelled");
            expect(receipt.why).toContain(name);
            expect(it.cloud.live).toEqual([]);
            expect(endedAfter).toBeGreaterThanOrEqual(0);
            expect(endedAfter).toBeLessThan(1000);
        },
    );

    test("a launch that comes through after the cancel is found and ended", async () => {
        const it = world({
            ups: [{ lateLaunch: true, hang: () => it.source.emit("SIGTERM") }],
        });
        const { exitCode } = await run(REQUEST, it.options);
        expect(exitCode).toBe(130);
        expect(it.cloud.all.size).toBe(1);
        expect(it.cloud.live).toEqual([]);
    });

    test("further signals are counted, told and ignored", async () => {
        const it = world({
            ups: [
                {
                    hang: () => {
                        it.source.emit("SIGINT");
                        it.source.emit("SIGINT");
                        it.source.emit("SIGTERM");
                    },
                },
            ],
        });
        const { exitCode } = await run(REQUEST, it.options);
        expect(exitCode).toBe(130);
        expect(it.options.signals.ignored).toBe(2);
        expect(it.lines.join("\n")).toMatch(
            /SIGTERM \(2 ignored\): releasing the machine, please wait/,
        );
    });

    test("a signal while a candidate is released starts no other candidate", async () => {
        const it = world({ ups: [{ failBefore: CAPACITY }, { verdict: "passed" }] });
        const stack = it.engine.stack.bind(it.engine);
        it.engine.stack = (order) => {
            const inner = stack(order);
            return {
                ...inner,
                destroy: (options) => {
                    it.source.emit("SIGTERM");
                    return inner.destroy(options);
                },
            };
        };
        const { exitCode, receipt } = await run(REQUEST, it.options);
        expect(receipt.attempts).toHaveLength(1);
        expect(exitCode).toBe(130);
    });

    test("a signal after the verdict does not undo it", async () => {
        const it = world({ ups: [{ verdict: "failed" }] });
        const remove = it.cloud.remove.bind(it.cloud);
        it.cloud.remove = (thing) => (it.source.emit("SIGINT"), remove(thing));
        expect((await run(REQUEST, it.options)).exitCode).toBe(1);
    });

    test("an exception that nobody caught ends in the same release", async () => {
        const it = world({
            ups: [{ hang: () => it.source.emit("uncaughtException", new Error("bug")) }],
        });
        const { exitCode, receipt } = await run(REQUEST, it.options);
        expect(exitCode).toBe(2);
        expect(receipt.why).toContain("bug");
        expect(it.cloud.live).toEqual([]);
    });

    test("handlers are taken back", () => {
        const it = world({ ups: [] });
        it.options.signals.close();
        expect(it.source.eventNames()).toEqual([]);
    });
});

describe("a machine that ends by itself", () => {
    test("stops the wait, and the receipt names the watchdog", async () => {
        jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate"] });
        try {
            const it = world({
                ups: [
                    {
                        hang: ({ instanceId }) => {
                            it.cloud.consoles[instanceId] =
                                "ephemeral-gpu-ci: power off: phase pull: more than its 1200 s\r\n";
                            it.cloud.end(instanceId, "Client.InstanceInitiatedShutdown");
                        },
                    },
                ],
            });
            const running = run(REQUEST, it.options);
            await jest.advanceTimersByTimeAsync(30_000);
            const { exitCode, receipt } = await running;
            expect(exitCode).toBe(2);
            expect(receipt.releasedBy).toBe("watchdog");
            expect(receipt.machine?.powerOffReason).toBe("phase pull: more than its 1200 s");
            expect(receipt.why).toMatch(
                /ended during the run \(Client.InstanceInitiatedShutdown\)/,
            );
        } finally {
            jest.useRealTimers();
        }
    });

    test("a driver that still waits after the deadline stops waiting", async () => {
        jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate"] });
        try {
            const it = world({ ups: [{ hang: () => undefined }] });
            const running = run({ tier: "commit", given: { deadlineMinutes: "20" } }, it.options);
            await jest.advanceTimersByTimeAsync(24 * 60_000);
            const { exitCode, receipt } = await running;
            expect(exitCode).toBe(2);
            expect(receipt.why).toMatch(/deadline of 20 minutes has passed/);
            expect(it.cloud.live).toEqual([]);
        } finally {
            jest.useRealTimers();
        }
    });
});

describe("refusals before anything is created", () => {
    test.each<[string, RegExp, Partial<Record<string, string>>, (it: World) => void]>([
        ["unknown model", /400B/, { model: "400B" }, () => undefined],
        ["unknown precision", /int3/, { precision: "int3" }, () => undefined],
        ["unknown instance type", /g9.huge/, { instanceType: "g9.huge" }, () => undefined],
        ["malformed CIDR", /callerCidr is "10.0.0.1"/, { callerCidr: "10.0.0.1" }, () => undefined],
        ["deadline 0", /deadlineMinutes is "0"/, { deadlineMinutes: "0" }, () => undefined],
        ["deadline above 24 h", /"1441"/, { deadlineMinutes: "1441" }, () => undefined],
        ["heartbeat 0", /heartbeatMinutes is "0"/, { heartbeatMinutes: "0" }, () => undefined],
        [
            "idle window beyond the deadline",
            /idle window is 46 minutes.*at most the deadline's 45 minutes/s,
            { idleMinutes: "46" },
            () => undefined,
        ],
        [
            "phase budget beyond the deadline",
            /budget of phase test is 50 minutes/,
            { phaseMinutes: "test=50" },
            () => undefined,
        ],
        ["budget too small", /budget/i, { budgetUsd: "0.01" }, () => undefined],
        ["no credentials", /no AWS credentials/, {}, ({ cloud }) => (cloud.noCredentials = true)],
        [
            "no deadline role",
            /no deadline role ephemeral-gpu-ci-deadline/,
            {},
            ({ cloud }) => cloud.missing.add("ephemeral-gpu-ci-deadline"),
        ],
        [
            "a clock that is behind",
            /clock is 90 s behind AWS's/,
            {},
            ({ cloud }) => (cloud.aheadSeconds = -90.4),
        ],
        [
            "no sweeper",
            /no sweeper's schedule ephemeral-gpu-ci-sweep/,
            {},
            ({ cloud }) => cloud.missing.add("ephemeral-gpu-ci-sweep"),
        ],
        [
            "no terminator",
            /no terminator state machine/,
            {},
            ({ cloud }) => cloud.missing.add("ephemeral-gpu-ci-terminator"),
        ],
    ])("%s", async (_name, message, given, before) => {
        const it = world({ ups: [{ verdict: "passed" }] });
        before(it);
        await expect(run({ tier: "commit", given }, it.options)).rejects.toThrow(message);
        await expect(run({ tier: "commit", given }, it.options)).rejects.toHaveProperty(
            "name",
            "UserError",
        );
        expect(it.engine.calls).toEqual([]);
        expect(it.cloud.all.size).toBe(0);
        expect(existsSync(it.reports)).toBe(false);
    });

    test("unknown tier, also one that would name another file", async () => {
        const it = world({ ups: [] });
        const tier = "../../etc/passwd";
        await expect(run({ tier, given: {} }, it.options)).rejects.toThrow(
            /dev, commit, merge, release/,
        );
    });
});

describe("settings", () => {
    test("the command line wins over the environment, and both ways into the program agree", async () => {
        const it = world(
            { ups: [{ verdict: "passed" }] },
            { GPU_CI_OWNER: "env", GPU_CI_PRECISION: "bf16" },
        );
        await run({ tier: "commit", given: { owner: "flag", runId: "r1" } }, it.options);
        const [{ settings, env }] = it.engine.orders;
        expect(settings).toMatchObject({
            owner: "flag",
            precision: "bf16",
            runId: "r1",
            attempt: "1",
        });
        for (const [key, value] of Object.entries(settings)) {
            const name = `GPU_CI_${key.replace(/([A-Z])/g, "_$1").toUpperCase()}`;
            expect([key, env[name]]).toEqual([key, value]);
        }
    });

    test("GitHub gets the run id before anything is created, and the verdict after", async () => {
        const it = world({ ups: [{ verdict: "passed" }] });
        const file = join(it.options.projectDir, "output");
        const summary = join(it.options.projectDir, "summary");
        let atCreation = "";
        const stack = it.engine.stack.bind(it.engine);
        it.engine.stack = (order) => {
            atCreation = readFileSync(file, "utf8");
            return stack(order);
        };
        const env = { ...it.options.env, GITHUB_OUTPUT: file, GITHUB_STEP_SUMMARY: summary };
        const { receipt } = await run(REQUEST, { ...it.options, env });
        expect(atCreation).toContain(`run-id=${receipt.runId}\n`);
        expect(readFileSync(file, "utf8")).toMatch(/verdict=passed\nexit-code=0\n/);
        expect(readFileSync(summary, "utf8")).toContain("| Verdict | passed |");
    });
});

test("whatever fails, the cloud is asked by tag, and receipt and report are there", async () => {
    const error = fc.constantFrom(
        awsError("UnauthorizedOperation"),
        awsError("RequestLimitExceeded"),
        awsError("ExpiredToken"),
        new Error("socket hang up"),
    );
    const errors = fc.array(error, { maxLength: 4 });
    const up = fc.oneof(
        fc.constant({ verdict: "passed" as const }),
        fc.constant({ failBefore: CAPACITY }),
        fc.constant({ failAfter: "SSH broke" }),
        fc
            .constantFrom(new Error("plugin died"), "a string", null, 7)
            .map((throws) => ({ throws })),
    );
    const script = fc.record({
        ups: fc.array(up, { minLength: 3, maxLength: 3 }),
        destroyFailures: fc.integer({ min: 0, max: 5 }),
        removeFails: fc.boolean(),
        createFails: fc.option(fc.constant("backend gone"), { nil: undefined }),
    });
    const failures = fc.record({
        machines: errors,
        terminate: errors,
        resources: errors,
        remove: errors,
    });
    await fc.assert(
        fc.asyncProperty(script, failures, async (scripted, failing) => {
            const it = world(scripted);
            // Copies: the cloud uses its errors up, and fast-check has to show what it gave.
            it.cloud.failures = {
                machines: [...failing.machines],
                terminate: [...failing.terminate],
                resources: [...failing.resources],
                remove: [...failing.remove],
            };
            const { exitCode, receipt } = await run(REQUEST, it.options);
            expect(it.cloud.calls).toContain("machines");
            // Where the cloud kept its list to itself, destroy may have been the one that ended it.
            if (failing.machines.length === 0) {
                for (const id of it.cloud.all.keys()) {
                    expect(it.cloud.calls).toContain(`terminate ${id}`);
                }
            }
            expect([0, 2, 3]).toContain(exitCode);
            if (exitCode !== 3) {
                expect(it.cloud.live).toEqual([]);
                expect([...it.cloud.things.keys()]).toEqual([]);
            }
            expectWholeFolder(it, receipt);
        }),
        { numRuns: 60 },
    );
}, 60_000);

/** The plan that a run followed, as it stands in its report. */
function planOf(it: World, { runId }: Receipt): Plan {
    return JSON.parse(readFileSync(join(it.reports, runId, "plan.json"), "utf8"));
}

function expectWholeFolder(it: World, receipt: Receipt): void {
    const folder = join(it.reports, receipt.runId);
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    expect(receiptSchema.parse(JSON.parse(read("receipt.json")))).toEqual(receipt);
    const results = suiteResultsSchema.parse(JSON.parse(read("results.json")));
    if (receipt.verdict === "passed" || receipt.verdict === "failed") {
        expect(results.verdict).toBe(receipt.verdict);
    }
    expect(XMLValidator.validate(read("junit.xml"))).toBe(true);
    expect(read("report.html")).toContain(receipt.runId);
    expect(existsSync(join(folder, "logs"))).toBe(true);
    expect(readlinkSync(join(it.reports, "latest"))).toBe(receipt.runId);
}
