import { didYouMean } from "../common/nearest";
import { UserError } from "../common/userError";
import { PRECISION_NAMES, type Precision } from "./precisions";

/** What the formulas need of a model. Counts are of parameters, dimensions, tokens and positions. */
export interface ModelGeometry {
    readonly parameters: number;
    /** Only these shrink when weights are quantised; vision tower, embeddings and head stay. */
    readonly languageLinearParameters: number;
    readonly hidden: number;
    readonly intermediate: number;
    readonly layers: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly headDimension: number;
    readonly moe: { readonly intermediate: number; readonly expertsPerToken: number } | null;
    readonly vocabulary: number;
    /** True: the output head is the embedding table, and is stored once. */
    readonly tiedEmbeddings: boolean;
    /** The longest context that the model can be asked for. */
    readonly maxPositions: number;
    /** Positions in the server's tables of rotary embeddings, one head dimension each. */
    readonly ropeTablePositions: number;
    readonly vision: VisionGeometry;
}

export interface VisionGeometry {
    /** Of the whole tower, with what joins it to the language model. */
    readonly parameters: number;
    readonly depth: number;
    readonly hidden: number;
    readonly intermediate: number;
    readonly heads: number;
    /** Numbers that one patch is made from: channels x frames x height x width. */
    readonly patchElements: number;
    readonly positionEmbeddings: number;
    /** Patches that are merged into one image token. */
    readonly patchesPerToken: number;
    readonly pixelsPerToken: number;
    /** Most tokens of one image whatever its size, where a model has such a limit of its own. */
    readonly maxImageTokens: number | null;
    /** Layers of the tower whose output goes into the language model beside the last one. */
    readonly deepStackLevels: number;
}

const LANGUAGE = {
    headDimension: 128,
    moe: null,
    vocabulary: 151_936,
    tiedEmbeddings: false,
    maxPositions: 262_144,
    // vLLM's MRotaryEmbedding makes the table four times as long as the model's positions.
    ropeTablePositions: 4 * 262_144,
} as const;

const PATCHES = {
    patchElements: 3 * 2 * 16 * 16,
    positionEmbeddings: 2304,
    patchesPerToken: 4,
    pixelsPerToken: 1024,
    maxImageTokens: null,
    deepStackLevels: 3,
} as const;

/** The tower of 2B and 4B, and that of the others; each ends in its language model's width. */
const smallTower = (parameters: number) =>
    ({ ...PATCHES, parameters, depth: 24, hidden: 1024, intermediate: 4096, heads: 16 }) as const;
const largeTower = (parameters: number) =>
    ({ ...PATCHES, parameters, depth: 27, hidden: 1152, intermediate: 4304, heads: 16 }) as const;

/**
 * The Qwen3-VL family: geometry for the memory formulas, and the repository of each build.
 *
 * Sources: geometry from the models' `config.json`; parameters from `model.safetensors.index.json`
 * (2B, 4B, 8B and 32B to the byte; 30B-A3B agrees with a public server log to 0.02 %; 235B-A22B is
 * computed from its geometry and not checked against the index). Official ids, FP8 included, are
 * those of the Qwen organisation on Hugging Face.
 */
export const MODEL_SIZES = {
    "2B": {
        ...LANGUAGE,
        parameters: 2_127_532_032,
        languageLinearParameters: 1_409_286_144,
        hidden: 2048,
        intermediate: 6144,
        layers: 28,
        heads: 16,
        kvHeads: 8,
        tiedEmbeddings: true,
        vision: smallTower(406_957_056),
    },
    "4B": {
        ...LANGUAGE,
        parameters: 4_437_815_808,
        languageLinearParameters: 3_633_315_840,
        hidden: 2560,
        intermediate: 9728,
        layers: 36,
        heads: 32,
        kvHeads: 8,
        tiedEmbeddings: true,
        vision: smallTower(415_347_712),
    },
    "8B": {
        ...LANGUAGE,
        parameters: 8_767_123_696,
        languageLinearParameters: 6_945_767_424,
        hidden: 4096,
        intermediate: 12288,
        layers: 36,
        heads: 32,
        kvHeads: 8,
        vision: largeTower(576_388_336),
    },
    "32B": {
        ...LANGUAGE,
        parameters: 33_357_390_064,
        languageLinearParameters: 31_205_621_760,
        hidden: 5120,
        intermediate: 25600,
        layers: 64,
        heads: 64,
        kvHeads: 8,
        vision: largeTower(595_266_800),
    },
    "30B-A3B": {
        ...LANGUAGE,
        parameters: 31_070_754_032,
        languageLinearParameters: 29_896_998_912,
        hidden: 2048,
        intermediate: 6144,
        layers: 48,
        heads: 32,
        kvHeads: 4,
        moe: { intermediate: 768, expertsPerToken: 8 },
        vision: largeTower(538_631_408),
    },
    "235B-A22B": {
        ...LANGUAGE,
        parameters: 235_670_022_896,
        languageLinearParameters: 233_798_893_568,
        hidden: 4096,
        intermediate: 12288,
        layers: 94,
        heads: 64,
        kvHeads: 4,
        moe: { intermediate: 1536, expertsPerToken: 8 },
        vision: largeTower(576_388_336),
    },
} as const satisfies Record<string, ModelGeometry>;

export type ModelSize = keyof typeof MODEL_SIZES;
export const MODEL_SIZE_NAMES = Object.keys(MODEL_SIZES) as ModelSize[];

export const MODEL_VARIANTS = ["Instruct", "Thinking"] as const;
export type ModelVariant = (typeof MODEL_VARIANTS)[number];

/** Longest context of every size in the table. */
export const MAX_POSITIONS = LANGUAGE.maxPositions;

/** One image token is 32 x 32 pixels; the processor keeps an image between these bounds. */
export const IMAGE = {
    pixelsPerToken: 1024,
    minPixels: 65_536,
    maxPixels: 16_777_216,
    extraTokens: 2,
} as const;

/**
 * Community builds, because the Qwen organisation publishes none below FP8.
 *
 * `cyankiwi` (and `cpatonn`): AWQ in compressed-tensors, symmetric, group of 32, language linears
 * only, so 4 + 16/32 = 4.5 bits a parameter. The 2B file is 2,229,344,344 bytes (public report),
 * which the formula meets to 0.01 %; the 8-bit builds are assumed to be made alike, 8.5 bits.
 * `QuantTrio`: AWQ, group of 128 with zero points, 4 + (16 + 4)/128 = 4.16 bits; a public note gives
 * 17.9 GB for its 30B-A3B build, as computed.
 *
 * The ids were found in public repositories that load them by name; 30B-A3B and 235B-A22B also in
 * the model specs of xorbitsai/inference. 32B Thinking at 4 bit is QuantTrio's, which is the one
 * in public use. A size without an 8-bit build here has none that we could find in use: name a
 * repository of your own.
 */
const CYANKIWI_BITS_OVERHEAD = 16 / 32;
const QUANTTRIO_BITS_OVERHEAD = (16 + 4) / 128;

const awq4 = (size: ModelSize, variant: ModelVariant): Build =>
    size === "235B-A22B" || (size === "32B" && variant === "Thinking")
        ? {
              id: `QuantTrio/Qwen3-VL-${size}-${variant}-AWQ`,
              bytesPerLinear: (4 + QUANTTRIO_BITS_OVERHEAD) / 8,
          }
        : {
              id: `cyankiwi/Qwen3-VL-${size}-${variant}-AWQ-4bit`,
              bytesPerLinear: (4 + CYANKIWI_BITS_OVERHEAD) / 8,
          };

const AWQ8_OWNERS: Readonly<Record<string, string>> = {
    "4B-Instruct": "cyankiwi",
    "8B-Instruct": "cyankiwi",
    "8B-Thinking": "cyankiwi",
    "32B-Instruct": "cyankiwi",
    "30B-A3B-Instruct": "cpatonn",
};

const awq8 = (size: ModelSize, variant: ModelVariant): Build | undefined => {
    const owner = AWQ8_OWNERS[`${size}-${variant}`];
    return (owner && {
        id: `${owner}/Qwen3-VL-${size}-${variant}-AWQ-8bit`,
        bytesPerLinear: (8 + CYANKIWI_BITS_OVERHEAD) / 8,
    }) as Build | undefined;
};

/** A repository with weights, and the bytes that one parameter of a language linear takes in it. */
export interface Build {
    readonly id: string;
    readonly bytesPerLinear: number;
}

/**
 * Bytes of one language-linear parameter where a build is not in the table (a user's repository):
 * the largest of the layouts above, so that the estimate errs on the safe side.
 */
export const BYTES_PER_LINEAR = {
    fp32: 4,
    bf16: 2,
    fp16: 2,
    // Blocks of 128 x 128 with a 32-bit scale.
    fp8: 1 + 4 / (128 * 128),
    int8: (8 + CYANKIWI_BITS_OVERHEAD) / 8,
    int4: (4 + CYANKIWI_BITS_OVERHEAD) / 8,
} as const satisfies Record<Precision, number>;

/**
 * The repository that serves a size and variant at a precision, or undefined where none is known.
 *
 * @example knownBuild("8B", "Instruct", "int4")?.id; // "cyankiwi/Qwen3-VL-8B-Instruct-AWQ-4bit"
 */
export function knownBuild(
    size: ModelSize,
    variant: ModelVariant,
    precision: Precision,
): Build | undefined {
    if (precision === "int4") return awq4(size, variant);
    if (precision === "int8") return awq8(size, variant);
    const suffix = precision === "fp8" ? "-FP8" : "";
    return {
        id: `Qwen/Qwen3-VL-${size}-${variant}${suffix}`,
        bytesPerLinear: BYTES_PER_LINEAR[precision],
    };
}

/** A model to serve: which repository, what it is, and how its weights are stored. */
export interface ResolvedModel {
    /** Hugging Face repository, the first argument of `vllm serve`. */
    readonly id: string;
    /** Null: not of the family in the table, see `checkpoint.ts`. */
    readonly size: ModelSize | null;
    readonly variant: ModelVariant | null;
    readonly geometry: ModelGeometry;
    readonly precision: Precision;
    readonly bytesPerLinear: number;
    /** What was assumed, for the reader of the plan. */
    readonly notes: readonly string[];
}

const SIZE_IN_NAME = /(?<![0-9a-z.])(235b|32b|30b|8b|4b|2b)(?:-?a(?:22|3)b)?(?![0-9a-z])/i;
const REPOSITORY = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/**
 * Resolves what a person wrote for a model and a precision to a repository.
 *
 * Accepts a size (`8B`, `30B`), a size and variant (`8B-Thinking`), a name (`Qwen3-VL-8B-Instruct`),
 * a repository of the table, or any `owner/name` whose name contains a known size; the last is
 * planned as a Qwen3-VL of that size and says so in `notes`.
 *
 * @param model What the person wrote.
 * @param precision The wanted precision; undefined where the person named none.
 * @param fallback The tier's precision, used when neither the person nor the repository says one.
 * @throws UserError for an unknown model or precision, a precision that contradicts the repository,
 *     and INT8 where no build is known.
 * @example resolveModel("8B", undefined, "int4").id; // "cyankiwi/Qwen3-VL-8B-Instruct-AWQ-4bit"
 */
export function resolveModel(
    model: string,
    precision: string | undefined,
    fallback: Precision,
): ResolvedModel {
    const wanted = precision === undefined ? undefined : parsePrecision(precision);
    const text = model.trim();
    const isRepository = text.includes("/");
    const name = isRepository ? text.slice(text.lastIndexOf("/") + 1) : text;
    const size = sizeIn(name);
    // A Qwen2.5-VL or a text-only Qwen3 has another geometry under the same size.
    const wellFormed = isRepository
        ? REPOSITORY.test(text) && !/qwen(?!3-?vl)/i.test(name)
        : SHORT_NAME.test(text);
    if (!size || !wellFormed) throw unknownModel(model);

    const variant: ModelVariant = /thinking/i.test(name) ? "Thinking" : "Instruct";
    const inName = precisionIn(name);
    if (inName && wanted && inName !== wanted) {
        throw new UserError(
            `Precision "${wanted}" contradicts the model "${model}", which is an ${inName} build.`,
            `precision ${inName} for this repository`,
            `leave the precision out, or name the size alone, for example --model ${size}`,
        );
    }

    if (!isRepository) {
        return fromTable(size, variant, wanted ?? inName ?? fallback);
    }
    for (const known of PRECISION_NAMES) {
        const build = knownBuild(size, variant, known);
        if (build?.id.toLowerCase() !== text.toLowerCase()) continue;
        // A 16-bit repository serves fp32, bf16 and fp16 alike; other precisions have their own.
        if (!isPlain(known))
            return {
                ...build,
                size,
                variant,
                geometry: MODEL_SIZES[size],
                precision: known,
                notes: [],
            };
        return fromTable(size, variant, wanted ?? fallback);
    }
    return usersOwn(text, size, variant, wanted, inName);
}

/** @throws UserError naming the six precisions. */
export function parsePrecision(text: string): Precision {
    const precision = text.trim().toLowerCase();
    if ((PRECISION_NAMES as string[]).includes(precision)) return precision as Precision;
    throw new UserError(
        `Unknown precision "${text}".`,
        PRECISION_NAMES.join(", "),
        didYouMean(
            precision,
            PRECISION_NAMES,
            "choose one of them, or leave it out for the tier's own",
        ),
    );
}

const SHORT_NAME =
    /^(?:qwen3-vl-)?(?:235b(?:-a22b)?|30b(?:-a3b)?|32b|8b|4b|2b)(?:-(?:instruct|thinking))?(?:-fp8)?$/i;

/** What a person may have meant by a name that is not understood. */
const SHORT_NAMES = MODEL_SIZE_NAMES.flatMap((size) => [
    size,
    ...MODEL_VARIANTS.flatMap((variant) => [
        `${size}-${variant}`,
        `Qwen3-VL-${size}-${variant}`,
        `Qwen/Qwen3-VL-${size}-${variant}`,
    ]),
]);

function sizeIn(name: string): ModelSize | undefined {
    const found = SIZE_IN_NAME.exec(name)?.[1]?.toUpperCase();
    return MODEL_SIZE_NAMES.find((size) => found !== undefined && size.split("-")[0] === found);
}

function precisionIn(name: string): Precision | undefined {
    if (/fp8/i.test(name)) return "fp8";
    if (/(?:8-?bit|int8|w8a(?:8|16))/i.test(name)) return "int8";
    if (/(?:4-?bit|int4|w4a16|awq|gptq)/i.test(name)) return "int4";
    return undefined;
}

function isPlain(precision: Precision): boolean {
    return precision === "fp32" || precision === "bf16" || precision === "fp16";
}

function fromTable(size: ModelSize, variant: ModelVariant, precision: Precision): ResolvedModel {
    const build = knownBuild(size, variant, precision);
    if (!build) {
        const withBuild = Object.keys(AWQ8_OWNERS).join(", ");
        throw new UserError(
            `No ${precision} build of Qwen3-VL-${size}-${variant} is known.`,
            `int8 for ${withBuild}; fp8 and int4 for every size`,
            `choose fp8 or int4, or name a repository with such weights, for example --model you/Qwen3-VL-${size}-${variant}-W8A16 --precision int8`,
        );
    }
    const notes =
        precision === "int4" || precision === "int8"
            ? [`${build.id} is a community build: the Qwen organisation publishes none below fp8.`]
            : [];
    return { ...build, size, variant, geometry: MODEL_SIZES[size], precision, notes };
}

function usersOwn(
    id: string,
    size: ModelSize,
    variant: ModelVariant,
    wanted: Precision | undefined,
    inName: Precision | undefined,
): ResolvedModel {
    // The tier's precision says nothing about a repository of the user's: plain weights are bf16.
    const precision = wanted ?? inName ?? "bf16";
    const because = wanted ? "as asked" : inName ? "from its name" : "as nothing else is said";
    return {
        id,
        size,
        variant,
        geometry: MODEL_SIZES[size],
        precision,
        bytesPerLinear: BYTES_PER_LINEAR[precision],
        notes: [
            `${id} is not in the model table: planned as a Qwen3-VL ${size} ${variant} by the size in its name, in ${precision} ${because}.`,
        ],
    };
}

function unknownModel(model: string): UserError {
    return new UserError(
        `Unknown model "${model}".`,
        `a size (${MODEL_SIZE_NAMES.join(", ")}), with -Instruct or -Thinking if you like, or a Hugging Face repository owner/name whose name contains one of these sizes`,
        didYouMean(
            model,
            SHORT_NAMES,
            "try --model 8B, or --model acme/My-Qwen3-VL-8B-finetune for weights of your own",
        ),
    );
}
