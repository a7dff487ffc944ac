import { fitOn, type Fit } from "./fit";
import type { CloudFacts } from "./facts";
import { GPUS, type GpuName } from "./gpus";
import { minutesFromHistory } from "./history";
import { INSTANCES, INSTANCE_TYPES, QUOTAS, type InstanceType, type Market } from "./instances";
import { estimateMinutes, type Minutes } from "./minutes";
import { serverDtype, type Precision } from "./precisions";
import { ceilingUsd, expectedUsd, priceUsdPerHour, type Where } from "./price";
import { DEADLINE_MINUTES, type CheckedRequest } from "./request";
import { TIERS } from "./tiers";

/** One machine that the run could be on. */
export interface Candidate {
    readonly instanceType: InstanceType;
    readonly market: Market;
    /** Null: the run's own region. */
    readonly region: string | null;
    /** Availability zone; null: the cloud chooses. */
    readonly zone: string | null;
    readonly gpuName: GpuName;
    readonly gpuCount: number;
    /** What a program is offered by one GPU. */
    readonly gpuMemoryGiB: number;
    /** GPUs that the server uses of them. */
    readonly tensorParallel: number;
    readonly fits: "yes" | "tight";
    readonly vcpus: number;
    /** Machine and public address. */
    readonly priceUsdPerHour: number;
    /** Expected price of the whole run, start-up and spot risk included; never above the ceiling. */
    readonly expectedUsd: number;
    /** Price when the run lasts until its deadline. */
    readonly ceilingUsd: number;
    readonly minutes: Minutes;
    /** EC2 service quota (in vCPUs) that a launch counts against. */
    readonly quotaCode: string;
}

/** A machine on which the model fits and which is no candidate all the same. */
export interface Skipped {
    readonly instanceType: InstanceType;
    readonly market: Market;
    readonly kind: "choice" | "price" | "cloud" | "budget";
    readonly reason: string;
    /** What the candidate would be; undefined where no price is known. */
    readonly offer?: Candidate;
}

export interface CandidateList {
    /** In the order in which they are tried. */
    readonly candidates: readonly Candidate[];
    readonly skipped: readonly Skipped[];
    /** Every machine that was looked at, in the table's order. */
    readonly fits: readonly (Fit & { readonly instanceType: InstanceType })[];
}

/** More than these are not worth a try each when capacity is short. */
const MOST_OF_ONE_REGION = 12;
/** So many of the cheapest are also tried in each zone by name. */
const PINNED = 3;
/** A deadline leaves this much more than the expected minutes. */
const DEADLINE_MARGIN = 1.5;

/**
 * Every machine that the run could be on, in the order in which they are tried: cheapest expected
 * price first, the zone left to the cloud; then the cheapest of them in each zone by name, where the
 * cloud said which zones there are; then the next region in the same way.
 */
export function listCandidates(checked: CheckedRequest): CandidateList {
    const types = INSTANCE_TYPES.filter(
        (type) =>
            (checked.instanceType === undefined || type === checked.instanceType) &&
            (checked.gpu === undefined || INSTANCES[type].gpu === checked.gpu),
    );
    const fits = types.map((type) => ({ instanceType: type, ...fitOn(INSTANCES[type], checked) }));
    const regions = checked.regions.map((region) => inRegion(region, fits, checked));
    return {
        candidates: regions.flatMap(({ candidates }) => candidates),
        skipped: regions[0].skipped,
        fits,
    };
}

function inRegion(
    region: string | null,
    fits: CandidateList["fits"],
    checked: CheckedRequest,
): Omit<CandidateList, "fits"> {
    const facts = checked.facts.find((known) => known.region === region);
    const offers = fits
        .filter((fit) => fit.fits !== "no")
        .flatMap((fit) => checked.markets.map((market) => offer(fit, market, region, checked)));
    const skipped = offers.filter((each) => "reason" in each);
    const open = offers
        .filter((each) => "quotaCode" in each)
        .sort(byPrice)
        .slice(0, MOST_OF_ONE_REGION);
    return { candidates: [...open, ...pinned(open, facts, checked)], skipped };
}

/** The cheapest, in each of their zones by name: EC2 may choose one that happens to be full. */
function pinned(
    open: readonly Candidate[],
    facts: CloudFacts | undefined,
    checked: CheckedRequest,
): Candidate[] {
    if (checked.zone !== undefined) return [];
    return open
        .slice(0, PINNED)
        .flatMap((each) =>
            (facts?.zones[each.instanceType] ?? []).map((zone) => ({ ...each, zone })),
        );
}

type Offer = Candidate | Skipped;

function offer(
    fit: CandidateList["fits"][number],
    market: Market,
    region: string | null,
    checked: CheckedRequest,
): Offer {
    const { instanceType } = fit;
    const facts = checked.facts.find((known) => known.region === region);
    const candidate = priced(fit, market, { region, facts }, checked);
    const skip = (kind: Skipped["kind"], reason: string): Skipped => ({
        instanceType,
        market,
        kind,
        reason,
        offer: typeof candidate === "string" ? undefined : candidate,
    });

    const { gpu } = INSTANCES[instanceType];
    const isNamed = checked.instanceType !== undefined || checked.gpu !== undefined;
    if (!isNamed && fit.fits === "tight") return skip("choice", `a tight fit: ${fit.why}`);
    if (!isNamed && computesInFloat16(gpu, checked.model.precision))
        return skip("choice", `the ${gpu} has no bfloat16, and its answers may differ`);
    if (typeof candidate === "string") return skip("price", candidate);
    const refusal = refusedByCloud(candidate, checked.zone, facts);
    if (refusal !== undefined) return skip("cloud", refusal);
    if (candidate.ceilingUsd > checked.budgetUsd)
        return skip(
            "budget",
            `up to ${candidate.ceilingUsd.toFixed(2)} USD until its deadline is above the budget of ${checked.budgetUsd} USD`,
        );
    return candidate;
}

/** The machine as a candidate with its price, or why it has none. */
function priced(
    fit: CandidateList["fits"][number],
    market: Market,
    where: Where,
    checked: CheckedRequest,
): Candidate | string {
    const { instanceType, tensorParallel } = fit;
    const shape = INSTANCES[instanceType];
    const minutes = minutesOn(fit, checked);
    const ceiling = ceilingUsd(instanceType, deadlineMinutes(checked, minutes), where);
    const hourly = priceUsdPerHour(instanceType, market, where);
    const expected = expectedUsd(instanceType, market, minutes.total, where);
    const quotaCode = QUOTAS[shape.quota][market];
    if (hourly === undefined || expected === undefined) return `no ${market} price is known`;
    if (quotaCode === null) return `no ${market} quota is known`;
    return {
        instanceType,
        market,
        region: where.region === checked.regions[0] ? null : where.region,
        zone: checked.zone ?? null,
        gpuName: shape.gpu,
        gpuCount: shape.gpuCount,
        gpuMemoryGiB: GPUS[shape.gpu].programGiB,
        tensorParallel,
        fits: fit.fits === "yes" ? "yes" : "tight",
        vcpus: shape.vcpus,
        priceUsdPerHour: hourly,
        expectedUsd: Math.min(expected, ceiling),
        ceilingUsd: ceiling,
        minutes,
        quotaCode,
    };
}

/** What the cloud itself said against a launch; nothing where it was not asked. */
function refusedByCloud(
    { instanceType, quotaCode, vcpus }: Candidate,
    zone: string | undefined,
    facts: CloudFacts | undefined,
): string | undefined {
    if (facts === undefined) return undefined;
    const zones = facts.zones[instanceType];
    if (zones?.length === 0) return `${facts.region} does not offer it`;
    if (zone !== undefined && zones && !zones.includes(zone))
        return `${zone} does not offer it, but ${zones.join(", ")}`;
    const quota = facts.quotas[quotaCode];
    if (quota !== undefined && quota.limit - quota.used < vcpus)
        return `quota ${quotaCode} allows ${quota.limit} vCPUs, and ${quota.used} are in use`;
    return undefined;
}

/** Minutes on a machine: those of earlier runs alike, else the estimate. */
export function minutesOn(
    fit: Fit & { readonly instanceType?: InstanceType },
    checked: CheckedRequest,
): Minutes {
    const { model, tier, emulated } = checked;
    const { instanceType, tensorParallel } = fit;
    const known =
        instanceType &&
        minutesFromHistory(checked.history, {
            ...{ modelId: model.id, precision: model.precision, tier },
            ...{ instanceType, tensorParallel, emulated },
        });
    if (known) {
        const { startUp, suite, total, runs } = known;
        return { startUp, suite, total, source: `p95 of ${runs} earlier runs` };
    }
    return estimateMinutes(TIERS[tier].suiteMinutes, model, fit.gpu, tensorParallel);
}

/** The run's deadline: as asked, else the tier's, and more where the run is expected to need it. */
export function deadlineMinutes(checked: CheckedRequest, minutes: Minutes): number {
    if (checked.deadlineMinutes !== undefined) return checked.deadlineMinutes;
    const enough = Math.ceil(minutes.total * DEADLINE_MARGIN);
    return Math.min(DEADLINE_MINUTES.max, Math.max(TIERS[checked.tier].deadlineMinutes, enough));
}

/**
 * True where a precision that runs in bfloat16 elsewhere has to run in float16. Candidates stand in
 * for one another, so they all compute in the same type.
 */
export function computesInFloat16(gpu: GpuName, precision: Precision): boolean {
    return (
        precision !== "fp16" && serverDtype(precision, GPUS[gpu].computeCapability) === "float16"
    );
}

/** Cheapest first; of equal price the smaller machine, then by name, so that a plan is repeatable. */
function byPrice(a: Candidate, b: Candidate): number {
    return (
        a.expectedUsd - b.expectedUsd ||
        a.vcpus - b.vcpus ||
        a.instanceType.localeCompare(b.instanceType, "en") ||
        a.market.localeCompare(b.market, "en")
    );
}
