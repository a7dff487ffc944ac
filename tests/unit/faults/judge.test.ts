import type { Observation } from "../../../rehearsal/faults/cell";
import { FAULTS } from "../../../rehearsal/faults/fault";
import { judge } from "../../../rehearsal/faults/judge";
import type { Step } from "../../../rehearsal/faults/step";
import type { MeteredMachine } from "../../../rehearsal/meter";

const STEP: Step = {
    ...{ by: "engine", service: "ec2", action: "RunInstances", skip: 0, when: "after", place: 3 },
};
const SEEN: Observation = {
    cell: { id: "c1", layer: "sweeper", fault: FAULTS[0], step: STEP },
    ...{ runId: "faults-c1", faultAt: "2026-11-24T12:00:10.000Z", exitCode: null },
    ...{ leftovers: null, output: "", seconds: 9 },
};
const DEADLINE = "2026-11-24T12:20:00Z";
const NOW = "2026-11-24T12:31:00Z";

function machine(changes: Partial<MeteredMachine>): MeteredMachine {
    return {
        ...{ instanceId: "i-1", run: "faults-c1", instanceType: "g6.12xlarge", gpuCount: 4 },
        ...{ state: "terminated", launchedAt: "2026-11-24T12:00:00Z", runningSeconds: 0 },
        ...{ leftRunningAt: "2026-11-24T12:18:30Z", billedGpuSeconds: 0, expiresAt: DEADLINE },
        ...{ leakedGpuSeconds: 0, endedBy: "terminator", launchedBy: "engine-c1" },
        ...changes,
    };
}

const RUNNING = { state: "running", leftRunningAt: null, endedBy: null };

test.each<[string, MeteredMachine[], object]>([
    [
        "ended before its deadline: holds",
        [machine({})],
        { holds: true, releasedAfterSeconds: 1100, pastDeadlineGpuSeconds: 0, stillRunning: 0 },
    ],
    [
        "ended by the sweeper's second round: late, but within what is promised",
        [machine({ leftRunningAt: "2026-11-24T12:30:00Z" })],
        { holds: true, pastDeadlineGpuSeconds: 2400, leakedGpuSeconds: 0 },
    ],
    [
        "ended a second later: a leak, on each of its GPUs",
        [machine({ leftRunningAt: "2026-11-24T12:30:01Z" })],
        { holds: false, leakedGpuSeconds: 4 },
    ],
    [
        "still running when the meter is read: a leak without an end",
        [machine(RUNNING)],
        { holds: false, leakedGpuSeconds: 240, releasedAfterSeconds: null, stillRunning: 1 },
    ],
    [
        "stopped, not terminated: still there",
        [machine({ ...RUNNING, state: "stopped", leftRunningAt: "2026-11-24T12:18:30Z" })],
        { holds: false, leakedGpuSeconds: 0, stillRunning: 1 },
    ],
    [
        "ended while it was pending: it never cost anything",
        [machine({ leftRunningAt: null })],
        { holds: true, leakedGpuSeconds: 0, releasedAfterSeconds: 0 },
    ],
    [
        "no deadline in its tags: the one that it was to have counts",
        [machine({ ...RUNNING, expiresAt: null })],
        { holds: false, leakedGpuSeconds: 240 },
    ],
    [
        "two machines: the last one to end counts",
        [machine({}), machine({ leftRunningAt: "2026-11-24T12:19:00Z" })],
        { holds: true, releasedAfterSeconds: 1130, machines: 2 },
    ],
    ["nothing rented", [], { holds: true, releasedAfterSeconds: null, machines: 0 }],
])("%s", (_, machines, expected) => {
    expect(judge(SEEN, machines, 20, NOW)).toMatchObject(expected);
});

test("a moment that never came is no injected fault", () => {
    const result = judge({ ...SEEN, faultAt: undefined }, [machine({})], 20, NOW);
    expect(result).toMatchObject({ isInjected: false, releasedAfterSeconds: null });
});

test("a cell that went wrong itself does not hold", () => {
    expect(judge({ ...SEEN, problem: "the machine did not boot" }, [], 20, NOW).holds).toBe(false);
});
