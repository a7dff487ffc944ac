import { GPUS } from "./gpus";
import { INSTANCES, type InstanceType } from "./instances";
import { estimateMemory, tensorParallelDegrees, type MemoryEstimate } from "./memory";
import { type ResolvedModel } from "./models";
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

/** How a model sits on an instance type. */
export interface Fit {
    readonly instanceType: InstanceType;
    readonly tensorParallel: number;
    readonly memory: MemoryEstimate;
}

/**
 * The best fit on an instance type: the smallest degree that surely fits, else the one that leaves
 * most room (and then `memory.fits` is `tight` or `no`). Undefined when the GPU cannot run the
 * precision at all, or has not so many GPUs.
 */
export function fitOn(instanceType: InstanceType, need: Need): Fit | undefined {
    const { gpu, gpuCount } = INSTANCES[instanceType];
    const { model } = need;
    if (GPUS[gpu].computeCapability < PRECISIONS[model.precision].minCapability) return undefined;
    const fits = tensorParallelDegrees(model.geometry, model.precision)
        .filter((degree) => degree <= gpuCount)
        .filter((degree) => need.tensorParallel === undefined || degree === need.tensorParallel)
        .map((tensorParallel) => ({
            instanceType,
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
    return sure ?? fits.sort((a, b) => b.memory.maxModelLen - a.memory.maxModelLen)[0];
}
