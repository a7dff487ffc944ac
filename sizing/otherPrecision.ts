import { knownBuild, type ResolvedModel } from "./models";
import { PRECISION_NAMES, PRECISIONS, type Precision } from "./precisions";

/** Below bf16 and fp16 each step is a build of its own; int8 exists for few models. */
const LADDER: readonly Precision[] = ["fp32", "bf16", "fp8", "int4"];

/**
 * The same model at another precision; undefined where no such build is known, as for every model
 * that is not in the table.
 *
 * @example inPrecision(resolveModel("8B", "bf16", "bf16"), "int4")?.id; // "cyankiwi/Qwen3-VL-8B-Instruct-AWQ-4bit"
 */
export function inPrecision(model: ResolvedModel, precision: Precision): ResolvedModel | undefined {
    const { size, variant } = model;
    if (size === null || variant === null) return undefined;
    const build = knownBuild(size, variant, precision);
    return build && { ...model, ...build, precision };
}

/** The known builds that store fewer bits than this one, in the order of the precision table. */
export function lowerPrecisions(model: ResolvedModel): ResolvedModel[] {
    return PRECISION_NAMES.filter((precision) => bits(precision) < bits(model.precision)).flatMap(
        (precision) => inPrecision(model, precision) ?? [],
    );
}

/** One step down: fp32, 16 bit, fp8, int4. */
export function nextLowerPrecision(model: ResolvedModel): ResolvedModel | undefined {
    const next = LADDER.find((precision) => bits(precision) < bits(model.precision));
    return next && inPrecision(model, next);
}

function bits(precision: Precision): number {
    return PRECISIONS[precision].bitsPerLinear;
}
