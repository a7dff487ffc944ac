import type { GpuName } from "./gpus";

/**
 * EC2 instance types with whole NVIDIA GPUs that the server image can use.
 *
 * Sources: a captured DescribeInstanceTypes (moto 5.2.5) for the shape; on-demand Linux prices of
 * us-east-1 as of 2026-07-20 (aws/karpenter-provider-aws, generated from AWS's price list); null
 * where no price was listed, and such a type is never chosen. Left out: p3 (compute capability 7.0,
 * dropped by CUDA 13), g6f and gr6f (a slice of a GPU), p6e-gb200 (Arm),
 * bare metal (boots for too long).
 */
// prettier-ignore
export const INSTANCES = {
    "g4dn.xlarge": { gpu: "T4", gpuCount: 1, vcpus: 4, ramGiB: 16, nvmeGB: 125, quota: "G", usdPerHour: 0.526 },
    "g4dn.2xlarge": { gpu: "T4", gpuCount: 1, vcpus: 8, ramGiB: 32, nvmeGB: 225, quota: "G", usdPerHour: 0.752 },
    "g4dn.4xlarge": { gpu: "T4", gpuCount: 1, vcpus: 16, ramGiB: 64, nvmeGB: 225, quota: "G", usdPerHour: 1.204 },
    "g4dn.8xlarge": { gpu: "T4", gpuCount: 1, vcpus: 32, ramGiB: 128, nvmeGB: 900, quota: "G", usdPerHour: 2.176 },
    "g4dn.12xlarge": { gpu: "T4", gpuCount: 4, vcpus: 48, ramGiB: 192, nvmeGB: 900, quota: "G", usdPerHour: 3.912 },
    "g4dn.16xlarge": { gpu: "T4", gpuCount: 1, vcpus: 64, ramGiB: 256, nvmeGB: 900, quota: "G", usdPerHour: 4.352 },
    "g5.xlarge": { gpu: "A10G", gpuCount: 1, vcpus: 4, ramGiB: 16, nvmeGB: 250, quota: "G", usdPerHour: 1.006 },
    "g5.2xlarge": { gpu: "A10G", gpuCount: 1, vcpus: 8, ramGiB: 32, nvmeGB: 450, quota: "G", usdPerHour: 1.212 },
    "g5.4xlarge": { gpu: "A10G", gpuCount: 1, vcpus: 16, ramGiB: 64, nvmeGB: 600, quota: "G", usdPerHour: 1.624 },
    "g5.8xlarge": { gpu: "A10G", gpuCount: 1, vcpus: 32, ramGiB: 128, nvmeGB: 900, quota: "G", usdPerHour: 2.448 },
    "g5.12xlarge": { gpu: "A10G", gpuCount: 4, vcpus: 48, ramGiB: 192, nvmeGB: 3800, quota: "G", usdPerHour: 5.672 },
    "g5.16xlarge": { gpu: "A10G", gpuCount: 1, vcpus: 64, ramGiB: 256, nvmeGB: 1900, quota: "G", usdPerHour: 4.096 },
    "g5.24xlarge": { gpu: "A10G", gpuCount: 4, vcpus: 96, ramGiB: 384, nvmeGB: 3800, quota: "G", usdPerHour: 8.144 },
    "g5.48xlarge": { gpu: "A10G", gpuCount: 8, vcpus: 192, ramGiB: 768, nvmeGB: 7600, quota: "G", usdPerHour: 16.288 },
    "g6.xlarge": { gpu: "L4", gpuCount: 1, vcpus: 4, ramGiB: 16, nvmeGB: 250, quota: "G", usdPerHour: 0.8048 },
    "g6.2xlarge": { gpu: "L4", gpuCount: 1, vcpus: 8, ramGiB: 32, nvmeGB: 450, quota: "G", usdPerHour: 0.9776 },
    "g6.4xlarge": { gpu: "L4", gpuCount: 1, vcpus: 16, ramGiB: 64, nvmeGB: 600, quota: "G", usdPerHour: 1.3232 },
    "g6.8xlarge": { gpu: "L4", gpuCount: 1, vcpus: 32, ramGiB: 128, nvmeGB: 900, quota: "G", usdPerHour: 2.0144 },
    "g6.12xlarge": { gpu: "L4", gpuCount: 4, vcpus: 48, ramGiB: 192, nvmeGB: 3760, quota: "G", usdPerHour: 4.6016 },
    "g6.16xlarge": { gpu: "L4", gpuCount: 1, vcpus: 64, ramGiB: 256, nvmeGB: 1880, quota: "G", usdPerHour: 3.3968 },
    "g6.24xlarge": { gpu: "L4", gpuCount: 4, vcpus: 96, ramGiB: 384, nvmeGB: 3760, quota: "G", usdPerHour: 6.6752 },
    "g6.48xlarge": { gpu: "L4", gpuCount: 8, vcpus: 192, ramGiB: 768, nvmeGB: 7520, quota: "G", usdPerHour: 13.3504 },
    "g6e.xlarge": { gpu: "L40S", gpuCount: 1, vcpus: 4, ramGiB: 32, nvmeGB: 250, quota: "G", usdPerHour: 1.861 },
    "g6e.2xlarge": { gpu: "L40S", gpuCount: 1, vcpus: 8, ramGiB: 64, nvmeGB: 450, quota: "G", usdPerHour: 2.24208 },
    "g6e.4xlarge": { gpu: "L40S", gpuCount: 1, vcpus: 16, ramGiB: 128, nvmeGB: 600, quota: "G", usdPerHour: 3.00424 },
    "g6e.8xlarge": { gpu: "L40S", gpuCount: 1, vcpus: 32, ramGiB: 256, nvmeGB: 900, quota: "G", usdPerHour: 4.52856 },
    "g6e.12xlarge": { gpu: "L40S", gpuCount: 4, vcpus: 48, ramGiB: 384, nvmeGB: 3800, quota: "G", usdPerHour: 10.49264 },
    "g6e.16xlarge": { gpu: "L40S", gpuCount: 1, vcpus: 64, ramGiB: 512, nvmeGB: 1900, quota: "G", usdPerHour: 7.57719 },
    "g6e.24xlarge": { gpu: "L40S", gpuCount: 4, vcpus: 96, ramGiB: 768, nvmeGB: 3800, quota: "G", usdPerHour: 15.06559 },
    "g6e.48xlarge": { gpu: "L40S", gpuCount: 8, vcpus: 192, ramGiB: 1536, nvmeGB: 7600, quota: "G", usdPerHour: 30.13118 },
    "g7.2xlarge": { gpu: "RTX PRO 4500", gpuCount: 1, vcpus: 8, ramGiB: 32, nvmeGB: 440, quota: "G", usdPerHour: 2.52 },
    "g7.4xlarge": { gpu: "RTX PRO 4500", gpuCount: 1, vcpus: 16, ramGiB: 64, nvmeGB: 875, quota: "G", usdPerHour: 3.04208 },
    "g7.8xlarge": { gpu: "RTX PRO 4500", gpuCount: 1, vcpus: 32, ramGiB: 128, nvmeGB: 930, quota: "G", usdPerHour: 4.08624 },
    "g7.12xlarge": { gpu: "RTX PRO 4500", gpuCount: 2, vcpus: 48, ramGiB: 192, nvmeGB: 1900, quota: "G", usdPerHour: 7.12832 },
    "g7.24xlarge": { gpu: "RTX PRO 4500", gpuCount: 4, vcpus: 96, ramGiB: 384, nvmeGB: 3800, quota: "G", usdPerHour: 14.25664 },
    "g7.48xlarge": { gpu: "RTX PRO 4500", gpuCount: 8, vcpus: 192, ramGiB: 768, nvmeGB: 7600, quota: "G", usdPerHour: 28.51328 },
    "g7e.2xlarge": { gpu: "RTX PRO 6000", gpuCount: 1, vcpus: 8, ramGiB: 64, nvmeGB: 1900, quota: "G", usdPerHour: 3.36312 },
    "g7e.4xlarge": { gpu: "RTX PRO 6000", gpuCount: 1, vcpus: 16, ramGiB: 128, nvmeGB: 1900, quota: "G", usdPerHour: 3.99816 },
    "g7e.8xlarge": { gpu: "RTX PRO 6000", gpuCount: 1, vcpus: 32, ramGiB: 256, nvmeGB: 1900, quota: "G", usdPerHour: 5.26824 },
    "g7e.12xlarge": { gpu: "RTX PRO 6000", gpuCount: 2, vcpus: 48, ramGiB: 512, nvmeGB: 3800, quota: "G", usdPerHour: 8.28608 },
    "g7e.24xlarge": { gpu: "RTX PRO 6000", gpuCount: 4, vcpus: 96, ramGiB: 1024, nvmeGB: 7600, quota: "G", usdPerHour: 16.57216 },
    "g7e.48xlarge": { gpu: "RTX PRO 6000", gpuCount: 8, vcpus: 192, ramGiB: 2048, nvmeGB: 15200, quota: "G", usdPerHour: 33.14432 },
    "gr6.4xlarge": { gpu: "L4", gpuCount: 1, vcpus: 16, ramGiB: 128, nvmeGB: 600, quota: "G", usdPerHour: 1.5392 },
    "gr6.8xlarge": { gpu: "L4", gpuCount: 1, vcpus: 32, ramGiB: 256, nvmeGB: 900, quota: "G", usdPerHour: 2.4464 },
    "p4d.24xlarge": { gpu: "A100-40GB", gpuCount: 8, vcpus: 96, ramGiB: 1152, nvmeGB: 8000, quota: "P4", usdPerHour: 21.957642 },
    "p4de.24xlarge": { gpu: "A100-80GB", gpuCount: 8, vcpus: 96, ramGiB: 1152, nvmeGB: 8000, quota: "P4", usdPerHour: 27.44705 },
    "p5.4xlarge": { gpu: "H100", gpuCount: 1, vcpus: 16, ramGiB: 256, nvmeGB: 3800, quota: "P5", usdPerHour: 6.88 },
    "p5.48xlarge": { gpu: "H100", gpuCount: 8, vcpus: 192, ramGiB: 2048, nvmeGB: 30400, quota: "P5", usdPerHour: 55.04 },
    "p5e.48xlarge": { gpu: "H200", gpuCount: 8, vcpus: 192, ramGiB: 2048, nvmeGB: 30400, quota: "P5", usdPerHour: null },
    "p5en.48xlarge": { gpu: "H200", gpuCount: 8, vcpus: 192, ramGiB: 2048, nvmeGB: 30400, quota: "P5", usdPerHour: 63.296 },
    "p6-b200.48xlarge": { gpu: "B200", gpuCount: 8, vcpus: 192, ramGiB: 2048, nvmeGB: 30400, quota: "P6", usdPerHour: 113.9328 },
    "p6-b300.48xlarge": { gpu: "B300", gpuCount: 8, vcpus: 192, ramGiB: 4096, nvmeGB: 30400, quota: "P6", usdPerHour: 142.416 },
} as const satisfies Record<string, InstanceShape>;

export interface InstanceShape {
    readonly gpu: GpuName;
    readonly gpuCount: number;
    readonly vcpus: number;
    readonly ramGiB: number;
    /** Local NVMe in all; 0 where there is none. */
    readonly nvmeGB: number;
    readonly quota: QuotaFamily;
    /** On-demand, Linux, us-east-1. */
    readonly usdPerHour: number | null;
}

export type InstanceType = keyof typeof INSTANCES;
export const INSTANCE_TYPES = Object.keys(INSTANCES) as InstanceType[];

/**
 * EC2 service quotas, counted in vCPUs per region. Null: no code is known, so that market is not
 * offered. Source: Service Quotas codes as used by SkyPilot's catalogue, and L-C4BD4855 for P5.
 */
export const QUOTAS = {
    G: { "on-demand": "L-DB2E81BA", spot: "L-3819A6DF" },
    P4: { "on-demand": "L-417A185B", spot: "L-7212CCBC" },
    P5: { "on-demand": "L-417A185B", spot: "L-C4BD4855" },
    P6: { "on-demand": "L-417A185B", spot: null },
} as const;

/** The quotas' names in the AWS console. */
export const QUOTA_NAMES: Readonly<Record<string, string>> = {
    "L-DB2E81BA": "Running On-Demand G and VT instances",
    "L-3819A6DF": "All G and VT Spot Instance Requests",
    "L-417A185B": "Running On-Demand P instances",
    "L-7212CCBC": "All P4, P3 and P2 Spot Instance Requests",
    "L-C4BD4855": "All P5 Spot Instance Requests",
};

export type QuotaFamily = keyof typeof QUOTAS;

export const MARKETS = ["on-demand", "spot"] as const;
export type Market = (typeof MARKETS)[number];

/**
 * The quota that a machine counts against, also one whose type is not in the table.
 *
 * @returns undefined for a family that shares no quota with the table's, or whose code is not known.
 * @example quotaCodeOf("p3.2xlarge", "spot"); // "L-7212CCBC"
 */
export function quotaCodeOf(instanceType: string, market: Market): string | undefined {
    const [, letters, generation] = /^([a-z]+)(\d+)/.exec(instanceType) ?? [];
    if (["g", "gr", "vt"].includes(letters)) return QUOTAS.G[market];
    if (letters !== "p") return undefined;
    const family = Number(generation) <= 4 ? QUOTAS.P4 : { 5: QUOTAS.P5, 6: QUOTAS.P6 }[generation];
    return family?.[market] ?? undefined;
}

/** The region of the prices above. */
export const PRICE_REGION = "us-east-1";
