import fc from "fast-check";

import { isUserError } from "../../../common/userError";
import {
    assess,
    fitOn,
    INSTANCES,
    INSTANCE_TYPES,
    MODEL_SIZE_NAMES,
    planRun,
    PRECISION_NAMES,
    TIER_NAMES,
    type CloudFacts,
    type InstanceType,
    type PlanRequest,
} from "../../../sizing";
import { listCandidates } from "../../../sizing/candidates";
import { checkRequest } from "../../../sizing/request";

const G_SPOT = "L-3819A6DF";
const G_ON_DEMAND = "L-DB2E81BA";

function facts(change: Partial<CloudFacts>): CloudFacts[] {
    return [{ region: "us-east-1", zones: {}, quotas: {}, spotUsdPerHour: {}, ...change }];
}

const commit = { tier: "commit", region: "us-east-1" };

function places(request: PlanRequest): string[] {
    return planRun(request).candidates.map(
        ({ instanceType, market, zone, region }) =>
            `${instanceType} ${market} ${zone ?? region ?? "any"}`,
    );
}

describe("what the cloud says wins over the tables", () => {
    test("a quota that is used up leaves the market out, with the reason", () => {
        const plan = planRun({
            ...commit,
            facts: facts({ quotas: { [G_SPOT]: { limit: 0, used: 0 } } }),
        });
        expect(plan.candidates[0]).toMatchObject({
            instanceType: "g6.xlarge",
            market: "on-demand",
        });
        expect(plan.reasons.join()).toMatch(
            /Not g5\.xlarge spot \(0\.\d\d USD\), .*: quota L-3819A6DF allows 0 vCPUs, and 0 are in use/,
        );
    });

    test("what is in use counts: 8 of 12 vCPUs leave room for 4, not for 8", () => {
        const plan = planRun({
            ...commit,
            market: "on-demand",
            facts: facts({ quotas: { [G_ON_DEMAND]: { limit: 12, used: 8 } } }),
        });
        expect(new Set(plan.candidates.map(({ vcpus }) => vcpus))).toEqual(new Set([4]));
    });

    test("no quota in any market is refused, with the link to ask for more", () => {
        const none = { limit: 0, used: 0 };
        const quotas = Object.fromEntries(
            [G_SPOT, G_ON_DEMAND, "L-417A185B", "L-7212CCBC", "L-C4BD4855"].map((code) => [
                code,
                none,
            ]),
        );
        expect(() => planRun({ ...commit, budgetUsd: 999, facts: facts({ quotas }) })).toThrow(
            /No machine can be launched in us-east-1.*https:\/\/us-east-1\.console\.aws\.amazon\.com\/servicequotas\/home\/services\/ec2\/quotas\/L-/,
        );
    });

    test("a type that the region does not offer is left out, with the reason", () => {
        const plan = planRun({ ...commit, facts: facts({ zones: { "g5.xlarge": [] } }) });
        expect(plan.candidates.map(({ instanceType }) => instanceType)).not.toContain("g5.xlarge");
        expect(plan.reasons.join()).toMatch(/Not g5\.xlarge spot .*us-east-1 does not offer it/);
    });

    test("a spot price of today is taken, and can change the order", () => {
        const dear = { "g5.xlarge": 0.99 };
        const plan = planRun({ ...commit, facts: facts({ spotUsdPerHour: dear }) });
        expect(plan.candidates[0].instanceType).toBe("g6.xlarge");
        const g5 = plan.candidates.find(
            ({ instanceType, market }) => instanceType === "g5.xlarge" && market === "spot",
        );
        expect(g5?.priceUsdPerHour).toBe(0.995);
    });
});

describe("where the run is tried", () => {
    const zones = { "g5.xlarge": ["us-east-1a", "us-east-1b"] };

    test("zones are left to the cloud first; then the cheapest in each zone by name", () => {
        const list = places({ ...commit, facts: facts({ zones }) });
        const firstPinned = list.findIndex((place) => /us-east-1[ab]$/.test(place));
        expect(list.slice(0, firstPinned).every((place) => place.endsWith(" any"))).toBe(true);
        expect(list.slice(firstPinned)).toEqual(
            expect.arrayContaining(["g5.xlarge spot us-east-1a", "g5.xlarge spot us-east-1b"]),
        );
    });

    test("a zone by name is the only place", () => {
        const list = places({ ...commit, zone: "us-east-1b", fallbackRegions: "us-west-2" });
        expect(list.every((place) => place.endsWith(" us-east-1b"))).toBe(true);
    });

    test("the next region comes last, with its own prices", () => {
        const plan = planRun({ ...commit, fallbackRegions: "eu-west-1" });
        const regions = plan.candidates.map(({ region }) => region);
        expect(regions.indexOf("eu-west-1")).toBe(regions.lastIndexOf(null) + 1);
        const [home, away] = [null, "eu-west-1"].map((wanted) =>
            plan.candidates.find(({ region }) => region === wanted)!,
        );
        expect(away.priceUsdPerHour).toBeGreaterThan(home.priceUsdPerHour);
    });
});

describe("a GPU by name", () => {
    test("of EC2: only machines that have it", () => {
        const plan = planRun({ tier: "commit", gpu: "nvidia l40s" });
        expect(new Set(plan.candidates.map(({ gpuName }) => gpuName))).toEqual(new Set(["L40S"]));
    });

    test.each`
        model        | precision | gpu           | fits     | why
        ${"4B"}      | ${"bf16"} | ${"RTX 3060"} | ${true}  | ${"8.6 GiB leave room for a short context in 12 GB"}
        ${"4B"}      | ${"int4"} | ${"RTX 3060"} | ${true}  | ${"3.6 GiB do"}
        ${"8B"}      | ${"bf16"} | ${"RTX 4080"} | ${false} | ${"16.6 GiB do not load in 16 GB"}
        ${"8B"}      | ${"int4"} | ${"RTX 4080"} | ${true}  | ${"7 GiB do"}
        ${"8B"}      | ${"bf16"} | ${"RTX 4090"} | ${true}  | ${"24 GB hold it"}
        ${"30B-A3B"} | ${"bf16"} | ${"RTX 4090"} | ${false} | ${"58 GiB"}
    `("of one's own: $model in $precision on an $gpu: $fits, $why", (row) => {
        const { model, precision, gpu, fits } = row;
        const { assessment, refusal } = assess({
            ...{ tier: "dev", model, precision, gpu },
            ...{ maxModelLen: 4096, maxNumSeqs: 2 },
        });
        expect(assessment).toMatchObject({ fits, candidates: [], price: null });
        expect(assessment.gpu).toMatchObject({ name: gpu, where: "own" });
        expect(assessment.memory.loadGiB).toBeGreaterThan(1);
        if (!fits) expect(assessment.reasons.join()).toMatch(/of which loading takes/);
        expect(refusal?.message).toMatch(
            fits ? /EC2 rents no machine with an RTX/ : /does not fit on 1 x RTX/,
        );
    });
});

const anyRequest: fc.Arbitrary<PlanRequest> = fc
    .record(
        {
            tier: fc.constantFrom(...TIER_NAMES),
            model: fc.constantFrom(...MODEL_SIZE_NAMES),
            precision: fc.constantFrom(...PRECISION_NAMES),
            maxModelLen: fc.integer({ min: 1024, max: 131_072 }),
            maxNumSeqs: fc.integer({ min: 1, max: 32 }),
            budgetUsd: fc.double({ min: 0.5, max: 500, noNaN: true }),
            quotaOfG: fc.integer({ min: 0, max: 64 }),
            notOffered: fc.subarray(INSTANCE_TYPES),
        },
        { requiredKeys: ["tier"] },
    )
    .map(({ quotaOfG, notOffered, ...request }: any): PlanRequest => ({
        ...request,
        region: "us-east-1",
        facts: facts({
            quotas: quotaOfG === undefined ? {} : { [G_ON_DEMAND]: { limit: quotaOfG, used: 0 } },
            zones: Object.fromEntries((notOffered ?? []).map((type: InstanceType) => [type, []])),
        }),
    }));

test("a cheaper machine on which the model fits is never skipped without a reason", () => {
    fc.assert(
        fc.property(anyRequest, (request) => {
            let checked;
            try {
                checked = checkRequest(request);
            } catch (error) {
                if (isUserError(error)) return;
                throw error;
            }
            const { assessment } = assess(request);
            const [first] = assessment.candidates;
            if (!first) return;
            const { candidates, skipped } = listCandidates(checked);
            for (const type of INSTANCE_TYPES) {
                if (fitOn(INSTANCES[type], checked).fits === "no") continue;
                for (const market of checked.markets) {
                    const known = [...candidates, ...skipped].find(
                        (each) => each.instanceType === type && each.market === market,
                    );
                    const offer = known && ("offer" in known ? known.offer : known);
                    const usd = offer && "expectedUsd" in offer ? offer.expectedUsd : undefined;
                    if (known && "quotaCode" in known) {
                        expect(known.expectedUsd).toBeGreaterThanOrEqual(first.expectedUsd);
                    } else if (known && (usd === undefined || usd < first.expectedUsd)) {
                        expect(assessment.reasons.join("\n")).toMatch(
                            new RegExp(`Not .*\\b${type} ${market}`),
                        );
                    } else if (!known) {
                        // Beyond the longest list: then every candidate before it is cheaper.
                        expect(candidates.length).toBeGreaterThanOrEqual(12);
                    }
                }
            }
        }),
        { numRuns: 150 },
    );
});
