import { z } from "zod";

import { UserError } from "../common/userError";
import { describeModel, parse } from "./checkpointConfig";
import { readLayout, type Layout } from "./checkpointLayout";
import { parsePrecision, type ResolvedModel } from "./models";
import { isQuantised, type Precision } from "./precisions";

/** A model's own files. */
export interface Checkpoint {
    /** Parsed `config.json`. */
    readonly config: unknown;
    /** Parsed `model.safetensors.index.json`. */
    readonly index: unknown;
    /** Hugging Face repository, which the server is started with. */
    readonly name?: string;
    /** 16- and 32-bit weights can be served in another of these precisions. */
    readonly precision?: string;
}

/** The name of a model that nobody named: good for a plan, not for a server. */
export const UNNAMED_MODEL = "unnamed/model";

const INDEX = z.object({
    metadata: z.object({ total_size: z.number().int().positive() }),
    weight_map: z.record(z.string(), z.string()),
});

/**
 * Any vision-language model of a known architecture, planned from its own files.
 *
 * The language model's parameters follow from `config.json`, and the rest of the index's total size
 * is the vision part, so that the weights are the files' to the byte. Sliding-window layers get the
 * KV cache of full ones, which errs on the safe side.
 *
 * @throws UserError for an architecture, text model or quantisation that is not known, missing keys,
 *     files that do not belong together, and a precision that the weights do not have.
 * @example checkpointModel({ config, index, name: "acme/My-VL-7B" }).geometry.parameters;
 */
export function checkpointModel({ config, index, name, precision }: Checkpoint): ResolvedModel {
    const described = describeModel(config);
    const layout = readLayout(config);
    const { metadata, weight_map } = parse(INDEX, index, "the index");
    const { geometry, tower } = described;

    // A head of its own is in the files; a tied one is not.
    const tiedEmbeddings = !Object.keys(weight_map).some((key) => key.endsWith("lm_head.weight"));
    const linear = geometry.languageLinearParameters;
    const others = (metadata.total_size - linear * layout.bytesPerLinear) / layout.bytesPerOther;
    const tables = (tiedEmbeddings ? 1 : 2) * geometry.vocabulary * geometry.hidden;
    const vision = Math.round(others) - tables - described.otherParameters;
    if (vision <= 0)
        throw new UserError(
            `The index counts ${metadata.total_size} bytes, less than the language model alone that config.json describes.`,
            "config.json and index of one and the same model",
            "take both files from the same folder or repository",
        );
    return {
        id: name ?? UNNAMED_MODEL,
        size: null,
        variant: null,
        geometry: {
            ...geometry,
            tiedEmbeddings,
            parameters: linear + Math.round(others),
            vision: { ...tower, parameters: vision },
        },
        ...served(layout, precision),
        notes: [
            `${name ?? "The model"} is planned from its own files, a ${described.architecture}.`,
            ...(name === undefined
                ? ["No repository is named for it, which a run would need."]
                : []),
            ...layout.notes,
        ],
    };
}

function served(
    layout: Layout,
    wanted: string | undefined,
): Pick<ResolvedModel, "precision" | "bytesPerLinear"> {
    const precision = wanted === undefined ? layout.precision : parsePrecision(wanted);
    if (precision === layout.precision) return { precision, bytesPerLinear: layout.bytesPerLinear };
    if (isQuantised(precision) || isQuantised(layout.precision))
        throw new UserError(
            `Precision "${precision}" contradicts the model's files, whose weights are ${layout.precision}.`,
            isQuantised(layout.precision) ? layout.precision : "fp32, bf16, fp16",
            "leave the precision out, or name the files of a build with such weights",
        );
    return { precision, bytesPerLinear: plainBytes(precision) };
}

function plainBytes(precision: Precision): number {
    return precision === "fp32" ? 4 : 2;
}
