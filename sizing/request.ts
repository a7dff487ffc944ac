import { didYouMean } from "../common/nearest";
import { UserError } from "../common/userError";
import type { CloudFacts } from "./facts";
import { findGpu, GPUS, type GpuName } from "./gpus";
import type { RunRecord } from "./history";
import { INSTANCES, INSTANCE_TYPES, MARKETS, type InstanceType, type Market } from "./instances";
import { tensorParallelDegrees } from "./memory";
import { IMAGE, resolveModel, type ModelGeometry, type ResolvedModel } from "./models";
import { parseRegion } from "./regions";
import { imageTokensOf } from "./reserve";
import { parseTier, TIERS, type TierName } from "./tiers";

/** What a person asks for; everything but the tier has the tier's default. */
export interface PlanRequest {
    readonly tier: string;
    /** Size, size and variant, or Hugging Face repository: see `resolveModel`. */
    readonly model?: string;
    /** A model that is not in the table, read from its own files: see `checkpointModel`. */
    readonly checkpoint?: ResolvedModel;
    readonly precision?: string;
    /** Only this EC2 instance type. */
    readonly instanceType?: string;
    /** Only machines with this GPU; one that EC2 does not rent is planned as a machine of one's own. */
    readonly gpu?: string;
    /** `on-demand`, `spot` or `any` (spot first where it is cheaper). Default: the tier's. */
    readonly market?: string;
    readonly maxModelLen?: number;
    readonly maxNumSeqs?: number;
    readonly maxNumBatchedTokens?: number;
    readonly maxImagePixels?: number;
    readonly tensorParallel?: number;
    /** Most that the run may cost when it lasts until its deadline. */
    readonly budgetUsd?: number;
    /** 1 to 1440. */
    readonly deadlineMinutes?: number;
    readonly region?: string;
    /** Where to go when the region has no capacity, in this order; comma-separated. */
    readonly fallbackRegions?: string;
    /** Availability zone; then no other zone and no other region is a candidate. */
    readonly zone?: string;
    /** What the cloud itself said, a region each. */
    readonly facts?: readonly CloudFacts[];
    /** Earlier runs, whose minutes say more than an estimate. */
    readonly history?: readonly RunRecord[];
    /** Whether something answers in place of AWS: only earlier runs of that kind are alike. */
    readonly emulated?: boolean;
}

/** A question about a run that nobody pays for yet: its budget may be null, which is no limit. */
export type Question = Omit<PlanRequest, "budgetUsd"> & { readonly budgetUsd?: number | null };

/** A checked request with its tier's defaults filled in. */
export interface CheckedRequest {
    readonly tier: TierName;
    readonly model: ResolvedModel;
    readonly instanceType?: InstanceType;
    readonly gpu?: GpuName;
    readonly markets: readonly Market[];
    readonly maxModelLen: number;
    readonly maxNumSeqs: number;
    readonly maxNumBatchedTokens: number;
    readonly maxImagePixels: number;
    readonly tensorParallel?: number;
    /** Infinity: no limit. */
    readonly budgetUsd: number;
    readonly deadlineMinutes?: number;
    /** The run's own region first; null where nobody named one. */
    readonly regions: readonly (string | null)[];
    readonly zone?: string;
    readonly facts: readonly CloudFacts[];
    readonly history: readonly RunRecord[];
    readonly emulated: boolean;
}

/** Tokens; a shorter context holds neither an image nor the suite's questions. */
export const LEAST_CONTEXT = 1024;

/** What `market` may be: one market, or both. */
export const MARKET_CHOICES = [...MARKETS, "any"] as const;

export const DEADLINE_MINUTES = { min: 1, max: 24 * 60 } as const;

/** Between the server's two defaults (2048 and 8192), the same on every GPU. */
const MAX_NUM_BATCHED_TOKENS = 4096;
/** Room that a prompt and an answer need beside an image of the largest size. */
export const TEXT_BESIDE_IMAGE_TOKENS = 512;

/** @throws UserError for the first thing that is unknown, out of bounds or contradictory. */
export function checkRequest(request: Question): CheckedRequest {
    const tierName = parseTier(request.tier);
    const tier = TIERS[tierName];
    const model =
        request.checkpoint ??
        resolveModel(request.model ?? tier.model, request.precision, tier.precision);
    const { maxPositions } = model.geometry;
    const maxModelLen = checkContext(request.maxModelLen, maxPositions);
    const maxImagePixels = whole(
        "maxImagePixels",
        request.maxImagePixels,
        IMAGE.minPixels,
        IMAGE.maxPixels,
    );
    const maxNumSeqs = whole("maxNumSeqs", request.maxNumSeqs, 1, 1024) ?? tier.maxNumSeqs;
    const batched = whole("maxNumBatchedTokens", request.maxNumBatchedTokens, 512, 65_536);
    const context = maxModelLen ?? Math.min(tier.maxModelLen, maxPositions);
    const checked: CheckedRequest = {
        tier: tierName,
        model,
        instanceType: parseInstanceType(request.instanceType),
        gpu: request.gpu === undefined ? undefined : findGpu(request.gpu),
        markets: parseMarkets(request.market, tier.markets),
        maxModelLen: context,
        maxNumSeqs,
        maxNumBatchedTokens: Math.max(maxNumSeqs, batched ?? MAX_NUM_BATCHED_TOKENS),
        // A shorter context than the tier's brings its own, smaller images.
        maxImagePixels:
            maxImagePixels ??
            Math.min(tier.maxImagePixels, largestImagePixels(model.geometry, context)),
        tensorParallel: request.tensorParallel,
        budgetUsd: checkBudget(request.budgetUsd, tier.budgetUsd),
        deadlineMinutes: checkDeadline(request.deadlineMinutes),
        ...parsePlace(request),
        facts: request.facts ?? [],
        history: request.history ?? [],
        emulated: request.emulated ?? false,
    };
    checkImage(checked);
    checkGpu(checked);
    checkTensorParallel(checked);
    return checked;
}

/** @throws UserError for a context that the model does not have. */
function checkContext(wanted: number | undefined, most: number): number | undefined {
    if (wanted !== undefined && Number.isInteger(wanted) && wanted > most)
        throw new UserError(
            `A context of ${wanted} tokens is longer than the model's.`,
            `maxModelLen up to ${most}`,
            "shorten it",
        );
    return whole("maxModelLen", wanted, LEAST_CONTEXT, most);
}

/** @throws UserError for an amount that is not above 0. */
function checkBudget(wanted: number | null | undefined, tiers: number): number {
    if (wanted === null) return Infinity;
    const budgetUsd = wanted ?? tiers;
    if (Number.isFinite(budgetUsd) && budgetUsd > 0) return budgetUsd;
    throw new UserError(
        `The budget is ${budgetUsd} USD.`,
        "an amount above 0",
        `leave it out for the tier's ${tiers} USD`,
    );
}

/** @throws UserError for 0, negative and above 24 hours. */
function checkDeadline(minutes: number | undefined): number | undefined {
    if (minutes === undefined) return undefined;
    if (minutes >= DEADLINE_MINUTES.min && minutes <= DEADLINE_MINUTES.max) return minutes;
    throw new UserError(
        `The deadline is ${minutes} minutes.`,
        `${DEADLINE_MINUTES.min} to ${DEADLINE_MINUTES.max} minutes (24 hours); 0 would mean no run at all`,
        "leave it out for the tier's own deadline",
    );
}

function parseInstanceType(text: string | undefined): InstanceType | undefined {
    if (text === undefined) return undefined;
    if ((INSTANCE_TYPES as string[]).includes(text)) return text as InstanceType;
    const family = INSTANCE_TYPES.filter((type) => type.split(".")[0] === text.split(".")[0]);
    throw new UserError(
        `Unknown GPU instance type "${text}".`,
        (family.length > 0 ? family : INSTANCE_TYPES).join(", "),
        didYouMean(
            text,
            INSTANCE_TYPES,
            "choose one of them, or leave it out for the cheapest that fits",
        ),
    );
}

function parseMarkets(text: string | undefined, tiers: readonly Market[]): readonly Market[] {
    if (text === undefined) return tiers;
    if (text === "any") return ["spot", "on-demand"];
    if ((MARKETS as readonly string[]).includes(text)) return [text as Market];
    throw new UserError(
        `Unknown market "${text}".`,
        MARKET_CHOICES.join(", "),
        `leave it out for the tier's own: ${tiers.join(", then ")}`,
    );
}

function parsePlace({ region, fallbackRegions, zone }: Question) {
    const home = region === undefined ? null : parseRegion(region);
    const others = (fallbackRegions ?? "")
        .split(",")
        .map((text) => text.trim())
        .filter((text) => text !== "")
        .map(parseRegion);
    if (zone === undefined) return { regions: [...new Set([home, ...others])] };
    if (!/^[a-z]{2}(?:-[a-z]+)+-\d[a-z]$/.test(zone) || (home && !zone.startsWith(home)))
        throw new UserError(
            `"${zone}" is not an availability zone${home ? ` of ${home}` : ""}.`,
            `a zone such as ${home ?? "us-east-1"}a`,
            "leave it out, and the cloud chooses one that has the machine",
        );
    // A zone lies in one region: there is nowhere else to go.
    return { regions: [home], zone };
}

function whole(
    name: string,
    value: number | undefined,
    min: number,
    max: number,
): number | undefined {
    if (value === undefined) return undefined;
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new UserError(
        `${name} is ${value}.`,
        `a whole number from ${min} to ${max}`,
        "leave it out for the tier's own",
    );
}

/** Of an image that leaves room for text; any size where the model has its own limit of tokens. */
function largestImagePixels({ vision }: ModelGeometry, maxModelLen: number): number {
    const tokens = maxModelLen - IMAGE.extraTokens - TEXT_BESIDE_IMAGE_TOKENS;
    if (vision.maxImageTokens !== null && vision.maxImageTokens <= tokens) return IMAGE.maxPixels;
    return Math.max(IMAGE.minPixels, tokens * vision.pixelsPerToken);
}

function checkImage({ model, maxImagePixels, maxModelLen }: CheckedRequest): void {
    const { geometry } = model;
    const tokens = imageTokensOf(geometry, maxImagePixels) + IMAGE.extraTokens;
    if (tokens + TEXT_BESIDE_IMAGE_TOKENS <= maxModelLen) return;
    throw new UserError(
        `An image of ${maxImagePixels} pixels takes ${tokens} tokens, and the context has ${maxModelLen}.`,
        `at most ${largestImagePixels(geometry, maxModelLen)} pixels with this context`,
        `lower maxImagePixels, or raise maxModelLen to ${tokens + TEXT_BESIDE_IMAGE_TOKENS} or more`,
    );
}

function checkGpu({ gpu, instanceType }: CheckedRequest): void {
    if (gpu === undefined || instanceType === undefined || INSTANCES[instanceType].gpu === gpu)
        return;
    throw new UserError(
        `${instanceType} has the ${INSTANCES[instanceType].gpu}, not the ${gpu}.`,
        "a GPU or an instance type, or both that go together",
        "leave one of them out",
    );
}

function checkTensorParallel(checked: CheckedRequest): void {
    const { model, tensorParallel, instanceType, gpu } = checked;
    if (tensorParallel === undefined) return;
    const degrees = tensorParallelDegrees(model.geometry, model.precision);
    // A machine of one's own may have any number of GPUs.
    const isOwn = gpu !== undefined && GPUS[gpu].where === "own";
    const gpus = instanceType && !isOwn ? INSTANCES[instanceType].gpuCount : 8;
    const allowed = degrees.filter((degree) => degree <= gpus);
    if (allowed.includes(tensorParallel)) return;
    throw new UserError(
        `Tensor parallelism ${tensorParallel} cannot be used with ${model.id} in ${model.precision}${instanceType ? ` on ${instanceType}, which has ${gpus} GPU${gpus > 1 ? "s" : ""}` : ""}.`,
        allowed.join(", "),
        "leave it out for the smallest that fits",
    );
}
