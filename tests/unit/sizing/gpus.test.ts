import fc from "fast-check";

import { findGpu, GPU_NAMES } from "../../../sizing/gpus";
import { parseRegion, REGIONS } from "../../../sizing/regions";

test.each([
    ["L4", "L4"],
    ["nvidia l4", "L4"],
    ["Tesla T4", "T4"],
    ["rtx4080", "RTX 4080"],
    ["4080", "RTX 4080"],
    ["NVIDIA GeForce RTX 4080", "RTX 4080"],
    ["RTX-3060", "RTX 3060"],
    ["RTX 3060 12GB", "RTX 3060"],
    ["RTX 3060 8 GB", "RTX 3060 8GB"],
    ["RTX 4060 Ti 16GB", "RTX 4060 Ti 16GB"],
    ["a6000", "RTX A6000"],
    ["A100 80GB", "A100-80GB"],
    ["NVIDIA A100-SXM4-40GB", "A100-40GB"],
    ["NVIDIA A100 80GB PCIe", "A100-80GB"],
    ["NVIDIA H100 80GB HBM3", "H100"],
    ["NVIDIA RTX PRO 6000 Blackwell Server Edition", "RTX PRO 6000"],
])("%s is the %s", (text, name) => {
    expect(findGpu(text)).toBe(name);
});

test.each([
    ["A100", /comes in 2 sizes.*A100-40GB, A100-80GB/],
    ["RTX 4060 Ti", /Unknown.*did you mean RTX 4060 Ti 16GB/],
    ["RTX 4081", /Unknown.*did you mean RTX 4080/],
    ["L40X", /Unknown.*did you mean L40S/],
    ["RTX 4080 12GB", /Unknown/],
    ["Voodoo2", /Unknown.*Allowed: T4, A10G/],
    ["", /Unknown/],
])("%s is refused, and says what is there", (text, message) => {
    expect(() => findGpu(text)).toThrow(message);
});

test("every name finds itself, in any case and with any separator", () => {
    fc.assert(
        fc.property(
            fc.constantFrom(...GPU_NAMES),
            fc.boolean(),
            fc.constantFrom("", " ", "-"),
            (name, upper, separator) => {
                const written = name.replace(/[ -]/g, separator);
                const cased = upper ? written.toUpperCase() : written.toLowerCase();
                expect(findGpu(`NVIDIA ${cased}`)).toBe(name);
            },
        ),
    );
});

test("any text is a GPU of the table or refused, never an error of ours", () => {
    fc.assert(
        fc.property(fc.string(), (text) => {
            try {
                expect(GPU_NAMES).toContain(findGpu(text));
            } catch (error) {
                expect(error).toMatchObject({ name: "UserError" });
            }
        }),
    );
});

test("a region is one of AWS's, or refused with the nearest names", () => {
    REGIONS.forEach((region) => expect(parseRegion(region)).toBe(region));
    expect(() => parseRegion("eu-central1")).toThrow(/did you mean eu-central-1/);
    expect(() => parseRegion("moon")).toThrow(/Allowed: us-east-1.*choose one of them/);
});
