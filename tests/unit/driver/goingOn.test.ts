import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { historyPath, readHistory } from "../../../common/historyFile";
import { run } from "../../../scripts/run";
import type { Candidate, Plan } from "../../../sizing";
import { world, type UpScript, type World } from "./fakes";

// A run that goes on with the next candidate: which one, in which time, for which money, and where.

const CAPACITY = { failBefore: "InsufficientInstanceCapacity: none" };
const TAKEN_BACK: UpScript = {
    // What the suite had written until then is home, and is no verdict.
    verdict: "none",
    failAfter: "remote command exited without exit status or exit signal",
    meanwhile: ({ instanceId }, cloud) => cloud.takeBack(instanceId),
};

/** The machine was told of it, and ended itself before the cloud did. */
const NOTICED: UpScript = {
    ...TAKEN_BACK,
    meanwhile: ({ instanceId }, cloud) => {
        cloud.consoles[instanceId] =
            'ephemeral-gpu-ci: power off: spot notice: {"action":"terminate"}';
        cloud.end(instanceId, "Client.InstanceInitiatedShutdown");
    },
};

type Given = Parameters<typeof run>[0]["given"];

/** Runs by a script of `up`s; each attempt's release takes so many minutes. */
async function goOn(ups: readonly UpScript[], given: Given = {}, minutesPerAttempt = 0) {
    const it = world({ ups });
    let now = Date.now();
    const stack = it.engine.stack.bind(it.engine);
    it.engine.stack = (order) => {
        const inner = stack(order);
        return {
            ...inner,
            destroy: (options) => {
                now += minutesPerAttempt * 60_000;
                return inner.destroy(options);
            },
        };
    };
    const options = { ...it.options, now: () => now };
    it.cloud.now = options.now;
    const { receipt, exitCode } = await run({ tier: "commit", given }, options);
    const plan = JSON.parse(
        readFileSync(join(it.reports, receipt.runId, "plan.json"), "utf8"),
    ) as Plan;
    return { it, receipt, exitCode, plan, asked: asked(it) };
}

/** What the stacks were told, in order. */
function asked(it: World) {
    return it.engine.orders.map(({ settings, env }) => ({
        instanceType: settings.instanceType,
        market: settings.market,
        zone: settings.zone ?? null,
        region: env.AWS_REGION,
    }));
}

function place({ instanceType, market, zone, region }: Candidate) {
    return { instanceType, market, zone, region: region ?? "us-east-1" };
}

describe("which candidate comes next", () => {
    test.each([0, 1, 2, 5, 9])("after %d without capacity, the next in the plan", async (k) => {
        const ups = [...Array.from({ length: k }, () => CAPACITY), { verdict: "passed" } as const];
        const { plan, asked, exitCode, it } = await goOn(ups);
        expect(exitCode).toBe(0);
        expect(asked).toEqual(plan.candidates.slice(0, k + 1).map(place));
        expect(it.cloud.all.size).toBe(1);
    });

    test("after a quota error, the first that counts against another one", async () => {
        const { plan, asked } = await goOn([
            { failBefore: "MaxSpotInstanceCountExceeded: 0" },
            { verdict: "passed" },
        ]);
        const [first] = plan.candidates;
        const other = plan.candidates.find(({ quotaCode }) => quotaCode !== first.quotaCode)!;
        expect(asked).toEqual([first, other].map(place));
    });

    test("after a type that is not built there, no other market of it in the same place", async () => {
        const ups = [{ failBefore: "Unsupported: no" }, ...Array(99).fill(CAPACITY)];
        const { plan, asked } = await goOn(ups);
        const [first, ...rest] = plan.candidates.map(place);
        const isSamePlace = ({ instanceType, zone, region }: ReturnType<typeof place>) =>
            instanceType === first.instanceType && zone === first.zone && region === first.region;
        expect(rest.some(isSamePlace)).toBe(true);
        expect(asked).toEqual([first, ...rest.filter((each) => !isSamePlace(each))]);
    });

    test("after every rung of the ladder, only one with more memory", async () => {
        const ladder = { rungs: ["as-planned", "eager"], ended: "exhausted" };
        const { plan, asked, receipt } = await goOn([
            { verdict: "none", ladder },
            { verdict: "passed", ladder: { rungs: ["as-planned"], ended: "served" } },
        ]);
        const memory = (each: Candidate) => each.gpuMemoryGiB * each.tensorParallel;
        const [first] = plan.candidates;
        const bigger = plan.candidates.find((each) => memory(each) > memory(first))!;
        expect(asked).toEqual([first, bigger].map(place));
        expect(receipt.attempts.map(({ outcome, rung }) => [outcome, rung])).toEqual([
            ["out-of-memory", "eager"],
            ["verdict", "as-planned"],
        ]);
    });

    const SPLIT: UpScript = {
        verdict: "none",
        ladder: { rungs: ["as-planned", "split-cases"], ended: "served" },
    };

    test("where cases were left out, one with more memory that can judge them", async () => {
        const { receipt } = await goOn([SPLIT, { verdict: "passed" }]);
        expect(receipt.attempts.map(({ outcome, rung }) => [outcome, rung])).toEqual([
            ["out-of-memory", "split-cases"],
            ["verdict", null],
        ]);
        expect(receipt.verdict).toBe("passed");
    });

    test("and where that cannot be had, the results without those cases stand", async () => {
        const { receipt, exitCode, it } = await goOn([SPLIT, ...Array(99).fill(CAPACITY)]);
        expect({ exitCode, verdict: receipt.verdict }).toEqual({ exitCode: 2, verdict: "none" });
        expect(receipt.why).toMatch(/^1 case failed; .*InsufficientInstanceCapacity/);
        const report = join(it.reports, receipt.runId);
        expect(existsSync(join(report, "ladder.json"))).toBe(true);
        expect(existsSync(join(report, "attempts", "1"))).toBe(false);
        expect(readFileSync(join(report, "results.json"), "utf8")).toContain("1 case failed");
    });

    test("no bigger one: no verdict, and why", async () => {
        const { receipt, exitCode } = await goOn(
            [{ verdict: "none", ladder: { rungs: ["as-planned"], ended: "exhausted" } }],
            { instanceType: "g6.xlarge" },
        );
        expect(exitCode).toBe(2);
        expect(receipt.verdict).toBe("none");
        expect(receipt.why).toMatch(/ran out of memory on every rung/);
    });
});

describe("one deadline and one budget for all attempts", () => {
    test("a later attempt gets the minutes that are left", async () => {
        const { it, receipt } = await goOn([CAPACITY, CAPACITY, { verdict: "passed" }], {}, 6);
        const minutes = it.engine.orders.map(({ settings }) => Number(settings.deadlineMinutes));
        expect(minutes).toEqual([45, 38, 32]);
        expect(receipt.attempts.map(({ deadlineMinutes }) => deadlineMinutes)).toEqual(minutes);
    });

    test("none is started that the minutes left do not suffice for", async () => {
        const { receipt, asked, exitCode } = await goOn([CAPACITY, { verdict: "passed" }], {}, 40);
        expect(asked).toHaveLength(1);
        expect(exitCode).toBe(2);
        expect(receipt.why).toMatch(
            /InsufficientInstanceCapacity.*was not tried: it needs about \d+ minutes, and 4 of the run's 45 are left/,
        );
    });

    test("none is started that the money left does not suffice for", async () => {
        // The budget just covers one machine until the deadline; a minute of each counts as spent.
        const noHost: UpScript = {
            failAfter: "unexpected state 'terminated'",
            meanwhile: ({ instanceId }, cloud) =>
                cloud.end(instanceId, "Server.InsufficientInstanceCapacity"),
        };
        const { receipt, exitCode } = await goOn([noHost, noHost, { verdict: "passed" }], {
            instanceType: "g6.xlarge",
            market: "on-demand",
            budgetUsd: "0.27",
            deadlineMinutes: "20",
        });
        expect(receipt.attempts).toHaveLength(2);
        expect(exitCode).toBe(2);
        expect(receipt.why).toMatch(/USD spent the run would cost .* its budget is 0\.27 USD/);
    });
});

describe("a spot machine that is taken back", () => {
    test("the run goes on with an on-demand one, and passes", async () => {
        const { plan, asked, receipt, exitCode, it } = await goOn([
            TAKEN_BACK,
            { verdict: "passed" },
        ]);
        const onDemand = plan.candidates.find(({ market }) => market === "on-demand")!;
        expect(asked).toEqual([plan.candidates[0], onDemand].map(place));
        expect({ exitCode, verdict: receipt.verdict }).toEqual({ exitCode: 0, verdict: "passed" });
        const [taken, passed] = receipt.attempts;
        expect(taken).toMatchObject({
            outcome: "interrupted",
            machines: [{ releasedBy: "cloud", billedGpuSeconds: 60 }],
        });
        expect(taken.error).toMatch(/took the spot machine i-\d+ back/);
        expect(passed.outcome).toBe("verdict");
        expect(it.cloud.live).toEqual([]);
    });

    test("and that ended itself before the cloud did: the same", async () => {
        const { receipt, exitCode } = await goOn([NOTICED, { verdict: "passed" }]);
        expect({ exitCode, verdict: receipt.verdict }).toEqual({ exitCode: 0, verdict: "passed" });
        expect(receipt.attempts[0]).toMatchObject({
            outcome: "interrupted",
            error: expect.stringContaining("takes the spot machine back"),
            machines: [{ releasedBy: "watchdog", powerOffReason: expect.stringMatching(/^spot/) }],
        });
    });

    test("what it had brought home is kept apart, and is not the next one's", async () => {
        const { it, receipt } = await goOn([TAKEN_BACK, { failAfter: "the server never came" }]);
        const folder = join(it.reports, receipt.runId);
        const kept = JSON.parse(readFileSync(join(folder, "attempts/1/results.json"), "utf8"));
        expect(kept.cases).toEqual([]);
        expect(existsSync(join(folder, "attempts/2"))).toBe(false);
        expect(receipt).toMatchObject({ verdict: "none" });
        expect(receipt.why).toMatch(/the server never came; no report came home/);
    });

    test.each([
        [
            "no other machine can be had",
            Array(99).fill(CAPACITY),
            0,
            /InsufficientInstanceCapacity/,
        ],
        ["its time is over", [{ verdict: "passed" }], 40, /was not tried/],
    ] as const)("%s: the verdict is interrupted", async (_name, ups, minutes, why) => {
        const { receipt, exitCode } = await goOn([TAKEN_BACK, ...ups], {}, minutes);
        expect({ exitCode, verdict: receipt.verdict }).toEqual({
            exitCode: 2,
            verdict: "interrupted",
        });
        expect(receipt.why).toMatch(/took the spot machine/);
        expect(receipt.why).toMatch(why);
    });

    test("after its verdict was home, the verdict stands", async () => {
        const { receipt, exitCode } = await goOn([{ ...TAKEN_BACK, verdict: "failed" }]);
        expect({ exitCode, attempts: receipt.attempts.length }).toEqual({
            exitCode: 1,
            attempts: 1,
        });
    });

    test("its price is the one at the launch", async () => {
        const it = world({ ups: [{ verdict: "passed" }] });
        it.cloud.spotUsd = { "g6.xlarge": [0.595, 0.295] };
        const given = { instanceType: "g6.xlarge", market: "spot" };
        const { receipt } = await run({ tier: "commit", given }, it.options);
        expect(receipt.machine).toMatchObject({ market: "spot", zone: "us-east-1a" });
        expect(receipt.priceUsd.actual).toBe(0.01);
    });
});

describe("the next region", () => {
    test("everything of an attempt happens in its own region", async () => {
        const it = world({ ups: [...Array(40).fill(CAPACITY)] });
        const given = { fallbackRegions: "eu-west-1", instanceType: "g6.xlarge" };
        const first = await run({ tier: "commit", given }, it.options);
        const regions = asked(it).map(({ region }) => region);
        expect(new Set(regions)).toEqual(new Set(["us-east-1", "eu-west-1"]));
        expect(regions.lastIndexOf("us-east-1")).toBeLessThan(regions.indexOf("eu-west-1"));
        expect(first.receipt.attempts.map(({ region }) => region)).toEqual(regions);
        for (const { env, base } of it.engine.orders) {
            // Whichever of the two the provider reads, it is the same.
            const own = env.AWS_REGION === "us-east-1" ? undefined : env.AWS_REGION;
            expect(base.config?.["aws:region"]).toBe(own);
        }
        for (const region of ["us-east-1", "eu-west-1"]) {
            expect(it.cloudIn(region).calls).toContain("remove schedule");
            expect([...it.cloudIn(region).things.keys()]).toEqual([]);
        }
    });

    test("the machine there is found, ended and in the receipt", async () => {
        const here = await goOn([], { instanceType: "g6.xlarge" });
        const ups = [...here.plan.candidates.map(() => CAPACITY), { verdict: "passed" } as const];
        const { it, receipt } = await goOn(ups, {
            fallbackRegions: "eu-west-1",
            instanceType: "g6.xlarge",
        });
        expect(it.cloud.all.size).toBe(0);
        expect([...it.cloudIn("eu-west-1").all.values()]).toMatchObject([{ state: "terminated" }]);
        expect(receipt.machine).toMatchObject({ zone: "eu-west-1a", releasedBy: "driver" });
    });
});

test("every run is remembered, also one without a verdict", async () => {
    const { it, receipt } = await goOn([{ failBefore: "UnauthorizedOperation: no" }]);
    const [remembered, ...others] = readHistory(historyPath(it.options.projectDir, {}));
    expect(others).toEqual([]);
    expect(remembered).toMatchObject({
        runId: receipt.runId,
        verdict: "none",
        market: "spot",
        emulated: false,
        suiteMinutes: null,
        estimatedMinutes: receipt.minutes.total.estimated,
    });
});
