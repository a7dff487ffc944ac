import fc from "fast-check";

import {
    estimateMemory,
    GIB,
    imageTokens,
    kvBytesPerToken,
    loadBytes,
    reserveGiB,
    tensorParallelDegrees,
    weightBytes,
    type MemoryRequest,
} from "../../../sizing/memory";
import {
    BYTES_PER_LINEAR,
    knownBuild,
    MODEL_SIZES,
    MODEL_SIZE_NAMES,
    type ModelSize,
} from "../../../sizing/models";
import { PRECISIONS, PRECISION_NAMES, type Precision } from "../../../sizing/precisions";

/** Relative error of an estimate, in percent. */
const percent = (estimated: number, measured: number) => 100 * Math.abs(estimated / measured - 1);

describe("load and KV cache agree with what servers printed, within 1 %", () => {
    // "Model loading took", "Available KV cache memory" and "GPU KV cache size" of public logs.
    test.each`
        log                         | size         | precision | batched | loadGiB    | kvGiB    | kvTokens
        ${"2B on an RTX 5070 Ti"}   | ${"2B"}      | ${"bf16"} | ${2048} | ${4.24}    | ${8.13}  | ${76_144}
        ${"8B on an RTX 4090"}      | ${"8B"}      | ${"bf16"} | ${2048} | ${16.65}   | ${null}  | ${null}
        ${"8B on a Jetson Thor"}    | ${"8B"}      | ${"bf16"} | ${2048} | ${16.6397} | ${40.48} | ${294_752}
        ${"8B geometry on ROCm"}    | ${"8B"}      | ${"fp16"} | ${8192} | ${16.78}   | ${72.12} | ${525_136}
        ${"30B-A3B on an H100 NVL"} | ${"30B-A3B"} | ${"bf16"} | ${8192} | ${58.2299} | ${19.4}  | ${211_936}
    `("$log", ({ size, precision, batched, loadGiB, kvGiB, kvTokens }) => {
        const geometry = MODEL_SIZES[size as ModelSize];
        const load = loadBytes(geometry, precision, 2, 1, batched) / GIB;
        expect(percent(load, loadGiB)).toBeLessThan(1);
        if (kvGiB !== null) {
            const perToken = kvBytesPerToken(geometry, precision, 1);
            expect(percent(perToken, (kvGiB * GIB) / kvTokens)).toBeLessThan(1);
        }
    });

    test("KV cache needed for one long sequence, as the server's refusal said it", () => {
        // 8B, 32,768 tokens: "4.5 GiB KV cache is needed", public log.
        expect((32_768 * kvBytesPerToken(MODEL_SIZES["8B"], "bf16", 1)) / GIB).toBe(4.5);
    });
});

describe("weights agree with files on disk, within 1 %", () => {
    test.each`
        file                       | size     | precision | bytes
        ${"2B AWQ, group 32"}      | ${"2B"}  | ${"int4"} | ${2_229_344_344}
        ${"4B index, total_size"}  | ${"4B"}  | ${"bf16"} | ${8_875_631_616}
        ${"8B index, total_size"}  | ${"8B"}  | ${"bf16"} | ${17_534_247_392}
        ${"32B index, total_size"} | ${"32B"} | ${"bf16"} | ${66_714_780_128}
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

describe("the reserve's range holds what public logs leave over", () => {
    // total x utilization - load - KV, of servers whose other options are known.
    test.each`
        log                                   | size    | pixels        | context   | seqs   | eager    | reserve
        ${"8B on an RTX 4090, full images"}   | ${"8B"} | ${16_777_216} | ${32_768} | ${256} | ${false} | ${2.56}
        ${"2B on an RTX 5070 Ti, eager"}      | ${"2B"} | ${16_777_216} | ${2048}   | ${1}   | ${true}  | ${1.54}
        ${"8B on a 48 GB card, 1 Mpx, eager"} | ${"8B"} | ${1_003_520}  | ${32_768} | ${256} | ${true}  | ${1.05}
    `("$log", ({ size, pixels, context, seqs, eager, reserve }) => {
        const { range } = reserveGiB({
            geometry: MODEL_SIZES[size as ModelSize],
            precision: "bf16",
            tensorParallel: 1,
            maxNumBatchedTokens: 2048,
            maxModelLen: context,
            maxNumSeqs: seqs,
            maxImagePixels: pixels,
            eager,
        });
        expect(reserve).toBeGreaterThanOrEqual(range[0]);
        expect(reserve).toBeLessThanOrEqual(range[1]);
    });
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
                expect(RANK[large.fits]).toBeLessThanOrEqual(RANK[small.fits]);
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
    test.each(MODEL_SIZE_NAMES)("%s: its parts are smaller than the whole", (size) => {
        const geometry = MODEL_SIZES[size];
        const embedding = 151_936 * geometry.hidden;
        expect(geometry.languageLinearParameters + embedding).toBeLessThan(geometry.parameters);
        expect(geometry.heads % geometry.kvHeads).toBe(0);
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
