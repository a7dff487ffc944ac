import fc from "fast-check";

import { GPU_NAMES, GPUS } from "../../../sizing/gpus";
import {
    INSTANCES,
    INSTANCE_TYPES,
    MARKETS,
    QUOTA_NAMES,
    QUOTAS,
    quotaCodeOf,
    type InstanceShape,
} from "../../../sizing/instances";
import { REGIONS } from "../../../sizing/regions";
import {
    interruptionChance,
    interruptionPerMonth,
    REGION_PRICE_FACTOR,
    spotShare,
} from "../../../sizing/spot";

const shapes = INSTANCE_TYPES.map((type) => ({ type, ...(INSTANCES[type] as InstanceShape) }));
const family = (type: string) => type.split(".")[0];

describe("tables are consistent", () => {
    test("every family of the catalogue is there", () => {
        const families = new Set(INSTANCE_TYPES.map(family));
        const wanted = "g4dn g5 g6 g6e g7 g7e gr6 p4d p4de p5 p5e p5en p6-b200 p6-b300";
        expect([...families].sort()).toEqual(wanted.split(" ").sort());
    });

    test("a family has one GPU, which EC2 rents, and each such GPU is rented", () => {
        const rented = new Map(shapes.map(({ type, gpu }) => [family(type), gpu]));
        shapes.forEach(({ type, gpu }) =>
            expect([type, gpu]).toEqual([type, rented.get(family(type))]),
        );
        const onEc2 = GPU_NAMES.filter((name) => GPUS[name].where === "ec2");
        expect([...new Set(rented.values())].sort()).toEqual([...onEc2].sort());
    });

    test.each(GPU_NAMES)(
        "%s: a program is offered less than the box says, but not by much",
        (name) => {
            const { vendorGB, programGiB } = GPUS[name];
            expect(programGiB).toBeLessThan(vendorGB);
            expect(programGiB).toBeGreaterThan(vendorGB * 0.9);
        },
    );

    test("a family has one quota, and the rule for other types agrees with the table", () => {
        for (const { type, quota } of shapes) {
            for (const market of MARKETS) {
                expect([type, quotaCodeOf(type, market) ?? null]).toEqual([
                    type,
                    QUOTAS[quota][market],
                ]);
            }
        }
        const codes = Object.values(QUOTAS).flatMap((markets) => Object.values(markets));
        expect([...new Set(codes)].filter((code) => code !== null).sort()).toEqual(
            Object.keys(QUOTA_NAMES).sort(),
        );
    });

    test.each([
        ["g3.4xlarge", "on-demand", QUOTAS.G["on-demand"]],
        ["vt1.3xlarge", "spot", QUOTAS.G.spot],
        ["p3.2xlarge", "spot", QUOTAS.P4.spot],
        ["p5.4xlarge", "on-demand", QUOTAS.P5["on-demand"]],
        ["m5.large", "on-demand", undefined],
        ["p7.48xlarge", "spot", undefined],
        ["trn1.2xlarge", "on-demand", undefined],
        ["", "on-demand", undefined],
    ] as const)("%s %s counts against %s", (type, market, code) => {
        expect(quotaCodeOf(type, market)).toBe(code);
    });

    test("whoever has no more of anything costs no more, within a family", () => {
        for (const small of shapes) {
            for (const large of shapes) {
                const isLess =
                    family(small.type) === family(large.type) &&
                    small.vcpus <= large.vcpus &&
                    small.gpuCount <= large.gpuCount &&
                    small.ramGiB <= large.ramGiB;
                if (isLess && small.usdPerHour !== null && large.usdPerHour !== null) {
                    const pair = `${small.type} ${small.usdPerHour} <= ${large.type}`;
                    expect([pair, small.usdPerHour <= large.usdPerHour]).toEqual([pair, true]);
                }
            }
        }
    });

    test("no two types are the same machine", () => {
        const seen = shapes.map(({ type, gpu, gpuCount, vcpus, ramGiB }) =>
            [family(type), gpu, gpuCount, vcpus, ramGiB].join(" "),
        );
        expect(new Set(seen).size).toBe(seen.length);
    });

    test("spot is cheaper than on-demand, and regions of the price table are regions", () => {
        for (const type of INSTANCE_TYPES) {
            expect(spotShare(type)).toBeGreaterThan(0);
            expect(spotShare(type)).toBeLessThanOrEqual(1);
            expect(interruptionPerMonth(type)).toBeLessThan(1);
        }
        expect(REGIONS).toEqual(expect.arrayContaining(Object.keys(REGION_PRICE_FACTOR)));
        expect(Math.min(...Object.values(REGION_PRICE_FACTOR))).toBe(1);
    });
});

test("the chance of an interruption is a chance, at least the floor, and grows with the minutes", () => {
    fc.assert(
        fc.property(
            fc.constantFrom(...INSTANCE_TYPES),
            fc.integer({ min: 0, max: 1440 }),
            fc.integer({ min: 0, max: 100_000 }),
            (type, minutes, more) => {
                const short = interruptionChance(type, minutes);
                const long = interruptionChance(type, minutes + more);
                expect(short).toBeGreaterThanOrEqual(0.05);
                expect(long).toBeGreaterThanOrEqual(short);
                expect(long).toBeLessThan(1);
            },
        ),
    );
});

test("over a month the chance is the advisor's", () => {
    expect(interruptionChance("g6.xlarge", 30 * 24 * 60)).toBeCloseTo(
        interruptionPerMonth("g6.xlarge"),
    );
});
