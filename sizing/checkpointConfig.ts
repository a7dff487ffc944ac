import { z } from "zod";

import { didYouMean } from "../common/nearest";
import { UserError } from "../common/userError";
import type { ModelGeometry, VisionGeometry } from "./models";

/** A text model that is a plain decoder, and what its kind adds to attention and MLP. */
export interface Decoder {
    readonly normsPerLayer: number;
    /** Queries and keys have a norm each, of one head dimension. */
    readonly hasQkNorm: boolean;
    readonly hasQkvBias: boolean;
}

const PLAIN = { normsPerLayer: 2, hasQkNorm: false, hasQkvBias: false } as const;
const QWEN2 = { ...PLAIN, hasQkvBias: true } as const;
const QWEN3 = { ...PLAIN, hasQkNorm: true } as const;

/** By `model_type` of the text configuration. Source: transformers 5, `models/<kind>/modeling_*.py`. */
const DECODERS: Readonly<Record<string, Decoder>> = {
    llama: PLAIN,
    mistral: PLAIN,
    qwen2: QWEN2,
    qwen2_vl: QWEN2,
    qwen2_vl_text: QWEN2,
    qwen2_5_vl: QWEN2,
    qwen2_5_vl_text: QWEN2,
    qwen3: QWEN3,
    qwen3_vl_text: QWEN3,
    qwen3_vl_moe_text: QWEN3,
    gemma3_text: { ...QWEN3, normsPerLayer: 4 },
};

type Tower = Omit<VisionGeometry, "parameters">;

interface Architecture {
    readonly tower: (config: unknown) => Tower;
    /** How many times the model's positions the server's tables of rotary embeddings have. */
    readonly ropeTables: number;
    readonly hasExperts?: true;
}

const whole = z.number().int().positive();
/** `14` or `[14, 14]`. */
const side = z.union([
    whole,
    z
        .array(whole)
        .min(1)
        .transform((sides) => sides[0]),
]);

const QWEN_VISION = z.object({
    depth: whole,
    num_heads: whole,
    patch_size: whole,
    spatial_merge_size: whole,
    temporal_patch_size: whole,
    in_channels: whole.default(3),
});

const FIXED_VISION = z.object({
    num_hidden_layers: whole,
    hidden_size: whole,
    intermediate_size: whole,
    num_attention_heads: whole,
    patch_size: side,
    image_size: side,
});

/**
 * The architectures that vLLM serves (0.33, `models/registry.py`) and whose memory is understood
 * here. Tiles: most sub-images of one image, with the overview, in the processor's defaults.
 */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
    Qwen3VLForConditionalGeneration: { tower: qwen3Tower, ropeTables: 4 },
    Qwen3VLMoeForConditionalGeneration: { tower: qwen3Tower, ropeTables: 4, hasExperts: true },
    Qwen2_5_VLForConditionalGeneration: { tower: qwen25Tower, ropeTables: 4 },
    Qwen2VLForConditionalGeneration: { tower: qwen2Tower, ropeTables: 4 },
    LlavaForConditionalGeneration: { tower: (config) => fixedTower(config, 1, 1), ropeTables: 1 },
    LlavaNextForConditionalGeneration: {
        tower: (config) => fixedTower(config, 1, 5),
        ropeTables: 1,
    },
    LlavaOnevisionForConditionalGeneration: {
        tower: (config) => fixedTower(config, 1, 10),
        ropeTables: 1,
    },
    InternVLForConditionalGeneration: { tower: internTower, ropeTables: 1 },
    // One table for the layers with a sliding window, one for the others.
    Gemma3ForConditionalGeneration: { tower: gemmaTower, ropeTables: 2 },
    Mistral3ForConditionalGeneration: { tower: mistralTower, ropeTables: 1 },
};

const TEXT = z.object({
    model_type: z.string(),
    hidden_size: whole,
    intermediate_size: whole,
    num_hidden_layers: whole,
    num_attention_heads: whole,
    num_key_value_heads: whole,
    head_dim: whole.nullish(),
    vocab_size: whole,
    max_position_embeddings: whole,
});

const EXPERTS = z.object({
    num_experts: whole,
    num_experts_per_tok: whole,
    moe_intermediate_size: whole,
    // A mixture in some layers only would need another count of the parameters.
    mlp_only_layers: z.array(z.number()).max(0).default([]),
});

/** What a configuration says, before the files' size is known. */
export interface DescribedModel {
    readonly architecture: string;
    readonly geometry: Omit<ModelGeometry, "parameters" | "vision" | "tiedEmbeddings">;
    readonly tower: Tower;
    /** Norms, biases and router of the language model. */
    readonly otherParameters: number;
}

/**
 * Reads the geometry of a vision-language model from its `config.json`.
 *
 * @throws UserError for an architecture or a text model that is not known, and for missing keys.
 */
export function describeModel(config: unknown): DescribedModel {
    const name = architectureName(config);
    const architecture = ARCHITECTURES[name];
    // Older Qwen2-VL configurations have the text model's keys at the top.
    const text = inside(config, "text_config") ?? config;
    const keys = parse(TEXT, text, "the text model");
    const decoder = decoderOf(keys.model_type);
    const moe = architecture.hasExperts ? parse(EXPERTS, text, "the experts") : null;

    const headDimension = keys.head_dim ?? keys.hidden_size / keys.num_attention_heads;
    const attentionHeads = keys.num_attention_heads + keys.num_key_value_heads;
    const mlp = moe
        ? moe.num_experts * 3 * keys.hidden_size * moe.moe_intermediate_size
        : 3 * keys.hidden_size * keys.intermediate_size;
    const layerOther =
        decoder.normsPerLayer * keys.hidden_size +
        (decoder.hasQkNorm ? 2 * headDimension : 0) +
        (decoder.hasQkvBias ? (attentionHeads + keys.num_key_value_heads) * headDimension : 0) +
        (moe ? moe.num_experts * keys.hidden_size : 0);
    return {
        architecture: name,
        geometry: {
            languageLinearParameters:
                keys.num_hidden_layers *
                (2 * keys.hidden_size * attentionHeads * headDimension + mlp),
            hidden: keys.hidden_size,
            intermediate: keys.intermediate_size,
            layers: keys.num_hidden_layers,
            heads: keys.num_attention_heads,
            kvHeads: keys.num_key_value_heads,
            headDimension,
            moe: moe && {
                intermediate: moe.moe_intermediate_size,
                expertsPerToken: moe.num_experts_per_tok,
            },
            vocabulary: keys.vocab_size,
            maxPositions: keys.max_position_embeddings,
            ropeTablePositions: architecture.ropeTables * keys.max_position_embeddings,
        },
        tower: architecture.tower(config),
        otherParameters: keys.num_hidden_layers * layerOther + keys.hidden_size,
    };
}

function architectureName(config: unknown): string {
    const { architectures } = parse(
        z.object({ architectures: z.array(z.string()).min(1) }),
        config,
        "the model",
    );
    const known = Object.keys(ARCHITECTURES);
    const found = architectures.find((name) => known.includes(name));
    if (found !== undefined) return found;
    const isTextOnly = inside(config, "vision_config") === undefined;
    throw new UserError(
        isTextOnly
            ? `The model's architecture is ${architectures.join(", ")}, a model without a vision part.`
            : `The model's architecture ${architectures.join(", ")} is not known.`,
        known.join(", "),
        didYouMean(architectures[0], known, "plan with a model of one of these architectures"),
    );
}

function decoderOf(kind: string): Decoder {
    const known = Object.keys(DECODERS);
    if (known.includes(kind)) return DECODERS[kind];
    throw new UserError(
        `The model's text part is a "${kind}", which is not known.`,
        known.join(", "),
        didYouMean(kind, known, "plan with a model whose text part is one of these"),
    );
}

function qwen3Tower(config: unknown): Tower {
    const vision = visionKeys(
        config,
        QWEN_VISION.extend({
            hidden_size: whole,
            intermediate_size: whole,
            num_position_embeddings: whole,
            deepstack_visual_indexes: z.array(z.number()),
        }),
    );
    return {
        ...qwenTower(vision, vision.hidden_size, vision.intermediate_size),
        positionEmbeddings: vision.num_position_embeddings,
        deepStackLevels: vision.deepstack_visual_indexes.length,
    };
}

function qwen25Tower(config: unknown): Tower {
    const keys = QWEN_VISION.extend({ hidden_size: whole, intermediate_size: whole });
    const vision = visionKeys(config, keys);
    return qwenTower(vision, vision.hidden_size, vision.intermediate_size);
}

/** Here `hidden_size` is the language model's width. */
function qwen2Tower(config: unknown): Tower {
    const keys = QWEN_VISION.extend({ embed_dim: whole, mlp_ratio: z.number().positive() });
    const vision = visionKeys(config, keys);
    return qwenTower(vision, vision.embed_dim, vision.embed_dim * vision.mlp_ratio);
}

/** Images keep their own size: as many tokens as patches fit, merged. */
function qwenTower(
    vision: z.infer<typeof QWEN_VISION>,
    hidden: number,
    intermediate: number,
): Tower {
    const merged = vision.spatial_merge_size ** 2;
    return {
        depth: vision.depth,
        hidden,
        intermediate,
        heads: vision.num_heads,
        patchElements: vision.in_channels * vision.temporal_patch_size * vision.patch_size ** 2,
        positionEmbeddings: 0,
        patchesPerToken: merged,
        pixelsPerToken: merged * vision.patch_size ** 2,
        maxImageTokens: null,
        deepStackLevels: 0,
    };
}

function internTower(config: unknown): Tower {
    const keys = z.object({ downsample_ratio: z.number().positive() });
    const ratio = parse(keys, config, "the model").downsample_ratio;
    return fixedTower(config, Math.round(1 / ratio ** 2), 13);
}

function gemmaTower(config: unknown): Tower {
    const keys = z.object({ mm_tokens_per_image: whole });
    const tokens = parse(keys, config, "the model").mm_tokens_per_image;
    const { image_size, patch_size } = visionKeys(config, FIXED_VISION);
    return fixedTower(config, Math.floor(image_size / patch_size) ** 2 / tokens, 1);
}

function mistralTower(config: unknown): Tower {
    const keys = z.object({ spatial_merge_size: whole });
    return fixedTower(config, parse(keys, config, "the model").spatial_merge_size ** 2, 1);
}

/**
 * A tower that is profiled with images of its own size, whatever `max_pixels` says: every image is
 * counted as one of the largest.
 */
function fixedTower(config: unknown, patchesPerToken: number, tiles: number): Tower {
    const vision = visionKeys(config, FIXED_VISION);
    const patches = Math.floor(vision.image_size / vision.patch_size) ** 2;
    return {
        depth: vision.num_hidden_layers,
        hidden: vision.hidden_size,
        intermediate: vision.intermediate_size,
        heads: vision.num_attention_heads,
        patchElements: 3 * vision.patch_size ** 2,
        positionEmbeddings: patches,
        patchesPerToken,
        pixelsPerToken: 1,
        maxImageTokens: Math.ceil((tiles * patches) / patchesPerToken),
        deepStackLevels: 0,
    };
}

function visionKeys<Keys>(config: unknown, keys: z.ZodType<Keys>): Keys {
    return parse(keys, inside(config, "vision_config"), "the vision part");
}

/** A part of a JSON object, or undefined. */
export function inside(json: unknown, key: string): unknown {
    return typeof json === "object" && json !== null
        ? (json as Record<string, unknown>)[key]
        : undefined;
}

/** @throws UserError naming the keys that are missing or not understood. */
export function parse<Keys>(keys: z.ZodType<Keys>, json: unknown, of: string): Keys {
    const { success, data, error } = keys.safeParse(json ?? {});
    if (success) return data;
    const paths = error.issues.map(({ path }) => path.join(".")).filter((path) => path !== "");
    const wrong = paths.length > 0 ? [...new Set(paths)].join(", ") : "all of it";
    throw new UserError(
        `Missing or not understood in the model's files, of ${of}: ${wrong}.`,
        "config.json with every key written out, and its index",
        'write it with transformers: AutoConfig.from_pretrained("owner/name").to_json_file("config.json", use_diff=False)',
    );
}
