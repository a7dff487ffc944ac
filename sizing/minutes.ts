import { GPUS, type GpuName } from "./gpus";
import { GIB, weightBytes } from "./memory";
import type { ModelGeometry } from "./models";
import type { Precision } from "./precisions";

/** Minutes of a run, from the launch to the end of the suite. */
export interface Minutes {
    readonly startUp: number;
    readonly suite: number;
    readonly total: number;
    /** Where they come from: `estimate`, or the p95 of so many earlier runs. */
    readonly source: string;
}

// Public reports: the server image is 10 to 12 GB and takes 4 to 10 minutes to pull and unpack; a
// Deep Learning AMI answers in about 2; engine start with graph capture takes 1 to 3.
const BOOT_MINUTES = 2;
const IMAGE_PULL_MINUTES = 6;
const ENGINE_MINUTES = 2;
// gp3 baseline throughput, which both the download and the first read are bound by.
const DISK_MB_PER_SECOND = 125;
const REFERENCE_GPU: GpuName = "L4";
// Ranks wait for each other: without NVLink two GPUs give about 1.4 times the tokens of one.
const PARALLEL_EFFICIENCY = 0.7;

/**
 * Estimated minutes of a run. Half of a suite's time goes with the memory bandwidth of the GPU
 * (decoding), half does not (prefill, images, the suite itself): an assumption until runs of our
 * own replace it.
 *
 * @param suiteMinutes The tier's suite on the reference GPU.
 */
export function estimateMinutes(
    suiteMinutes: number,
    model: {
        geometry: ModelGeometry;
        precision: Precision;
        bytesPerLinear: number;
    },
    gpu: GpuName,
    tensorParallel: number,
): Minutes {
    const megabytes =
        weightBytes(model.geometry, model.precision, model.bytesPerLinear, 1) / 1_000_000;
    const weightMinutes = megabytes / DISK_MB_PER_SECOND / 60;
    const startUp = BOOT_MINUTES + IMAGE_PULL_MINUTES + weightMinutes + ENGINE_MINUTES;
    const ranks = tensorParallel === 1 ? 1 : tensorParallel * PARALLEL_EFFICIENCY;
    const speed = (GPUS[gpu].bandwidthGBps * ranks) / GPUS[REFERENCE_GPU].bandwidthGBps;
    const suite = suiteMinutes * (0.5 + 0.5 / speed);
    return {
        startUp: round(startUp),
        suite: round(suite),
        total: round(startUp + suite),
        source: "estimate",
    };
}

/** Root volume for the AMI, the unpacked server image and the weights, in GiB, in steps of 10. */
export function volumeGiB(weightsBytes: number): number {
    const amiAndImageGiB = 80;
    return Math.ceil((amiAndImageGiB + (1.2 * weightsBytes) / GIB) / 10) * 10;
}

function round(minutes: number): number {
    return Math.round(minutes * 10) / 10;
}
