/**
 * GPUs of the instance table.
 *
 * `programGiB` is what a CUDA program is offered ("GPU 0 has a total capacity of X GiB" in public
 * PyTorch logs, the smallest value seen rounded down), not what the data sheet or EC2 says: EC2
 * reports 22,888 MiB for an A10G or L4, a program sees 21.96 to 22.06 GiB. Bandwidth is the vendor's
 * data sheet. Compute capability: NVIDIA's CUDA GPU list.
 */
export const GPUS = {
    T4: { programGiB: 14.5, computeCapability: 7.5, bandwidthGBps: 320, measured: true },
    A10G: { programGiB: 21.95, computeCapability: 8.6, bandwidthGBps: 600, measured: true },
    L4: { programGiB: 21.95, computeCapability: 8.9, bandwidthGBps: 300, measured: true },
    L40S: { programGiB: 44.3, computeCapability: 8.9, bandwidthGBps: 864, measured: true },
    "A100-40GB": { programGiB: 39.25, computeCapability: 8.0, bandwidthGBps: 1555, measured: true },
    "A100-80GB": { programGiB: 79.1, computeCapability: 8.0, bandwidthGBps: 2039, measured: true },
    H100: { programGiB: 79.1, computeCapability: 9.0, bandwidthGBps: 3350, measured: true },
    H200: { programGiB: 139.7, computeCapability: 9.0, bandwidthGBps: 4800, measured: true },
    B200: { programGiB: 178.3, computeCapability: 10.0, bandwidthGBps: 8000, measured: true },
    "RTX PRO 6000": {
        programGiB: 94.5,
        computeCapability: 12.0,
        bandwidthGBps: 1597,
        measured: true,
    },
    // Not seen in a log: 2 % below what EC2 reports, as with the cards above at their worst.
    B300: { programGiB: 263, computeCapability: 10.3, bandwidthGBps: 8000, measured: false },
    "RTX PRO 4500": {
        programGiB: 31.3,
        computeCapability: 12.0,
        bandwidthGBps: 896,
        measured: false,
    },
} as const satisfies Record<
    string,
    {
        programGiB: number;
        computeCapability: number;
        bandwidthGBps: number;
        measured: boolean;
    }
>;

export type GpuName = keyof typeof GPUS;
