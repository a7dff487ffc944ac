import fc from "fast-check";

import { isUserError } from "../../../common/userError";
import { checkpointModel, UNNAMED_MODEL } from "../../../sizing/checkpoint";
import { estimateMemory, GIB } from "../../../sizing/memory";
import {
    BYTES_PER_LINEAR,
    MODEL_SIZES,
    MODEL_SIZE_NAMES,
    type ModelSize,
} from "../../../sizing/models";
import { loadedBytes, sumBytes, weightBytes } from "../../../sizing/weights";

type Json = Record<string, unknown>;

/** `config.json` of a Qwen3-VL as it is published. */
function qwen3(size: ModelSize): Json {
    const { hidden, intermediate, layers, heads, kvHeads, moe, vision } = MODEL_SIZES[size];
    const kind = moe ? "qwen3_vl_moe" : "qwen3_vl";
    return {
        architectures: [
            moe ? "Qwen3VLMoeForConditionalGeneration" : "Qwen3VLForConditionalGeneration",
        ],
        model_type: kind,
        text_config: {
            model_type: `${kind}_text`,
            dtype: "bfloat16",
            hidden_size: hidden,
            intermediate_size: intermediate,
            num_hidden_layers: layers,
            num_attention_heads: heads,
            num_key_value_heads: kvHeads,
            head_dim: 128,
            vocab_size: 151_936,
            max_position_embeddings: 262_144,
            ...(moe && {
                num_experts: 128,
                num_experts_per_tok: moe.expertsPerToken,
                moe_intermediate_size: moe.intermediate,
                mlp_only_layers: [],
            }),
        },
        vision_config: {
            depth: vision.depth,
            hidden_size: vision.hidden,
            intermediate_size: vision.intermediate,
            num_heads: vision.heads,
            in_channels: 3,
            patch_size: 16,
            spatial_merge_size: 2,
            temporal_patch_size: 2,
            num_position_embeddings: 2304,
            out_hidden_size: hidden,
            deepstack_visual_indexes: [5, 11, 17],
        },
    };
}

function indexOf(totalBytes: number, hasHead: boolean): Json {
    return {
        metadata: { total_size: totalBytes },
        weight_map: {
            "model.language_model.embed_tokens.weight": "model-00001.safetensors",
            ...(hasHead && { "lm_head.weight": "model-00004.safetensors" }),
        },
    };
}

const indexOfSize = (size: ModelSize, bytes = 2 * MODEL_SIZES[size].parameters) =>
    indexOf(bytes, !MODEL_SIZES[size].tiedEmbeddings);

describe("the files of our own sizes give our own table", () => {
    test.each(MODEL_SIZE_NAMES)("%s", (size) => {
        const model = checkpointModel({
            config: qwen3(size),
            index: indexOfSize(size),
            name: "a/b",
        });
        expect(model.geometry).toEqual(MODEL_SIZES[size]);
        expect(model).toMatchObject({
            id: "a/b",
            precision: "bf16",
            bytesPerLinear: 2,
            size: null,
        });
    });

    test("the tower of 4B is as large as its tensors are: 830,695,424 bytes in a public index", () => {
        const { geometry } = checkpointModel({ config: qwen3("4B"), index: indexOfSize("4B") });
        expect(2 * geometry.vision.parameters).toBe(830_695_424);
    });
});

const fp8 = { quant_method: "fp8", weight_block_size: [128, 128] };
const awq = { quant_method: "awq", bits: 4, group_size: 128, zero_point: true };
const gptq = { quant_method: "gptq", bits: 8, group_size: 128 };
const tensors = (weights: Json) => ({
    quant_method: "compressed-tensors",
    config_groups: { group_0: { weights } },
});

describe("quantised builds", () => {
    test.each`
        build                | quantised                                                                 | precision | bytes
        ${"FP8 in blocks"}   | ${fp8}                                                                    | ${"fp8"}  | ${BYTES_PER_LINEAR.fp8}
        ${"FP8, one scale"}  | ${{ quant_method: "fp8" }}                                                | ${"fp8"}  | ${1}
        ${"AWQ"}             | ${awq}                                                                    | ${"int4"} | ${(4 + 20 / 128) / 8}
        ${"AWQ, no zeros"}   | ${{ ...awq, zero_point: false }}                                          | ${"int4"} | ${(4 + 16 / 128) / 8}
        ${"GPTQ 8 bit"}      | ${gptq}                                                                   | ${"int8"} | ${(8 + 24 / 128) / 8}
        ${"W4A16, group 32"} | ${tensors({ num_bits: 4, type: "int", group_size: 32, symmetric: true })} | ${"int4"} | ${BYTES_PER_LINEAR.int4}
        ${"W8A8 a channel"}  | ${tensors({ num_bits: 8, type: "int", group_size: null })}                | ${"int8"} | ${1}
        ${"NVFP4, group 16"} | ${tensors({ num_bits: 4, type: "float", group_size: 16 })}                | ${"int4"} | ${0.5625}
    `("$build: $precision, $bytes bytes a linear", ({ quantised, precision, bytes }) => {
        const total = Math.round(weightBytes(MODEL_SIZES["8B"], precision, bytes, 1));
        const model = checkpointModel({
            config: { ...qwen3("8B"), quantization_config: quantised },
            index: indexOfSize("8B", total),
        });
        expect(model).toMatchObject({ precision, bytesPerLinear: bytes });
        expect(model.geometry).toEqual(MODEL_SIZES["8B"]);
    });
});

/** Qwen2.5-VL 7B as published: text keys at the top, 16,584,333,312 bytes. */
const QWEN25_7B = {
    architectures: ["Qwen2_5_VLForConditionalGeneration"],
    model_type: "qwen2_5_vl",
    torch_dtype: "bfloat16",
    hidden_size: 3584,
    intermediate_size: 18_944,
    num_hidden_layers: 28,
    num_attention_heads: 28,
    num_key_value_heads: 4,
    vocab_size: 152_064,
    max_position_embeddings: 128_000,
    vision_config: {
        depth: 32,
        hidden_size: 1280,
        intermediate_size: 3420,
        num_heads: 16,
        in_chans: 3,
        patch_size: 14,
        spatial_merge_size: 2,
        temporal_patch_size: 2,
        out_hidden_size: 3584,
    },
};

const TEXT = {
    hidden_size: 4096,
    intermediate_size: 14_336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    vocab_size: 32_064,
    max_position_embeddings: 32_768,
};
const TOWER = {
    num_hidden_layers: 24,
    hidden_size: 1024,
    intermediate_size: 4096,
    num_attention_heads: 16,
};
const other = (name: string, kind: string, more: Json, tower: Json) => ({
    architectures: [name],
    torch_dtype: "float16",
    text_config: { model_type: kind, ...TEXT },
    vision_config: { ...TOWER, ...tower },
    ...more,
});
const CLIP = { patch_size: 14, image_size: 336 };
const OTHERS: Record<string, Json> = {
    llava: other("LlavaForConditionalGeneration", "llama", {}, CLIP),
    llavaNext: other("LlavaNextForConditionalGeneration", "mistral", {}, CLIP),
    internvl: other(
        "InternVLForConditionalGeneration",
        "qwen2",
        { downsample_ratio: 0.5 },
        { patch_size: [14, 14], image_size: [448, 448] },
    ),
    gemma3: other(
        "Gemma3ForConditionalGeneration",
        "gemma3_text",
        { mm_tokens_per_image: 256 },
        { patch_size: 14, image_size: 896 },
    ),
    mistral3: other(
        "Mistral3ForConditionalGeneration",
        "mistral",
        { spatial_merge_size: 2 },
        { patch_size: 14, image_size: 1540 },
    ),
};

describe("other families", () => {
    test("Qwen2.5-VL 7B: its parts are its published numbers of parameters", () => {
        const { geometry } = checkpointModel({
            config: QWEN25_7B,
            index: indexOf(16_584_333_312, true),
        });
        expect(geometry.parameters).toBe(8_292_166_656);
        // Qwen2.5 7B has 7,615,616,512; the rest is the tower.
        expect(geometry.vision.parameters).toBe(8_292_166_656 - 7_615_616_512);
        expect(geometry.vision.pixelsPerToken).toBe(28 * 28);
    });

    test("Qwen2-VL's tower has another width under hidden_size", () => {
        const { depth, num_heads, patch_size, spatial_merge_size, temporal_patch_size } =
            QWEN25_7B.vision_config;
        const shape = { depth, num_heads, patch_size, spatial_merge_size, temporal_patch_size };
        const { geometry } = checkpointModel({
            config: {
                ...QWEN25_7B,
                architectures: ["Qwen2VLForConditionalGeneration"],
                model_type: "qwen2_vl",
                vision_config: { ...shape, embed_dim: 1280, mlp_ratio: 4, hidden_size: 3584 },
            },
            index: indexOf(16_582_751_232, true),
        });
        expect(geometry.vision).toMatchObject({ hidden: 1280, intermediate: 5120 });
    });

    test.each`
        family         | tokens
        ${"llava"}     | ${576}
        ${"llavaNext"} | ${5 * 576}
        ${"internvl"}  | ${13 * 256}
        ${"gemma3"}    | ${256}
        ${"mistral3"}  | ${55 * 55}
    `("$family: an image takes $tokens tokens, whatever its pixels", ({ family, tokens }) => {
        const { geometry, precision, bytesPerLinear } = checkpointModel({
            config: OTHERS[family as string],
            index: indexOf(16e9, true),
        });
        for (const maxImagePixels of [65_536, 16_777_216]) {
            const memory = estimateMemory({
                geometry,
                precision,
                bytesPerLinear,
                tensorParallel: 1,
                maxNumBatchedTokens: 4096,
                maxModelLen: 8192,
                maxNumSeqs: 4,
                maxImagePixels,
                gpuProgramGiB: 22,
                utilization: 0.9,
            });
            expect(memory.imageTokens).toBe(tokens + 2);
        }
    });

    test("the weights are the files' to the byte, whatever the files", () => {
        fc.assert(
            fc.property(
                fc.constantFrom(...Object.values(OTHERS)),
                fc.integer({ min: 15 * GIB, max: 40 * GIB }),
                fc.boolean(),
                (config, half, hasHead) => {
                    const model = checkpointModel({ config, index: indexOf(2 * half, hasHead) });
                    const loaded = loadedBytes({ ...model, tensorParallel: 1 }, 0);
                    expect(sumBytes({ ...loaded, mropeTable: 0 })).toBe(2 * half);
                },
            ),
        );
    });
});

describe("precision and name", () => {
    const files = { config: qwen3("8B"), index: indexOfSize("8B") };

    test("16-bit weights may be served in 32 bit, with the same parameters", () => {
        const model = checkpointModel({ ...files, precision: "fp32" });
        expect(model).toMatchObject({ precision: "fp32", bytesPerLinear: 4 });
        expect(model.geometry).toEqual(MODEL_SIZES["8B"]);
    });

    test("a model without a name is planned, and the notes say what a run needs", () => {
        const model = checkpointModel(files);
        expect(model.id).toBe(UNNAMED_MODEL);
        expect(model.notes.join(" ")).toMatch(/no repository is named/i);
    });
});

test("where no type is named, 16 bit is assumed and said", () => {
    const config = qwen3("8B");
    const text = { ...(config.text_config as Json), dtype: undefined };
    const model = checkpointModel({
        config: { ...config, text_config: text },
        index: indexOfSize("8B"),
    });
    expect(model.precision).toBe("bf16");
    expect(model.notes.join(" ")).toMatch(/names no type/);
});

describe("what is refused, and how", () => {
    const good = qwen3("8B");
    const text = good.text_config as Json;
    const without = (key: string): Json => ({
        ...good,
        text_config: Object.fromEntries(Object.entries(text).filter(([name]) => name !== key)),
    });
    const quantised = (quantization_config: Json) => ({ ...good, quantization_config });
    test.each`
        what                        | config                                                                                                       | says
        ${"unknown architecture"}   | ${{ ...good, architectures: ["Qwen9VLForConditionalGeneration"] }}                                           | ${/Qwen9VLForConditionalGeneration.*Allowed: .*Qwen2_5_VLFor.*did you mean .*Qwen3VLFor/i}
        ${"a text-only model"}      | ${{ architectures: ["Qwen3ForCausalLM"], hidden_size: 4096 }}                                                | ${/Qwen3ForCausalLM, a model without a vision part/}
        ${"unknown text model"}     | ${{ ...good, text_config: { ...text, model_type: "mamba" } }}                                                | ${/"mamba".*not known.*llama/}
        ${"a missing key"}          | ${without("num_key_value_heads")}                                                                            | ${/Missing.*the text model: num_key_value_heads\..*use_diff=False/}
        ${"no vision part"}         | ${{ ...good, vision_config: undefined }}                                                                     | ${/the vision part: depth/}
        ${"a strange type"}         | ${{ ...good, torch_dtype: "float8" }}                                                                        | ${/the weights' type: torch_dtype/}
        ${"unknown quantisation"}   | ${quantised({ quant_method: "bitsandbytes" })}                                                               | ${/"bitsandbytes" is not known.*fp8, awq, gptq, compressed-tensors/}
        ${"impossible bits"}        | ${quantised({ quant_method: "awq", bits: 3, group_size: 128 })}                                              | ${/the quantisation: bits/}
        ${"no group"}               | ${quantised({ quant_method: "compressed-tensors", config_groups: {} })}                                      | ${/the quantisation: config_groups/}
        ${"experts in some layers"} | ${{ ...qwen3("30B-A3B"), text_config: { ...(qwen3("30B-A3B").text_config as Json), mlp_only_layers: [0] } }} | ${/the experts: mlp_only_layers/}
        ${"no object"}              | ${[]}                                                                                                        | ${/the model: all of it/}
        ${"nothing"}                | ${null}                                                                                                      | ${/the model: architectures/}
    `("$what", ({ config, says }) => {
        const refused = () => checkpointModel({ config, index: indexOfSize("8B") });
        expect(refused).toThrow(says);
        expect(refused).toThrow(expect.objectContaining({ name: "UserError" }));
    });

    test.each`
        what                       | files                            | says
        ${"no index"}              | ${{ index: {} }}                 | ${/the index: metadata, weight_map/}
        ${"another model's index"} | ${{ index: indexOf(1e9, true) }} | ${/less than the language model alone/}
        ${"a precision it lacks"}  | ${{ precision: "int4" }}         | ${/"int4" contradicts.*bf16.*fp32, bf16, fp16/}
        ${"an unknown precision"}  | ${{ precision: "bf15" }}         | ${/unknown precision.*did you mean bf16/i}
    `("$what", ({ files, says }) => {
        const refused = () => checkpointModel({ config: good, index: indexOfSize("8B"), ...files });
        expect(refused).toThrow(says);
    });

    test("files with anything wrong in them are either understood or refused for the user", () => {
        const parts = ["text_config", "vision_config", "quantization_config"];
        const quantisations = [fp8, awq, tensors({ num_bits: 4, type: "int" })];
        fc.assert(
            fc.property(
                fc.constantFrom(...quantisations).map((each) => quantised(each)),
                fc.constantFrom(...parts),
                fc.nat(30),
                fc.jsonValue(),
                (config: Json, part, at, junk) => {
                    const inPart = config[part] as Json;
                    const keys = Object.keys(inPart);
                    const changed = { ...inPart, [keys[at % keys.length]]: junk };
                    try {
                        checkpointModel({
                            config: { ...config, [part]: changed },
                            index: indexOfSize("8B"),
                        });
                    } catch (error) {
                        expect(isUserError(error) ? "refused" : error).toBe("refused");
                    }
                },
            ),
            { numRuns: 500 },
        );
    });
});
