import { GPUS, type GpuName } from "./gpus";
import { estimateMemory, tensorParallelDegrees, type MemoryEstimate } from "./memory";
import type { ResolvedModel } from "./models";
import { PRECISIONS } from "./precisions";
import { GPU_MEMORY_UTILIZATION } from "./serverArgs";

/** What a server has to hold, whatever it runs on. */
export interface Need {
    readonly model: ResolvedModel;
    readonly maxModelLen: number;
    readonly maxNumSeqs: number;
    readonly maxNumBatchedTokens: number;
    readonly maxImagePixels: number;
    /** Wanted degree; undefined: the smallest that fits. */
    readonly tensorParallel?: number;
}

/** The GPUs of one machine. */
export interface GpuShape {
    readonly gpu: GpuName;
    readonly gpuCount: number;
}

/** How a model sits on the GPUs of a machine. */
export interface Fit extends GpuShape {
    readonly tensorParallel: number;
    readonly memory: MemoryEstimate;
    readonly fits: MemoryEstimate["fits"];
    /** Why it does not fit, as the end of a sentence. */
    readonly why?: string;
}

/**
 * The best fit on a machine's GPUs: the smallest degree that surely fits, else the one that leaves
 * most room (and then `fits` is `tight` or `no`).
 *
 * @example fitOn({ gpu: "L4", gpuCount: 1 }, need).fits; // "yes"
 */
export function fitOn({ gpu, gpuCount }: GpuShape, need: Need): Fit {
    const { model } = need;
    const possible = tensorParallelDegrees(model.geometry, model.precision).filter(
        (degree) => need.tensorParallel === undefined || degree === need.tensorParallel,
    );
    const degrees = possible.filter((degree) => degree <= gpuCount);
    const fits = (degrees.length > 0 ? degrees : possible.slice(0, 1)).map((tensorParallel) => ({
        gpu,
        gpuCount,
        tensorParallel,
        memory: estimateMemory({
            geometry: model.geometry,
            precision: model.precision,
            bytesPerLinear: model.bytesPerLinear,
            tensorParallel,
            maxNumBatchedTokens: need.maxNumBatchedTokens,
            maxModelLen: need.maxModelLen,
            maxNumSeqs: need.maxNumSeqs,
            maxImagePixels: need.maxImagePixels,
            gpuProgramGiB: GPUS[gpu].programGiB,
            utilization: GPU_MEMORY_UTILIZATION,
        }),
    }));
    const sure = fits.find(({ memory }) => memory.fits === "yes");
    const best = sure ?? fits.sort((a, b) => b.memory.maxModelLen - a.memory.maxModelLen)[0];
    const impossible = whyImpossible({ gpu, gpuCount }, best.tensorParallel, need);
    if (impossible !== undefined) return { ...best, fits: "no", why: impossible };
    return { ...best, fits: best.memory.fits, ...whyNot(best.memory, need) };
}

function whyImpossible(
    { gpu, gpuCount }: GpuShape,
    degree: number,
    { model }: Need,
): string | undefined {
    if (GPUS[gpu].computeCapability < PRECISIONS[model.precision].minCapability)
        return `the ${gpu} cannot run ${model.precision}`;
    if (degree > gpuCount)
        return `tensor parallelism ${degree} needs ${degree} GPUs and the machine has ${gpuCount}`;
    return undefined;
}

function whyNot(memory: MemoryEstimate, need: Need): { why?: string } {
    if (memory.fits === "yes") return {};
    const offered = `each GPU offers the server ${memory.availableGiB} GiB`;
    if (memory.fits === "tight")
        return {
            why: `${offered}, enough for ${memory.maxSequences} of ${need.maxNumSeqs} full-length sequences at once`,
        };
    const left =
        memory.maxModelLen > 0
            ? `what is left holds a context of ${memory.maxModelLen}, not ${need.maxModelLen}`
            : "nothing is left for a context";
    return {
        why: `${offered}, of which loading takes ${memory.loadGiB} and the reserve ${memory.reserveGiB}: ${left}`,
    };
}
