import { z } from "zod";

import { UserError } from "../common/userError";
import { inside, parse } from "./checkpointConfig";
import { BYTES_PER_LINEAR } from "./models";
import type { Precision } from "./precisions";

/** How the weights of a checkpoint are stored. */
export interface Layout {
    readonly precision: Precision;
    /** Of one parameter of a language linear, with its scales and zero points. */
    readonly bytesPerLinear: number;
    /** Of every other parameter in the files. */
    readonly bytesPerOther: number;
    readonly notes: readonly string[];
}

const DTYPES = {
    float32: { precision: "fp32", bytes: 4 },
    bfloat16: { precision: "bf16", bytes: 2 },
    float16: { precision: "fp16", bytes: 2 },
} as const;

const bits = z.union([z.literal(4), z.literal(8)]);
/** -1 or null: one scale for a whole channel. */
const groupSize = z.number().int().nullish();

const METHODS = {
    fp8: z.object({ weight_block_size: z.array(z.number().positive()).nullish() }),
    awq: z.object({ bits, group_size: groupSize, zero_point: z.boolean().default(true) }),
    gptq: z.object({ bits, group_size: groupSize }),
    "compressed-tensors": z.object({
        config_groups: z
            .record(
                z.string(),
                z.object({
                    weights: z.object({
                        num_bits: bits,
                        type: z.enum(["int", "float"]),
                        group_size: groupSize,
                        symmetric: z.boolean().default(true),
                    }),
                }),
            )
            .refine((groups) => Object.keys(groups).length > 0),
    }),
} as const;

/**
 * Precision and bytes of a parameter from `torch_dtype` (or `dtype`) and `quantization_config`.
 *
 * Sources of the layouts: 16-bit scales, and zero points of the weights' own bits, a group (AWQ,
 * GPTQ: AutoAWQ and GPTQModel, `packed zeros`); FP8 blocks have a 32-bit scale, NVFP4 groups an 8-bit
 * one (compressed-tensors, `nvfp4-pack-quantized`).
 *
 * @throws UserError for a type or a quantisation that is not known.
 * @example readLayout({ torch_dtype: "bfloat16" }).bytesPerLinear; // 2
 */
export function readLayout(config: unknown): Layout {
    const text = inside(config, "text_config");
    const named = [config, text]
        .flatMap((part) => [inside(part, "torch_dtype"), inside(part, "dtype")])
        .find((name) => name !== undefined && name !== null);
    const keys = z.object({ torch_dtype: z.enum(["float32", "bfloat16", "float16"]) });
    const { torch_dtype } = parse(keys, { torch_dtype: named ?? "bfloat16" }, "the weights' type");
    const { precision, bytes } = DTYPES[torch_dtype];
    const notes = named === undefined ? ["config.json names no type: planned as bfloat16."] : [];
    const quantised = inside(config, "quantization_config") ?? inside(text, "quantization_config");
    if (quantised === undefined || quantised === null)
        return { precision, bytesPerLinear: bytes, bytesPerOther: bytes, notes };
    const layout = quantisedLayout(quantised);
    return { ...layout, bytesPerOther: bytes, notes: [...notes, ...(layout.notes ?? [])] };
}

function quantisedLayout(
    quantised: unknown,
): Pick<Layout, "precision" | "bytesPerLinear"> & Partial<Layout> {
    const method = inside(quantised, "quant_method");
    const read = <Keys>(keys: z.ZodType<Keys>) => parse(keys, quantised, "the quantisation");
    switch (method) {
        case "fp8": {
            const block = read(METHODS.fp8).weight_block_size ?? [];
            const area = block.reduce((product, length) => product * length, 1);
            const bytesPerLinear = block.length > 0 ? 1 + 4 / area : 1;
            return { precision: "fp8", bytesPerLinear };
        }
        case "awq": {
            const { bits: stored, group_size, zero_point } = read(METHODS.awq);
            return grouped(stored, group_size, zero_point ? 16 + stored : 16);
        }
        case "gptq": {
            // Its zero points are in the file also where they are all the same.
            const { bits: stored, group_size } = read(METHODS.gptq);
            return grouped(stored, group_size, 16 + stored);
        }
        case "compressed-tensors":
            return compressedTensors(read(METHODS["compressed-tensors"]));
        default:
            throw new UserError(
                `The weights' quantisation ${JSON.stringify(method ?? null)} is not known.`,
                Object.keys(METHODS).join(", "),
                "plan with the 16-bit model, or with a build in one of these",
            );
    }
}

function compressedTensors({
    config_groups,
}: z.infer<(typeof METHODS)["compressed-tensors"]>): ReturnType<typeof quantisedLayout> {
    const layouts = Object.values(config_groups).map(({ weights }) => {
        const { num_bits, type, group_size, symmetric } = weights;
        if (type === "int") return grouped(num_bits, group_size, symmetric ? 16 : 16 + num_bits);
        if (num_bits === 8)
            return { precision: "fp8", bytesPerLinear: BYTES_PER_LINEAR.fp8 } as const;
        return {
            ...grouped(4, group_size, 8),
            notes: [
                "The weights are 4-bit floats (NVFP4), planned as int4, which needs the same memory.",
            ],
        };
    });
    // A file with several groups has its small ones in fewer bits: count all as the largest.
    return layouts.reduce((large, layout) =>
        layout.bytesPerLinear > large.bytesPerLinear ? layout : large,
    );
}

/** Integers with scales and zero points of `bitsPerGroup` in all for each group. */
function grouped(
    stored: 4 | 8,
    group: number | null | undefined,
    bitsPerGroup: number,
): Pick<Layout, "precision" | "bytesPerLinear"> {
    const overhead = group && group > 0 ? bitsPerGroup / group : 0;
    return { precision: stored === 4 ? "int4" : "int8", bytesPerLinear: (stored + overhead) / 8 };
}
