import fc from "fast-check";

import {
    nextCandidates,
    refusalOf,
    type FailoverCandidate,
    type Refusal,
    type Setback,
} from "../../../scripts/failover";
import { RunLimits } from "../../../scripts/runLimits";

const PROVIDER =
    "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 500, RequestID: 1, api error ";

test.each<[string, Refusal]>([
    [
        "InsufficientInstanceCapacity: We currently do not have sufficient g6.xlarge capacity",
        "capacity",
    ],
    ["InsufficientInstanceCapacity: There is no Spot capacity available that matches", "capacity"],
    ["UnfulfillableCapacity: Unable to fulfill capacity due to your request", "capacity"],
    ["InsufficientHostCapacity: no host", "capacity"],
    ["Unsupported: The requested configuration is currently not supported.", "unsupported"],
    [
        "Unsupported: Your requested instance type (g6e.xlarge) is not supported in your requested Availability Zone (us-east-1e).",
        "unsupported",
    ],
    [
        "VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 0 allows",
        "quota",
    ],
    ["InstanceLimitExceeded: Your quota allows for 0 more running instance(s).", "quota"],
    ["MaxSpotInstanceCountExceeded: Max spot instance count exceeded", "quota"],
    ["RequestLimitExceeded: Request limit exceeded.", "throttled"],
    ["UnauthorizedOperation: You are not authorized to perform this operation.", "fatal"],
    ["InvalidParameterValue: Invalid value 'g6.huge' for instanceType", "fatal"],
    ["InvalidSubnetID.NotFound: The subnet does not exist", "fatal"],
    [
        "UnauthorizedOperation: denied, as is asking again after InsufficientInstanceCapacity",
        "fatal",
    ],
    ["UnsupportedOperation: no", "unknown"],
    ["InternalError: An internal error has occurred", "unknown"],
])("a launch refused with %s is of the class %s", (text, refusal) => {
    expect(refusalOf([PROVIDER + text])).toBe(refusal);
});

test("what says nothing is unknown, and a code may stand in any of the errors", () => {
    expect(refusalOf([])).toBe("unknown");
    expect(refusalOf(["update failed", `${PROVIDER}Unsupported: no`])).toBe("unsupported");
});

function candidate(name: string, change: Partial<FailoverCandidate> = {}) {
    return {
        name,
        instanceType: "g6.xlarge",
        market: "on-demand",
        region: null,
        zone: null,
        quotaCode: "L-DB2E81BA",
        gpuMemoryGiB: 22,
        tensorParallel: 1,
        ...change,
    };
}

const SPOT = { market: "spot", quotaCode: "L-3819A6DF" };
const REST = [
    candidate("spot", SPOT),
    candidate("other type", { instanceType: "g5.xlarge" }),
    candidate("other type spot", { instanceType: "g5.xlarge", ...SPOT }),
    candidate("pinned", { zone: "us-east-1b" }),
    candidate("two GPUs", { instanceType: "g6.12xlarge", tensorParallel: 2 }),
    candidate("elsewhere", { region: "eu-west-1" }),
    candidate("elsewhere spot", { region: "eu-west-1", ...SPOT }),
];
const ALL = REST.map(({ name }) => name);

test.each<[Setback, readonly string[]]>([
    ["capacity", ALL],
    ["throttled", ALL],
    ["unsupported", ALL.filter((name) => name !== "spot")],
    ["quota", ["spot", "other type spot", "elsewhere", "elsewhere spot"]],
    [
        "interrupted",
        [
            ...["other type", "pinned", "two GPUs", "elsewhere"],
            ...["spot", "other type spot", "elsewhere spot"],
        ],
    ],
    ["out-of-memory", ["two GPUs"]],
    ["fatal", []],
    ["unknown", []],
])("after %s of an on-demand machine", (setback, names) => {
    const next = nextCandidates(setback, candidate("failed"), REST);
    expect(next.map(({ name }) => name)).toEqual(names);
});

describe("limits that all attempts of a run share", () => {
    const machine = { instanceType: "g6.xlarge", expectedUsd: 0.3, minutes: { total: 20 } };

    function limits(minutesGone: number, spent = 0) {
        let now = 0;
        const limit = new RunLimits({ deadlineMinutes: 45, budgetUsd: 1 }, () => now);
        limit.begin();
        now = minutesGone * 60_000;
        // A second call does not move the deadline.
        limit.begin();
        limit.spend(spent);
        return limit;
    }

    test.each([
        [12, 32],
        [24.6, 20],
        [60, 0],
    ])("%d minutes into the run, a stack gets %d minutes", (gone, left) => {
        expect(limits(gone).minutesLeft()).toBe(left);
    });

    test.each<[string, number, number, RegExp | undefined]>([
        ["enough of both", 12, 0.5, undefined],
        ["just enough of both", 24.6, 0.7, undefined],
        ["too little time", 25, 0, /needs about 20 minutes, and 19 of the run's 45 are left/],
        ["too little money", 12, 0.75, /0\.75 USD spent .* 1\.05 USD, and its budget is 1 USD/],
    ])("%s", (_name, gone, spent, why) => {
        const refusal = limits(gone, spent).refusal(machine);
        if (why === undefined) {
            expect(refusal).toBeUndefined();
        } else {
            expect(refusal).toMatch(why);
        }
    });

    test("no attempt's deadline is ever later than the run's", () => {
        fc.assert(
            fc.property(fc.double({ min: 0, max: 120, noNaN: true }), (gone) => {
                const left = limits(gone).minutesLeft();
                expect(left).toBeGreaterThanOrEqual(0);
                expect(left === 0 || gone + left <= 45).toBe(true);
            }),
        );
    });
});
