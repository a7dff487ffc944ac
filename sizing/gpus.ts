import { didYouMean } from "../common/nearest";
import { UserError } from "../common/userError";

/** A GPU as the estimate needs to know it. */
export interface Gpu {
    /** Rented on EC2, or only found in machines of one's own. */
    readonly where: "ec2" | "own";
    /** What the vendor prints on the box. */
    readonly vendorGB: number;
    /** What a CUDA program is offered in all. */
    readonly programGiB: number;
    readonly computeCapability: number;
    readonly bandwidthGBps: number;
    /** False: no log was found, and `programGiB` follows the rule that stands beside it. */
    readonly measured: boolean;
}

/**
 * GPUs of the instance table, and cards of self-hosted machines.
 *
 * `programGiB` is what a CUDA program is offered, not what the data sheet or EC2 says: EC2 reports
 * 22,888 MiB for an A10G or L4, a program sees 21.96 to 22.06 GiB. It is the smallest value seen on
 * Linux in public logs that name the card, rounded down: PyTorch's "GPU 0 has a total capacity of
 * X GiB", or Unsloth's banner "NVIDIA GeForce RTX 4090. Num GPUs = 1. Max memory: 23.51 GB.
 * Platform: Linux" (bytes / 1024^3). Of cards of one's own (smallest and largest seen):
 *
 *   RTX 3060 11.63-11.75 (Kunhao-Liu/StyleGaussian#12), RTX 3090 23.56-23.70
 *   (Lightning-AI/lit-llama#137), RTX 4060 Ti 15.57-15.60, RTX 4070 11.56-11.6, RTX 4080 15.57-15.70
 *   (kinggongzilla/whatsapp-ai-clone#12 for its sister, the RTX 4070 Ti SUPER), RTX 4090 23.51-23.65
 *   (pinokiofactory/flux-webui#11, 3DTopia/Phidias-Diffusion#8), RTX 5070 Ti 15.47-15.51,
 *   RTX 5080 15.47-15.5, RTX 5090 31.34-31.37, RTX A5000 23.55, RTX A6000 47.40-47.54.
 *
 * Windows and WSL report the full 16 or 24 GiB, and give the desktop its part of that.
 *
 * Compute capability: NVIDIA's CUDA GPU list (https://developer.nvidia.com/cuda-gpus). Bandwidth and
 * `vendorGB`: the vendor's data sheets.
 */
// prettier-ignore
export const GPUS = {
    T4: { where: "ec2", vendorGB: 16, programGiB: 14.5, computeCapability: 7.5, bandwidthGBps: 320, measured: true },
    A10G: { where: "ec2", vendorGB: 24, programGiB: 21.95, computeCapability: 8.6, bandwidthGBps: 600, measured: true },
    L4: { where: "ec2", vendorGB: 24, programGiB: 21.95, computeCapability: 8.9, bandwidthGBps: 300, measured: true },
    L40S: { where: "ec2", vendorGB: 48, programGiB: 44.3, computeCapability: 8.9, bandwidthGBps: 864, measured: true },
    "A100-40GB": { where: "ec2", vendorGB: 40, programGiB: 39.25, computeCapability: 8.0, bandwidthGBps: 1555, measured: true },
    "A100-80GB": { where: "ec2", vendorGB: 80, programGiB: 79.1, computeCapability: 8.0, bandwidthGBps: 2039, measured: true },
    H100: { where: "ec2", vendorGB: 80, programGiB: 79.1, computeCapability: 9.0, bandwidthGBps: 3350, measured: true },
    H200: { where: "ec2", vendorGB: 141, programGiB: 139.7, computeCapability: 9.0, bandwidthGBps: 4800, measured: true },
    B200: { where: "ec2", vendorGB: 180, programGiB: 178.3, computeCapability: 10.0, bandwidthGBps: 8000, measured: true },
    "RTX PRO 6000": { where: "ec2", vendorGB: 96, programGiB: 94.5, computeCapability: 12.0, bandwidthGBps: 1597, measured: true },
    // Not seen in a log: 2 % below what EC2 reports, as with the cards above at their worst.
    B300: { where: "ec2", vendorGB: 288, programGiB: 263, computeCapability: 10.3, bandwidthGBps: 8000, measured: false },
    "RTX PRO 4500": { where: "ec2", vendorGB: 32, programGiB: 31.3, computeCapability: 12.0, bandwidthGBps: 896, measured: false },

    // Not seen in a log: half a GiB below the box, a little more than its 12 GB sister lacks.
    "RTX 3060 8GB": { where: "own", vendorGB: 8, programGiB: 7.5, computeCapability: 8.6, bandwidthGBps: 240, measured: false },
    "RTX 3060": { where: "own", vendorGB: 12, programGiB: 11.6, computeCapability: 8.6, bandwidthGBps: 360, measured: true },
    "RTX 3090": { where: "own", vendorGB: 24, programGiB: 23.5, computeCapability: 8.6, bandwidthGBps: 936, measured: true },
    "RTX 4060 Ti 16GB": { where: "own", vendorGB: 16, programGiB: 15.5, computeCapability: 8.9, bandwidthGBps: 288, measured: true },
    "RTX 4070": { where: "own", vendorGB: 12, programGiB: 11.5, computeCapability: 8.9, bandwidthGBps: 504, measured: true },
    "RTX 4080": { where: "own", vendorGB: 16, programGiB: 15.5, computeCapability: 8.9, bandwidthGBps: 717, measured: true },
    "RTX 4090": { where: "own", vendorGB: 24, programGiB: 23.5, computeCapability: 8.9, bandwidthGBps: 1008, measured: true },
    "RTX 5070 Ti": { where: "own", vendorGB: 16, programGiB: 15.4, computeCapability: 12.0, bandwidthGBps: 896, measured: true },
    "RTX 5080": { where: "own", vendorGB: 16, programGiB: 15.4, computeCapability: 12.0, bandwidthGBps: 960, measured: true },
    "RTX 5090": { where: "own", vendorGB: 32, programGiB: 31.3, computeCapability: 12.0, bandwidthGBps: 1792, measured: true },
    "RTX A5000": { where: "own", vendorGB: 24, programGiB: 23.5, computeCapability: 8.6, bandwidthGBps: 768, measured: true },
    "RTX A6000": { where: "own", vendorGB: 48, programGiB: 47.4, computeCapability: 8.6, bandwidthGBps: 768, measured: true },
} as const satisfies Record<string, Gpu>;

export type GpuName = keyof typeof GPUS;
export const GPU_NAMES = Object.keys(GPUS) as GpuName[];

/**
 * The GPU that a person means: case, spaces, dashes, `NVIDIA`, `GeForce`, `Tesla`, `RTX`, form factor
 * and a memory size that the card has anyway may be there or not.
 *
 * @throws UserError for a GPU that is not in the table (nearest names offered), and for `A100`,
 *     which comes in two sizes.
 * @example findGpu("NVIDIA GeForce RTX 4080"); // "RTX 4080"
 * @example findGpu("NVIDIA A100-SXM4-80GB"); // "A100-80GB"
 */
export function findGpu(text: string): GpuName {
    const key = keyOf(text);
    const found =
        GPU_NAMES.find((name) => key === keyOf(name)) ??
        GPU_NAMES.find((name) => key === `${keyOf(name)}${GPUS[name].vendorGB}gb`);
    if (found !== undefined) return found;

    const sizes = GPU_NAMES.filter((name) => keyOf(name) === `${key}${GPUS[name].vendorGB}gb`);
    if (sizes.length > 1)
        throw new UserError(
            `"${text}" comes in ${sizes.length} sizes.`,
            sizes.join(", "),
            `name one of them, such as ${sizes[0]}`,
        );
    throw new UserError(
        `Unknown GPU "${text}".`,
        GPU_NAMES.join(", "),
        sizes.length === 1
            ? `did you mean ${sizes[0]}?`
            : didYouMean(text, GPU_NAMES, "choose one of them"),
    );
}

const DROPPED = /nvidia|geforce|tesla|quadro|blackwell|server|edition|sxm\d?|pcie|hbm\d?e?/g;

function keyOf(text: string): string {
    return text
        .toLowerCase()
        .replace(DROPPED, "")
        .replace(/[^a-z0-9]/g, "")
        .replace(/^rtx/, "");
}
