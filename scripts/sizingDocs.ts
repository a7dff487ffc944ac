/**
 * Writes docs/sizing.md: the estimator's formulas, and its error on every measured point.
 *
 *     npx tsx scripts/sizingDocs.ts           writes it and prints the points
 *     npx tsx scripts/sizingDocs.ts --check   ends 1 when it is not what would be written
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import {
    compareServer,
    compareStored,
    errorPercent,
    type Compared,
    type ComparedServer,
} from "../sizing/comparePoints";
import { GIB } from "../sizing/gib";
import { GPUS, type GpuName } from "../sizing/gpus";
import { estimateMemory, kvBytesPerToken, loadBytes, type MemoryEstimate } from "../sizing/memory";
import { MEMORY_FORMULAS } from "../sizing/memoryFormulas";
import {
    BYTES_PER_LINEAR,
    knownBuild,
    MODEL_SIZES,
    MODEL_SIZE_NAMES,
    type ModelSize,
} from "../sizing/models";
import { SERVER_POINTS, STORED_POINTS } from "../sizing/points";
import { PRECISION_NAMES, PRECISIONS, type Precision } from "../sizing/precisions";
import { GPU_MEMORY_UTILIZATION } from "../sizing/serverArgs";
import { markdownTable } from "./markdownTable";

const DOCS_FILE = join(__dirname, "..", "docs", "sizing.md");

/** The options of the requirement table: what a small regression suite asks of its server. */
const SUITE = {
    tensorParallel: 1,
    maxNumBatchedTokens: 4096,
    maxModelLen: 8192,
    maxNumSeqs: 4,
    maxImagePixels: 1_048_576,
    utilization: GPU_MEMORY_UTILIZATION,
} as const;

/** The requirement table that users know, and the cards that it names. */
const CLAIMS: readonly {
    readonly size: ModelSize;
    readonly cards: readonly GpuName[];
    readonly reality: string;
}[] = [
    {
        size: "4B",
        cards: ["RTX 3060 8GB", "RTX 3060"],
        reality:
            "4B in 8 GB (RTX 3060, 15 to 30 minutes): only at INT4, or at FP8 or INT8 with a shorter context or an FP8 KV cache; 16-bit weights alone load at 8.6 GiB, and leave the RTX 3060 of 12 GB no room for 8,192 tokens.",
    },
    {
        size: "8B",
        cards: ["RTX 4080"],
        reality:
            "8B in 16 GB (RTX 4080, 30 to 60 minutes): only at INT8, INT4 or FP8; 16-bit weights alone load at 16.7 GiB, more than the 15.5 GiB that the card offers a program.",
    },
    {
        size: "30B-A3B",
        cards: ["A100-80GB"],
        reality:
            "30B in 72 GB (A100 80 GB, 1 to 2 hours): holds at 16 bit on a card of the 80 GB class, 72 GB being 67 GiB; FP8 needs half of it, and is computed in 16 bit on an A100, which has no FP8 units.",
    },
];

/** The whole of docs/sizing.md. */
export function sizingDocs(): string {
    return [
        INTRODUCTION,
        "## The requirement table, answered",
        requirementSection(),
        "## Load and KV cache of every size and precision",
        loadSection(),
        "## Measured and estimated",
        pointsSection(),
        "## Formulas",
        FORMULA_NOTE,
        markdownTable(
            ["figure", "formula", "source"],
            Object.entries(MEMORY_FORMULAS).map(([figure, { formula, source }]) => [
                `\`${figure}\``,
                formula,
                source,
            ]),
        ),
        OTHER_MODELS,
    ].join("\n\n");
}

/** Every point, measured and estimated, with the largest error of each method. */
export function pointsSection(): string {
    const compared = SERVER_POINTS.map((point) => ({ point, ...compareServer(point) }));
    return [
        POINTS_NOTE,
        markdownTable(
            [
                "point",
                "server",
                R("load"),
                R("estimate"),
                R("error"),
                R("weights only"),
                R("KV error"),
            ],
            compared.map(({ point, load, weightsOnly, kvBytesPerToken: kv }) => [
                point.id,
                point.what,
                load.measured.toFixed(2),
                load.estimated.toFixed(2),
                percent(load),
                percent({ ...load, estimated: weightsOnly }),
                percent(kv),
            ]),
        ),
        TOTAL_NOTE,
        markdownTable(
            [
                "point",
                R("reserve"),
                R("estimate"),
                R("range"),
                R("total"),
                R("estimate"),
                R("error"),
                "in range",
                R("without KV"),
                R("error"),
                R("accelerate"),
                R("weights only"),
            ],
            compared.map(({ point, ...server }) => [point.id, ...totalCells(server)]),
        ),
        STORED_NOTE,
        markdownTable(
            ["point", "what", R("GiB"), R("estimate"), R("error"), "source"],
            STORED_POINTS.map((point) => {
                const both = compareStored(point);
                return [
                    point.id,
                    point.what,
                    (both.measured / GIB).toFixed(3),
                    (both.estimated / GIB).toFixed(3),
                    percent(both),
                    point.source,
                ];
            }),
        ),
        summary(compared),
        `Sources of the servers: ${SERVER_POINTS.map(({ id, source }) => `${id} ${source}`).join("; ")}.`,
    ].join("\n\n");
}

function totalCells({ whole, accelerate, weightsOnly }: ComparedServer): string[] {
    if (whole === null) return Array<string>(11).fill("");
    const { reserve, total, withoutKv } = whole;
    const [low, high] = total.range;
    return [
        reserve.measured.toFixed(2),
        reserve.estimated.toFixed(2),
        reserve.range.map((gib) => gib.toFixed(1)).join(" to "),
        total.measured.toFixed(1),
        total.estimated.toFixed(1),
        percent(total),
        low <= total.measured && total.measured <= high ? "yes" : "no",
        withoutKv.measured.toFixed(1),
        percent(withoutKv),
        percent({ ...withoutKv, estimated: accelerate }),
        percent({ ...withoutKv, estimated: weightsOnly }),
    ];
}

function summary(compared: readonly ComparedServer[]): string {
    const known = compared.flatMap(({ whole, ...rules }) =>
        whole ? [{ ...whole, ...rules }] : [],
    );
    const worst = (of: (server: (typeof known)[number]) => Compared) => largest(known.map(of));
    const loads = compared.map(({ load, weightsOnly }) => ({ ...load, estimated: weightsOnly }));
    return `Largest error of this estimator: load ${largest(compared.map(({ load }) => load))}, KV cache of a token
${largest(compared.map((server) => server.kvBytesPerToken))}, total ${worst(({ total }) => total)}, total without the KV cache ${worst(({ withoutKv }) => withoutKv)}. Of accelerate: load
${largest(loads)}, total without the KV cache, with its 20 %, ${worst(({ withoutKv, accelerate }) => ({ ...withoutKv, estimated: accelerate }))}. Of the weights alone:
${largest(loads)} and ${worst(({ withoutKv, weightsOnly }) => ({ ...withoutKv, estimated: weightsOnly }))}. Neither of those two says anything of the KV cache.`;
}

function largest(figures: readonly Compared[]): string {
    return `${Math.max(...figures.map((figure) => Math.abs(errorPercent(figure)))).toFixed(2)} %`;
}

function requirementSection(): string {
    const rows = CLAIMS.flatMap(({ size, cards }) =>
        cards.flatMap((card) =>
            PRECISION_NAMES.map((precision) => {
                const memory = suiteMemory(size, precision, card);
                return [
                    size,
                    card,
                    precision,
                    memory.loadGiB.toFixed(1),
                    memory.totalRangeGiB.map((gib) => gib.toFixed(1)).join(" to "),
                    memory.availableGiB.toFixed(1),
                    answer(memory, precision, card),
                ];
            }),
        ),
    );
    return [
        REQUIREMENT_NOTE,
        markdownTable(
            ["size", "card", "precision", R("load"), R("total"), R("available"), "fits"],
            rows,
        ),
        CLAIMS.map(({ reality }) => `- ${reality}`).join("\n"),
        "How long a suite takes follows from its cases and the GPU, not from the model's size alone: see `gpu-ci plan`.",
    ].join("\n\n");
}

function answer(memory: MemoryEstimate, precision: Precision, card: GpuName): string {
    if (PRECISIONS[precision].minCapability > GPUS[card].computeCapability) return "no kernels";
    if (memory.fits === "yes") return "yes";
    if (memory.fits === "tight")
        return `tight: ${memory.maxSequences} of ${SUITE.maxNumSeqs} at once`;
    return memory.maxModelLen > 0 ? `no: ${count(memory.maxModelLen)} tokens are left` : "no";
}

function suiteMemory(size: ModelSize, precision: Precision, card: GpuName): MemoryEstimate {
    return estimateMemory({
        ...SUITE,
        geometry: MODEL_SIZES[size],
        precision,
        bytesPerLinear: bytesPerLinear(size, precision),
        gpuProgramGiB: GPUS[card].programGiB,
    });
}

function loadSection(): string {
    const load = (size: ModelSize, precision: Precision) =>
        (
            loadBytes(
                MODEL_SIZES[size],
                precision,
                bytesPerLinear(size, precision),
                1,
                SUITE.maxNumBatchedTokens,
            ) / GIB
        ).toFixed(2);
    const kv = (size: ModelSize, precision: Precision) =>
        ((1000 * kvBytesPerToken(MODEL_SIZES[size], precision, 1)) / GIB).toFixed(3);
    return [
        LOAD_NOTE,
        markdownTable(
            ["size", ...PRECISION_NAMES.map(R), R("KV, 16 bit"), R("KV, fp32")],
            MODEL_SIZE_NAMES.map((size) => [
                size,
                ...PRECISION_NAMES.map((precision) => load(size, precision)),
                kv(size, "bf16"),
                kv(size, "fp32"),
            ]),
        ),
    ].join("\n\n");
}

/** Of the build that is served, or of the largest known layout where there is none. */
function bytesPerLinear(size: ModelSize, precision: Precision): number {
    return knownBuild(size, "Instruct", precision)?.bytesPerLinear ?? BYTES_PER_LINEAR[precision];
}

function R(right: string): { right: string } {
    return { right };
}

function percent(figure: Compared): string {
    const error = errorPercent(figure).toFixed(2);
    return `${error === "-0.00" ? "0.00" : error} %`;
}

function count(tokens: number): string {
    return tokens.toLocaleString("en-GB");
}

const INTRODUCTION = `# How much memory a model takes

Written by \`npm run docs:sizing\`. GiB are of one GPU. \`gpu-ci plan\` uses the same functions
(\`sizing/memory.ts\`).`;

const REQUIREMENT_NOTE = `For a server with a context of ${count(SUITE.maxModelLen)} tokens, ${SUITE.maxNumSeqs} sequences at once, images of up to
${count(SUITE.maxImagePixels)} pixels, ${count(SUITE.maxNumBatchedTokens)} batched tokens and no video. Total: weights, buffers, reserve and the
whole KV cache, from the low to the high end of the reserve. Available: what a program is offered, times
\`--gpu-memory-utilization ${GPU_MEMORY_UTILIZATION}\`. A tight fit starts, and lets some sequences wait.`;

const LOAD_NOTE = `"Model loading took X GiB" on one GPU with ${count(SUITE.maxNumBatchedTokens)} batched tokens, and GiB of KV cache per 1,000 tokens.
Quantised weights have 16-bit embeddings, head and vision tower; INT8 and INT4 are the builds that the
plan serves, FP8 the official ones. An FP8 KV cache halves the 16-bit one.`;

const POINTS_NOTE = `Load in GiB, as the server printed it. Weights only: the parameters' bytes, which is also the "total
size" of [\`accelerate estimate-memory\`](https://huggingface.co/docs/accelerate/usage_guides/model_size_estimator).`;

const TOTAL_NOTE = `Reserve: what the server was allowed (the GPU's memory times its utilization), less load and KV cache.
Total: all that it was allowed, beside load, KV cache of the tokens that it held, and reserve as
estimated. Without KV: the total less the KV cache, beside our estimate, accelerate's rule (parameters
and the 20 % that its documentation adds for inference) and the weights alone. The GPU's memory is in
the log of P06, and elsewhere what other logs say of such cards. Of P10 and P11 it is not known: both ran
on one machine, and there is a memory that puts both reserves in their ranges. The ranges are so wide
where videos are allowed because vLLM 0.11 set aside 4.7 GiB (8B) for them, and later versions nothing;
the product's servers allow none.`;

const STORED_NOTE = `Files, and a KV cache of another engine:`;

const FORMULA_NOTE = `\`e\` is the bytes of an activation (4 for fp32, else 2), TP the GPUs that share the model.`;

const OTHER_MODELS = `## Other models

\`sizing/checkpoint.ts\` takes the same figures from a \`config.json\` and a
\`model.safetensors.index.json\`. Parameters of the language model follow from its configuration; the rest
of the index's \`total_size\` is the vision tower. Sliding-window layers are counted as full ones.
`;

function main(): void {
    const wanted = sizingDocs();
    if (!process.argv.includes("--check")) {
        writeFileSync(DOCS_FILE, wanted);
        console.log(pointsSection());
        return;
    }
    if (readFileSync(DOCS_FILE, "utf8") === wanted) return;
    console.error("docs/sizing.md is not what the estimator says now. Next: npm run docs:sizing");
    process.exitCode = 1;
}

if (require.main === module) main();
