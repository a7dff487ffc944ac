import fc from "fast-check";

import {
    estimateMemory,
    GIB,
    imageTokens,
    kvBytesPerToken,
    tensorParallelDegrees,
    weightBytes,
    type MemoryRequest,
} from "../../../sizing/memory";
import { MEMORY_FORMULAS } from "../../../sizing/memoryFormulas";
import {
    BYTES_PER_LINEAR,
    knownBuild,
    MODEL_SIZES,
    MODEL_SIZE_NAMES,
    type ModelSize,
} from "../../../sizing/models";
import { loadedBytes, otherParameters, sumBytes } from "../../../sizing/weights";
import { PRECISIONS, PRECISION_NAMES, type Precision } from "../../../sizing/precisions";

/** Relative error of an estimate, in percent. */
const percent = (estimated: number, measured: number) => 100 * Math.abs(estimated / measured - 1);

describe("the KV cache", () => {
    test("KV cache needed for one long sequence, as the server's refusal said it", () => {
        // 8B, 32,768 tokens: "4.5 GiB KV cache is needed", public log.
        expect((32_768 * kvBytesPerToken(MODEL_SIZES["8B"], "bf16", 1)) / GIB).toBe(4.5);
    });

    test.each`
        precision | cache     | bytes
        ${"bf16"} | ${"auto"} | ${147_456}
        ${"bf16"} | ${"fp8"}  | ${73_728}
        ${"int4"} | ${"auto"} | ${147_456}
        ${"fp32"} | ${"auto"} | ${294_912}
        ${"fp32"} | ${"fp8"}  | ${73_728}
    `("takes $bytes bytes a token of 8B in $precision, cache $cache", (row) => {
        expect(kvBytesPerToken(MODEL_SIZES["8B"], row.precision, 1, row.cache)).toBe(row.bytes);
    });
});

describe("weights agree with files on disk, within 1 %", () => {
    test.each`
        file                  | size    | precision | bytes
        ${"2B AWQ, group 32"} | ${"2B"} | ${"int4"} | ${2_229_344_344}
    `("$file", ({ size, precision, bytes }) => {
        const build = knownBuild(size, "Instruct", precision)!;
        const estimated = weightBytes(
            MODEL_SIZES[size as ModelSize],
            precision,
            build.bytesPerLinear,
            1,
        );
        expect(percent(estimated, bytes)).toBeLessThan(1);
    });
});

test("QuantTrio's layout meets the 17.9 GB of its 30B-A3B build", () => {
    const { bytesPerLinear } = knownBuild("235B-A22B", "Instruct", "int4")!;
    const bytes = weightBytes(MODEL_SIZES["30B-A3B"], "int4", bytesPerLinear, 1);
    expect(percent(bytes, 17.9e9)).toBeLessThan(1);
});

describe("how a model can be cut", () => {
    test.each`
        size           | precision | degrees         | why
        ${"8B"}        | ${"bf16"} | ${[1, 2, 4, 8]} | ${"32 heads"}
        ${"4B"}        | ${"bf16"} | ${[1, 2, 4, 8]} | ${"9728 may be cut anywhere in 16 bit"}
        ${"4B"}        | ${"fp8"}  | ${[1, 2, 4]}    | ${"9728 / 8 is no multiple of 128"}
        ${"30B-A3B"}   | ${"fp8"}  | ${[1, 2]}       | ${"experts of 768"}
        ${"235B-A22B"} | ${"int4"} | ${[1, 2, 4]}    | ${"experts of 1536"}
    `("$size in $precision: $degrees, $why", ({ size, precision, degrees }) => {
        expect(tensorParallelDegrees(MODEL_SIZES[size as ModelSize], precision)).toEqual(degrees);
    });

    test("a KV head is copied, not split, when there are more ranks than heads", () => {
        const geometry = MODEL_SIZES["30B-A3B"];
        expect(kvBytesPerToken(geometry, "bf16", 8)).toBe(kvBytesPerToken(geometry, "bf16", 4));
        expect(kvBytesPerToken(geometry, "bf16", 2)).toBe(kvBytesPerToken(geometry, "bf16", 1) / 2);
    });
});

test("an image of the processor's bounds takes 64 and 16,384 tokens", () => {
    expect([imageTokens(65_536), imageTokens(16_777_216)]).toEqual([64, 16_384]);
});

/** Any server on any GPU. */
const anyServer: fc.Arbitrary<MemoryRequest> = fc
    .record({
        size: fc.constantFrom(...MODEL_SIZE_NAMES),
        precision: fc.constantFrom(...PRECISION_NAMES),
        tensorParallel: fc.constantFrom(1, 2, 4, 8),
        maxNumBatchedTokens: fc.integer({ min: 512, max: 65_536 }),
        maxModelLen: fc.integer({ min: 1024, max: 262_144 }),
        maxNumSeqs: fc.integer({ min: 1, max: 512 }),
        maxImagePixels: fc.integer({ min: 65_536, max: 16_777_216 }),
        gpuProgramGiB: fc.double({ min: 8, max: 300, noNaN: true }),
        utilization: fc.double({ min: 0.5, max: 0.95, noNaN: true }),
        kvCacheDtype: fc.constantFrom("auto" as const, "fp8" as const),
        eager: fc.boolean(),
        video: fc.boolean(),
    })
    .map(({ size, ...rest }) => ({
        ...rest,
        geometry: MODEL_SIZES[size],
        bytesPerLinear: BYTES_PER_LINEAR[rest.precision],
    }));

const RANK = { no: 0, tight: 1, yes: 2 } as const;

describe("whatever the server", () => {
    const growing = ["maxModelLen", "maxNumSeqs", "maxNumBatchedTokens", "maxImagePixels"] as const;
    test.each(growing)("more %s never needs less memory, and never fits better", (what) => {
        fc.assert(
            fc.property(anyServer, fc.integer({ min: 1, max: 100_000 }), (server, more) => {
                const small = estimateMemory(server);
                const large = estimateMemory({ ...server, [what]: server[what] + more });
                expect(large.totalGiB).toBeGreaterThanOrEqual(small.totalGiB);
                expect(large.totalRangeGiB[0]).toBeGreaterThanOrEqual(small.totalRangeGiB[0]);
                expect(large.totalRangeGiB[1]).toBeGreaterThanOrEqual(small.totalRangeGiB[1]);
                expect(RANK[large.fits]).toBeLessThanOrEqual(RANK[small.fits]);
            }),
        );
    });

    test.each([
        ["videos", { video: false }, { video: true }],
        ["CUDA graphs", { eager: true }, { eager: false }],
        ["a 16-bit KV cache", { kvCacheDtype: "fp8" }, { kvCacheDtype: "auto" }],
    ] as const)("%s never need less memory", (_, without, having) => {
        fc.assert(
            fc.property(anyServer, (server) => {
                const small = estimateMemory({ ...server, ...without });
                const large = estimateMemory({ ...server, ...having });
                expect(large.totalGiB).toBeGreaterThanOrEqual(small.totalGiB);
                expect(large.totalRangeGiB[1]).toBeGreaterThanOrEqual(small.totalRangeGiB[1]);
            }),
        );
    });

    // Not of the reserve: communication between the GPUs costs each of them more.
    test("more GPUs never load more on each, nor keep more of a token", () => {
        fc.assert(
            fc.property(anyServer, (server) => {
                const on = (tensorParallel: number) =>
                    estimateMemory({ ...server, tensorParallel });
                for (const degree of [1, 2, 4]) {
                    expect(on(2 * degree).loadGiB).toBeLessThanOrEqual(on(degree).loadGiB);
                    expect(on(2 * degree).kvBytesPerToken).toBeLessThanOrEqual(
                        on(degree).kvBytesPerToken,
                    );
                }
            }),
        );
    });

    test("every figure is a number, the expectation lies in its range, and sums hold", () => {
        fc.assert(
            fc.property(anyServer, (server) => {
                const { parts, ...estimate } = estimateMemory(server);
                const figures = [...Object.values(estimate).flat(), ...Object.values(parts)];
                expect(figures.filter((figure) => !Number.isFinite(figure))).toEqual([
                    estimate.fits,
                ]);
                const [low, high] = estimate.totalRangeGiB;
                expect(estimate.totalGiB).toBeGreaterThanOrEqual(low);
                expect(estimate.totalGiB).toBeLessThanOrEqual(high);
                const sum = Object.values(parts).reduce((total, part) => total + part, 0);
                expect(sum).toBeCloseTo(estimate.loadGiB, 2);
                expect(estimate.totalGiB + estimate.leftGiB).toBeCloseTo(estimate.availableGiB, 2);
            }),
        );
    });

    test("a larger GPU never fits less", () => {
        fc.assert(
            fc.property(anyServer, fc.double({ min: 0, max: 100, noNaN: true }), (server, more) => {
                const gpuProgramGiB = server.gpuProgramGiB + more;
                const small = estimateMemory(server);
                const large = estimateMemory({ ...server, gpuProgramGiB });
                expect(RANK[large.fits]).toBeGreaterThanOrEqual(RANK[small.fits]);
                expect(large.maxModelLen).toBeGreaterThanOrEqual(small.maxModelLen);
                expect(large.maxSequences).toBeGreaterThanOrEqual(small.maxSequences);
            }),
        );
    });

    test("int4 <= fp8 <= int8 <= 16 bit <= fp32", () => {
        const order: Precision[] = ["int4", "fp8", "int8", "fp16", "bf16", "fp32"];
        fc.assert(
            fc.property(anyServer, (server) => {
                const totals = order.map(
                    (precision) =>
                        estimateMemory({
                            ...server,
                            precision,
                            bytesPerLinear: BYTES_PER_LINEAR[precision],
                        }).totalGiB,
                );
                expect(totals).toEqual([...totals].sort((a, b) => a - b));
            }),
        );
    });

    test("the longest context that it names fits, and one token more does not", () => {
        fc.assert(
            fc.property(anyServer, (server) => {
                // The reserve does not move with the context once the encoder's budget is in it.
                const base = { ...server, maxModelLen: 262_144, maxNumSeqs: 1 };
                const longest = estimateMemory(base).maxModelLen;
                fc.pre(longest > 65_536 && longest < 262_144);
                expect(estimateMemory({ ...base, maxModelLen: longest }).fits).not.toBe("no");
                expect(estimateMemory({ ...base, maxModelLen: longest + 1 }).fits).toBe("no");
            }),
        );
    });
});

test("every figure of the estimate has a formula and a source", () => {
    const { parts, ...estimate } = estimateMemory({
        geometry: MODEL_SIZES["8B"],
        precision: "bf16",
        bytesPerLinear: 2,
        tensorParallel: 1,
        maxNumBatchedTokens: 4096,
        maxModelLen: 8192,
        maxNumSeqs: 8,
        maxImagePixels: 1_048_576,
        gpuProgramGiB: 21.95,
        utilization: 0.9,
    });
    expect(Object.keys(MEMORY_FORMULAS).sort()).toEqual(
        [...Object.keys(estimate), ...Object.keys(parts)].sort(),
    );
    expect(estimate.imageTokens).toBe(1024 + 2);
});

test("a fit is sure only when it holds at the high end of the reserve", () => {
    fc.assert(
        fc.property(anyServer, (server) => {
            const { fits, loadGiB, kvGiB, reserveRangeGiB, availableGiB } = estimateMemory(server);
            const worst = loadGiB + kvGiB + reserveRangeGiB[1];
            // Each of the four is rounded to a thousandth.
            if (fits === "yes") expect(worst).toBeLessThanOrEqual(availableGiB + 0.002);
            else expect(worst).toBeGreaterThanOrEqual(availableGiB - 0.002);
        }),
        { numRuns: 1000 },
    );
});

describe("the tables are consistent", () => {
    test.each(MODEL_SIZE_NAMES)("%s: its parts are its parameters, to the byte", (size) => {
        const layout = { precision: "bf16", bytesPerLinear: 2, tensorParallel: 1 } as const;
        const { mropeTable, deepStack, ...weights } = loadedBytes(
            { ...layout, geometry: MODEL_SIZES[size] },
            4096,
        );
        expect(sumBytes({ ...weights, mropeTable: 0, deepStack: 0 })).toBe(
            2 * MODEL_SIZES[size].parameters,
        );
        expect([mropeTable, deepStack]).toEqual([
            268_435_456,
            3 * 4096 * MODEL_SIZES[size].hidden * 2,
        ]);
    });

    test.each(MODEL_SIZE_NAMES)(
        "%s: what is neither linear nor table is norms and router",
        (size) => {
            const geometry = MODEL_SIZES[size];
            const norms = 2 * geometry.hidden + 2 * geometry.headDimension;
            const router = geometry.moe ? 128 * geometry.hidden : 0;
            expect(otherParameters(geometry)).toBe(
                geometry.layers * (norms + router) + geometry.hidden,
            );
        },
    );

    test.each(MODEL_SIZE_NAMES)("%s: its tower follows from its geometry", (size) => {
        const { hidden: out, vision } = MODEL_SIZES[size];
        const { hidden, intermediate, depth } = vision;
        const patches = (vision.patchElements + 1) * hidden + vision.positionEmbeddings * hidden;
        const attention = 4 * hidden ** 2 + 4 * hidden;
        const mlp = 2 * hidden * intermediate + intermediate + hidden;
        const block = attention + mlp + 4 * hidden;
        const merged = 4 * hidden;
        const merger = merged ** 2 + merged + merged * out + out;
        const norms = 2 * hidden + 3 * 2 * merged;
        expect(patches + depth * block + 4 * merger + norms).toBe(vision.parameters);
    });

    test.each(MODEL_SIZE_NAMES)("%s: its language linears follow from its geometry", (size) => {
        const { hidden, intermediate, layers, heads, kvHeads, moe } = MODEL_SIZES[size];
        const attention = 2 * hidden * heads * 128 + 2 * hidden * kvHeads * 128;
        const mlp = moe ? 128 * 3 * hidden * moe.intermediate : 3 * hidden * intermediate;
        expect(layers * (attention + mlp)).toBe(MODEL_SIZES[size].languageLinearParameters);
    });

    test.each(PRECISION_NAMES)("%s: bytes and bits of a linear agree to a sixth", (precision) => {
        const bits = BYTES_PER_LINEAR[precision] * 8;
        expect(bits).toBeGreaterThanOrEqual(PRECISIONS[precision].bitsPerLinear);
        expect(bits).toBeLessThan(PRECISIONS[precision].bitsPerLinear * (1 + 1 / 6));
    });
});
