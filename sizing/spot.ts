import type { InstanceType } from "./instances";

/** Of a family, as the Spot Instance Advisor shows it. */
interface SpotHabit {
    /** Spot price as a share of on-demand. */
    readonly share: number;
    /** Band of interruption: 0 below 5 %, 1 to 10, 2 to 15, 3 to 20, 4 above 20 % in a month. */
    readonly band: 0 | 1 | 2 | 3 | 4;
}

/**
 * What spot machines cost and how often they are taken away, by family.
 *
 * Source: the data behind https://aws.amazon.com/ec2/spot/instance-advisor/ for Linux in us-east-1,
 * as stored in alexei-led/spotinfo@5bdc33c, internal/spot/data/spot-advisor-data.json (mid-2025).
 * The share is that of the family's smallest type there, the band the median of its types. The
 * shares agree with the price lists of skypilot-org/skypilot-catalog@001367d,
 * catalogs/v5/aws/vms.csv, median of the zones of us-east-1: g5.xlarge 0.40, g6.xlarge 0.51,
 * g6e.xlarge 0.43.
 *
 * Bands differ from region to region and from month to month: the L4 is above 20 % here, and below
 * 5 % in ap-southeast-2 of the same file.
 */
const SPOT_HABITS: Readonly<Record<string, SpotHabit>> = {
    g4dn: { share: 0.36, band: 4 },
    g5: { share: 0.42, band: 4 },
    g6: { share: 0.51, band: 4 },
    gr6: { share: 0.43, band: 4 },
    g6e: { share: 0.42, band: 4 },
    // Shares of on-demand prices that have been lowered since (June 2025), so half is assumed.
    p4d: { share: 0.5, band: 2 },
    p4de: { share: 0.5, band: 0 },
    p5: { share: 0.5, band: 4 },
    p5en: { share: 0.5, band: 0 },
};

/** Families without figures (g7, g7e, p5e, p6): the middle of the known shares, the worst band. */
const UNKNOWN_HABIT: SpotHabit = { share: 0.5, band: 4 };

/** Middle of each band; the last has no upper end, and 30 % is an assumption. */
const BAND_PER_MONTH = [0.025, 0.075, 0.125, 0.175, 0.3] as const;

/**
 * Least chance that a run on a spot machine is interrupted, however short it is. The advisor counts
 * over a month, but machines are taken away most of all right after they were given: 5 % of 240 new
 * ones within 3 minutes, 12 % within 17 (aws/karpenter-provider-aws#6425), and a quarter of
 * workflows of five jobs of 4 to 10 minutes, so about 5 % a job (runs-on/runs-on#160).
 */
const LEAST_CHANCE = 0.05;

const MINUTES_PER_MONTH = 30 * 24 * 60;

/** Spot price as a share of on-demand, above 0 and at most 1, where the cloud was not asked. */
export function spotShare(type: InstanceType): number {
    return habitOf(type).share;
}

/** Share of such spot machines that are taken away within a month of running. */
export function interruptionPerMonth(type: InstanceType): number {
    return BAND_PER_MONTH[habitOf(type).band];
}

/**
 * Chance that a run of so many minutes is interrupted.
 *
 * Assumes a constant hazard over a month of running: with p a month, 1 - (1 - p)^(minutes / month);
 * and never less than 5 %, because spot machines fail most of all at the start.
 *
 * @example interruptionChance("g6.xlarge", 20); // 0.05: the floor
 */
export function interruptionChance(type: InstanceType, minutes: number): number {
    const steady = 1 - (1 - interruptionPerMonth(type)) ** (minutes / MINUTES_PER_MONTH);
    return Math.max(LEAST_CHANCE, steady);
}

function habitOf(type: InstanceType): SpotHabit {
    return SPOT_HABITS[type.split(".")[0]] ?? UNKNOWN_HABIT;
}

/**
 * On-demand prices of G machines in a region, as a multiple of those in us-east-1: the median of
 * g4dn, g5, g6 and g6e where listed. Source: skypilot-org/skypilot-catalog@001367d,
 * catalogs/v5/aws/vms.csv. P machines, and newer ones, may differ.
 */
export const REGION_PRICE_FACTOR = {
    "us-east-1": 1,
    "us-east-2": 1,
    "us-west-1": 1.2,
    "us-west-2": 1,
    "ca-central-1": 1.11,
    "eu-central-1": 1.25,
    "eu-north-1": 1.061,
    "eu-south-1": 1.171,
    "eu-west-1": 1.116,
    "eu-west-2": 1.269,
    "eu-west-3": 1.219,
    "ap-east-1": 1.54,
    "ap-northeast-1": 1.45,
    "ap-northeast-2": 1.23,
    "ap-northeast-3": 1.35,
    "ap-south-1": 1.201,
    "ap-southeast-1": 1.399,
    "ap-southeast-2": 1.3,
    "ap-southeast-3": 1.4,
    "me-central-1": 1.227,
    "me-south-1": 1.227,
    "af-south-1": 1.327,
} as const satisfies Readonly<Record<string, number>>;
