import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";

import {
    GPUS,
    INSTANCES,
    INSTANCE_TYPES,
    MARKETS,
    MARKET_CHOICES,
    MODEL_SIZES,
    MODEL_SIZE_NAMES,
    planRun,
    PRECISION_NAMES,
    QUOTAS,
    TIERS,
    TIER_NAMES,
    type ModelSize,
    type PlanRequest,
} from "../../../sizing";
import { isUserError } from "../../../common/userError";

describe("each tier without further wishes", () => {
    test.each`
        tier         | model                                       | precision | instanceType    | market         | suite         | deadline
        ${"dev"}     | ${"Qwen/Qwen3-VL-2B-Instruct"}              | ${"bf16"} | ${"g6.xlarge"}  | ${"on-demand"} | ${[1, 10]}    | ${30}
        ${"commit"}  | ${"cyankiwi/Qwen3-VL-8B-Instruct-AWQ-4bit"} | ${"int4"} | ${"g5.xlarge"}  | ${"spot"}      | ${[5, 10]}    | ${45}
        ${"merge"}   | ${"Qwen/Qwen3-VL-8B-Instruct"}              | ${"fp16"} | ${"g6e.xlarge"} | ${"spot"}      | ${[60, 120]}  | ${180}
        ${"release"} | ${"Qwen/Qwen3-VL-8B-Instruct"}              | ${"bf16"} | ${"g6e.xlarge"} | ${"on-demand"} | ${[120, 360]} | ${480}
    `("$tier: $model in $precision on $instanceType $market", (row) => {
        const plan = planRun({ tier: row.tier });
        expect(plan).toMatchObject({
            tier: row.tier,
            model: { id: row.model },
            precision: row.precision,
            deadlineMinutes: row.deadline,
        });
        expect(plan.candidates[0]).toMatchObject({
            instanceType: row.instanceType,
            market: row.market,
            zone: null,
            fits: "yes",
        });
        expect(plan.minutes.suite).toBeGreaterThanOrEqual(row.suite[0]);
        expect(plan.minutes.suite).toBeLessThanOrEqual(row.suite[1]);
        expect(plan.minutes.total).toBeLessThan(plan.deadlineMinutes);
        expect(plan.price.ceilingUsd).toBeLessThanOrEqual(TIERS[plan.tier].budgetUsd);
    });
});

describe("the machine for a model", () => {
    test.each`
        model          | precision | budget | first              | why
        ${"8B"}        | ${"bf16"} | ${99}  | ${"g6e.xlarge"}    | ${"16.6 GiB leave no room for 8 sequences on 22 GiB"}
        ${"30B-A3B"}   | ${"bf16"} | ${99}  | ${"g7e.2xlarge"}   | ${"58 GiB need one card of 80 GB or more"}
        ${"30B-A3B"}   | ${"int4"} | ${99}  | ${"g6e.xlarge"}    | ${"18 GiB and a KV cache"}
        ${"235B-A22B"} | ${"bf16"} | ${999} | ${"p4de.24xlarge"} | ${"439 GiB need eight cards of 80 GB"}
    `("$model in $precision: $first, $why", ({ model, precision, budget, first }) => {
        const plan = planRun({ tier: "commit", model, precision, budgetUsd: budget });
        expect(plan.candidates[0].instanceType).toBe(first);
    });

    test("a T4 is never chosen for bf16, which it cannot run", () => {
        const { candidates } = planRun({ tier: "dev" });
        expect(candidates.map(({ gpuName }) => gpuName)).not.toContain("T4");
        expect(() => planRun({ tier: "dev", instanceType: "g4dn.xlarge" })).toThrow(
            /cannot run bf16.*g6\.xlarge/,
        );
        const int4 = planRun({ tier: "dev", precision: "int4", instanceType: "g4dn.xlarge" });
        expect(int4.server.args).toEqual(expect.arrayContaining(["--dtype", "float16"]));
        expect(int4.notes.join()).toMatch(/T4 has no bfloat16/);
    });

    test("candidates of one plan all compute in the same type, so that their answers compare", () => {
        const plan = planRun({ tier: "dev", precision: "int4" });
        const dtypes = plan.candidates.map(({ instanceType }) => {
            const { args } = planRun({ tier: "dev", precision: "int4", instanceType }).server;
            return args[args.indexOf("--dtype") + 1];
        });
        expect(new Set(dtypes)).toEqual(new Set(["bfloat16"]));
    });

    test("fp8 on a GPU without fp8 units is planned, and called what it is", () => {
        const ampere = planRun({ tier: "commit", precision: "fp8", instanceType: "g5.xlarge" });
        const ada = planRun({ tier: "commit", precision: "fp8", instanceType: "g6.xlarge" });
        expect(ampere.notes.join()).toMatch(/A10G has no fp8 units/);
        expect(ada.notes.join()).not.toMatch(/fp8 units/);
    });

    test("a wanted instance type is the only candidate, and may be a tight fit that says so", () => {
        const plan = planRun({ tier: "merge", instanceType: "g5.xlarge", maxModelLen: 4096 });
        expect(plan.candidates.map(({ instanceType, market }) => [instanceType, market])).toEqual([
            ["g5.xlarge", "spot"],
            ["g5.xlarge", "on-demand"],
        ]);
        expect(plan.candidates[0].fits).toBe("tight");
        expect(plan.notes.join()).toMatch(/tight on g5\.xlarge/i);
        // A whole context at once must still be there, or the server refuses to start.
        expect(plan.memory.maxSequences).toBeGreaterThanOrEqual(1);
    });

    test("spot costs less, counts against its own quota, and is never above on-demand", () => {
        const spot = planRun({ tier: "commit", market: "spot" });
        const onDemand = planRun({ tier: "commit", market: "on-demand" });
        expect(spot.price.expectedUsd).toBeLessThan(onDemand.price.expectedUsd);
        const sameMachine = onDemand.candidates.find(
            ({ instanceType }) => instanceType === spot.candidates[0].instanceType,
        );
        expect(spot.price.ceilingUsd).toBe(sameMachine?.ceilingUsd);
        expect(spot.candidates[0].quotaCode).toBe("L-3819A6DF");
        expect(onDemand.candidates[0].quotaCode).toBe("L-DB2E81BA");
        expect(spot.notes.join()).toMatch(/taken away/);
        // The risk is in the price: more than the bare minutes at the spot price.
        const [machine] = spot.candidates;
        expect(machine.expectedUsd).toBeGreaterThan(
            (machine.priceUsdPerHour * machine.minutes.total) / 60,
        );
    });

    test("a tier that allows spot has both markets, cheapest first; a pinned market has one", () => {
        const markets = (request: PlanRequest) =>
            new Set(planRun(request).candidates.map(({ market }) => market));
        expect(markets({ tier: "commit" })).toEqual(new Set(["spot", "on-demand"]));
        expect(markets({ tier: "release" })).toEqual(new Set(["on-demand"]));
        expect(markets({ tier: "release", market: "any" })).toEqual(new Set(MARKETS));
        expect(markets({ tier: "commit", market: "on-demand" })).toEqual(new Set(["on-demand"]));
    });

    test("prices of another region are named as not its own", () => {
        const there = planRun({ tier: "dev", region: "eu-central-1" });
        const here = planRun({ tier: "dev", region: "us-east-1" });
        expect(there.notes.join()).toMatch(/us-east-1/);
        expect(here.notes.join()).not.toMatch(/us-east-1/);
        expect(there.price.expectedUsd).toBeGreaterThan(here.price.expectedUsd);
    });

    test("a slow start moves the tier's deadline, a wanted deadline stays", () => {
        const huge = { tier: "commit", model: "235B", precision: "bf16", budgetUsd: 999 };
        expect(planRun(huge).deadlineMinutes).toBeGreaterThan(planRun(huge).minutes.total);
        const short = planRun({ ...huge, deadlineMinutes: 20 });
        expect(short.deadlineMinutes).toBe(20);
        expect(short.notes.join()).toMatch(/deadline of 20 minutes is shorter/);
        expect(short.price.expectedUsd).toBeLessThanOrEqual(short.price.ceilingUsd);
    });
});

describe("the server's arguments", () => {
    test("pin everything that an answer, the memory or the speed depends on", () => {
        const { server } = planRun({ tier: "commit", maxModelLen: 6000, maxNumSeqs: 3 });
        expect(server.args).toEqual([
            "cyankiwi/Qwen3-VL-8B-Instruct-AWQ-4bit",
            ...["--served-model-name", "cyankiwi/Qwen3-VL-8B-Instruct-AWQ-4bit"],
            ...["--host", "127.0.0.1", "--port", "8000"],
            ...["--dtype", "bfloat16", "--tensor-parallel-size", "1"],
            ...["--max-model-len", "6000", "--max-num-seqs", "3"],
            ...["--max-num-batched-tokens", "4096", "--gpu-memory-utilization", "0.9"],
            ...["--limit-mm-per-prompt.video", "0"],
            ...["--mm-processor-kwargs", '{"max_pixels":1048576}'],
            ...["--seed", "3407", "--generation-config", "vllm", "--no-enable-prefix-caching"],
        ]);
    });

    test("are options that the server has", () => {
        const lines = readFileSync(
            join(__dirname, "../../../rehearsal/model/options.txt"),
            "utf8",
        ).split("\n");
        const known = new Map(lines.map((line) => [line.split(" ")[0], line.split(" ")[1]]));
        for (const arg of planRun({ tier: "release" }).server.args) {
            if (!arg.startsWith("--")) continue;
            if (arg.startsWith("--no-")) {
                expect(known.get(arg.replace("--no-", "--"))).toBe("flag");
            } else {
                expect(known.has(arg.split(".")[0])).toBe(true);
            }
        }
    });
});

describe("bad requests are refused in one clear error", () => {
    test.each<[string, Partial<PlanRequest>, RegExp]>([
        ["tier", { tier: "nightly" }, /unknown tier "nightly".*dev, commit, merge, release/i],
        ["model", { model: "9B" }, /unknown model "9B".*8B/i],
        ["precision", { precision: "int2" }, /unknown precision "int2".*int4/i],
        ["instance type", { instanceType: "g6.huge" }, /unknown GPU instance.*g6\.xlarge/i],
        ["instance type with a slip", { instanceType: "g5.xlrage" }, /did you mean g5\.xlarge/],
        ["instance without a GPU", { instanceType: "m7i.large" }, /unknown GPU instance.*g6\.xl/i],
        ["market", { market: "futures" }, /unknown market "futures".*on-demand, spot, any/i],
        [
            "region",
            { region: "eu-centrall-1" },
            /"eu-centrall-1" is not.*did you mean eu-central-1/,
        ],
        ["fallback region", { fallbackRegions: "us-west-2,mars" }, /"mars" is not/],
        ["zone", { zone: "us-east-1" }, /"us-east-1" is not an availability zone/],
        [
            "zone of another region",
            { region: "us-west-2", zone: "us-east-1a" },
            /not an availability zone of us-west-2/,
        ],
        ["GPU", { gpu: "L400S" }, /L400S.*L40S/],
        ["GPU that is two", { gpu: "A100" }, /A100-40GB.*A100-80GB/],
        ["GPU and another type", { gpu: "L4", instanceType: "g5.xlarge" }, /A10G, not the L4/],
        ["GPU that is not for rent", { gpu: "RTX 4080" }, /EC2 rents no machine with an RTX 4080/],
        ["deadline of 0", { deadlineMinutes: 0 }, /deadline is 0 minutes.*1 to 1440 minutes/i],
        ["deadline below 0", { deadlineMinutes: -5 }, /1 to 1440/],
        ["deadline above 24 h", { deadlineMinutes: 1441 }, /1441 minutes.*1 to 1440.*24 hours/],
        ["deadline not a number", { deadlineMinutes: NaN }, /1 to 1440/],
        ["budget of 0", { budgetUsd: 0 }, /budget is 0 USD/],
        [
            "context beyond the model's",
            { maxModelLen: 262_145 },
            /262145 tokens is longer than the model's.*262144/,
        ],
        ["half a sequence", { maxNumSeqs: 0.5 }, /maxNumSeqs is 0.5.*whole number/],
        ["no pixels", { maxImagePixels: 100 }, /maxImagePixels is 100.*65536/],
        [
            "image larger than the context",
            { maxModelLen: 2048, maxImagePixels: 16_777_216 },
            /16386 tokens.*2048/,
        ],
        ["parallelism of 3", { tensorParallel: 3 }, /parallelism 3.*1, 2, 4, 8/],
        [
            "more ranks than GPUs",
            { tensorParallel: 4, instanceType: "g6.xlarge" },
            /parallelism 4.*g6\.xlarge, which has 1 GPU\./,
        ],
        [
            "too little memory",
            { model: "8B", precision: "bf16", instanceType: "g4dn.xlarge" },
            /does not fit on g4dn\.xlarge/,
        ],
        [
            "fits nowhere",
            { model: "235B", precision: "fp32", maxModelLen: 262_144, maxNumSeqs: 512 },
            /does not fit on any machine.*maxNumSeqs 1/,
        ],
        ["no price", { instanceType: "p5e.48xlarge", budgetUsd: 999 }, /no on-demand price/],
        [
            "no spot quota",
            { instanceType: "p6-b200.48xlarge", market: "spot", budgetUsd: 999 },
            /p6-b200\.48xlarge: no spot.*on-demand/,
        ],
        [
            "budget",
            { budgetUsd: 0.1 },
            /budget of 0.1 USD does not cover.*g6\.xlarge.*up to 0\.61 USD/,
        ],
        [
            "budget below one minute of the cheapest",
            { budgetUsd: 0.001, market: "on-demand" },
            /below one minute of the cheapest machine that fits: g6\.xlarge on-demand costs 0\.0135/,
        ],
    ])("%s", (_what, change, says) => {
        const refused = () => planRun({ tier: "commit", ...change });
        expect(refused).toThrow(says);
        expect(refused).toThrow(expect.objectContaining({ name: "UserError" }));
    });

    test.each([1, 1440])("a deadline of %d minutes is allowed", (deadlineMinutes) => {
        const plan = planRun({ tier: "commit", deadlineMinutes, budgetUsd: 99 });
        expect(plan.deadlineMinutes).toBe(deadlineMinutes);
    });

    test("what it says would fit does fit", () => {
        const request = { tier: "merge", instanceType: "g5.xlarge" };
        let message = "";
        try {
            planRun(request);
        } catch (error) {
            message = (error as Error).message;
        }
        const [, context] = /context of at most (\d+)/.exec(message) ?? [];
        const [, precision] = /precision (\w+)/.exec(message) ?? [];
        const [, instanceType] = /instance type (\S+)\./.exec(message) ?? [];
        for (const change of [{ maxModelLen: Number(context) }, { precision }, { instanceType }])
            expect(planRun({ ...request, ...change }).candidates).not.toHaveLength(0);
    });

    test("the budget that it names is enough", () => {
        expect(planRun({ tier: "commit", budgetUsd: 0.61 }).candidates).not.toHaveLength(0);
    });
});

const anyRequest: fc.Arbitrary<PlanRequest> = fc.record(
    {
        tier: fc.constantFrom(...TIER_NAMES),
        model: fc.constantFrom(...MODEL_SIZE_NAMES),
        precision: fc.constantFrom(...PRECISION_NAMES),
        market: fc.constantFrom(...MARKET_CHOICES),
        instanceType: fc.constantFrom(...INSTANCE_TYPES),
        maxModelLen: fc.integer({ min: 1024, max: 262_144 }),
        maxNumSeqs: fc.integer({ min: 1, max: 64 }),
        deadlineMinutes: fc.integer({ min: 1, max: 1440 }),
        budgetUsd: fc.double({ min: 0.01, max: 5000, noNaN: true }),
    },
    { requiredKeys: ["tier"] },
);

/** A plan, or undefined for a refusal that a person can act on; anything else fails the test. */
function planOrRefusal(request: PlanRequest) {
    try {
        return planRun(request);
    } catch (error) {
        if (!isUserError(error)) throw error;
        expect(error.allowed ?? error.next).toBeTruthy();
        return undefined;
    }
}

describe("whatever is asked", () => {
    test("a plan is plain data, cheapest first, within budget, and fits", () => {
        fc.assert(
            fc.property(anyRequest, (request) => {
                const plan = planOrRefusal(request);
                if (!plan) return;
                expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
                const prices = plan.candidates.map(({ expectedUsd }) => expectedUsd);
                expect(prices).toEqual([...prices].sort((a, b) => a - b));
                expect(plan.price.expectedUsd).toBe(prices[0]);
                expect(plan.memory.fits).not.toBe("no");
                const heads = MODEL_SIZES[plan.model.size as ModelSize].heads;
                for (const machine of plan.candidates) {
                    expect(machine.ceilingUsd).toBeLessThanOrEqual(plan.budgetUsd);
                    expect(machine.expectedUsd).toBeLessThanOrEqual(machine.ceilingUsd);
                    expect(machine.tensorParallel).toBeLessThanOrEqual(machine.gpuCount);
                    expect(heads % machine.tensorParallel).toBe(0);
                    if (request.instanceType === undefined) expect(machine.fits).toBe("yes");
                    else expect(machine.instanceType).toBe(request.instanceType);
                }
            }),
            { numRuns: 200 },
        );
    });

    test("each candidate, asked for by name, gets a plan of its own at the same price", () => {
        fc.assert(
            fc.property(anyRequest, (request) => {
                const plan = planOrRefusal(request);
                for (const machine of plan?.candidates ?? []) {
                    const { instanceType } = machine;
                    expect(planRun({ ...request, instanceType }).candidates).toContainEqual(
                        machine,
                    );
                }
            }),
            { numRuns: 50 },
        );
    });

    test("the same request gives the same plan", () => {
        fc.assert(
            fc.property(anyRequest, (request) => {
                expect(planOrRefusal(request)).toEqual(planOrRefusal(request));
            }),
            { numRuns: 50 },
        );
    });

    test("a larger budget never loses a candidate that was among the cheapest", () => {
        fc.assert(
            fc.property(
                anyRequest,
                fc.double({ min: 0, max: 100, noNaN: true }),
                (request, more) => {
                    const small = planOrRefusal({ ...request, budgetUsd: request.budgetUsd ?? 5 });
                    if (!small) return;
                    const large = planRun({ ...request, budgetUsd: small.budgetUsd + more });
                    expect(large.candidates[0].expectedUsd).toBeLessThanOrEqual(
                        small.candidates[0].expectedUsd,
                    );
                },
            ),
            { numRuns: 100 },
        );
    });
});

describe("the instance table is consistent", () => {
    test.each(INSTANCE_TYPES)("%s", (type) => {
        const shape = INSTANCES[type];
        expect([1, 2, 4, 8]).toContain(shape.gpuCount);
        expect(GPUS).toHaveProperty([shape.gpu]);
        expect(QUOTAS[shape.quota]["on-demand"]).toMatch(/^L-[0-9A-F]{8}$/);
        expect(shape.vcpus).toBeGreaterThanOrEqual(4);
        if (shape.usdPerHour !== null) expect(shape.usdPerHour).toBeGreaterThan(0.1);
    });

    test("within a family, more vCPUs never cost less", () => {
        const sameFamily = (a: string, b: string) => a.split(".")[0] === b.split(".")[0];
        for (const a of INSTANCE_TYPES)
            for (const b of INSTANCE_TYPES) {
                const [x, y] = [INSTANCES[a], INSTANCES[b]];
                // A type with more GPUs costs more at fewer vCPUs: compare those of equal GPUs.
                if (sameFamily(a, b) && x.gpuCount === y.gpuCount && x.vcpus < y.vcpus)
                    expect(x.usdPerHour ?? 0).toBeLessThan(y.usdPerHour ?? Infinity);
            }
    });
});
