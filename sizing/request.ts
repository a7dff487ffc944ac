import { UserError } from "../common/userError";
import { INSTANCES, INSTANCE_TYPES, MARKETS, type InstanceType, type Market } from "./instances";
import { imageTokens, tensorParallelDegrees } from "./memory";
import { IMAGE, MAX_POSITIONS, resolveModel, type ResolvedModel } from "./models";
import { parseTier, TIERS, type TierName } from "./tiers";

/** What a person asks for; everything but the tier has the tier's default. */
export interface PlanRequest {
    readonly tier: string;
    /** Size, size and variant, or Hugging Face repository: see `resolveModel`. */
    readonly model?: string;
    readonly precision?: string;
    /** Only this EC2 instance type. */
    readonly instanceType?: string;
    /** `on-demand` (default) or `spot`. */
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
    /** Prices are those of us-east-1; another region is noted in the plan. */
    readonly region?: string;
}

/** A checked request with its tier's defaults filled in. */
export interface CheckedRequest {
    readonly tier: TierName;
    readonly model: ResolvedModel;
    readonly instanceType?: InstanceType;
    readonly market: Market;
    readonly maxModelLen: number;
    readonly maxNumSeqs: number;
    readonly maxNumBatchedTokens: number;
    readonly maxImagePixels: number;
    readonly tensorParallel?: number;
    readonly budgetUsd: number;
    readonly deadlineMinutes?: number;
    readonly region?: string;
}

export const DEADLINE_MINUTES = { min: 1, max: 24 * 60 } as const;

/** Between the server's two defaults (2048 and 8192), the same on every GPU. */
const MAX_NUM_BATCHED_TOKENS = 4096;
/** Room that a prompt and an answer need beside an image of the largest size. */
const TEXT_BESIDE_IMAGE_TOKENS = 512;

/** @throws UserError for the first thing that is unknown, out of bounds or contradictory. */
export function checkRequest(request: PlanRequest): CheckedRequest {
    const tierName = parseTier(request.tier);
    const tier = TIERS[tierName];
    const model = resolveModel(request.model ?? tier.model, request.precision, tier.precision);
    const maxModelLen = whole("maxModelLen", request.maxModelLen, 1024, MAX_POSITIONS);
    const maxImagePixels = whole(
        "maxImagePixels",
        request.maxImagePixels,
        IMAGE.minPixels,
        IMAGE.maxPixels,
    );
    const maxNumSeqs = whole("maxNumSeqs", request.maxNumSeqs, 1, 1024) ?? tier.maxNumSeqs;
    const batched = whole("maxNumBatchedTokens", request.maxNumBatchedTokens, 512, 65_536);
    const budgetUsd = request.budgetUsd ?? tier.budgetUsd;
    if (!(Number.isFinite(budgetUsd) && budgetUsd > 0)) {
        throw new UserError(
            `The budget is ${budgetUsd} USD.`,
            "an amount above 0",
            `leave it out for the tier's ${tier.budgetUsd} USD`,
        );
    }
    const context = maxModelLen ?? tier.maxModelLen;
    const checked: CheckedRequest = {
        tier: tierName,
        model,
        instanceType: parseInstanceType(request.instanceType),
        market: parseMarket(request.market),
        maxModelLen: context,
        maxNumSeqs,
        maxNumBatchedTokens: Math.max(maxNumSeqs, batched ?? MAX_NUM_BATCHED_TOKENS),
        // A shorter context than the tier's brings its own, smaller images.
        maxImagePixels:
            maxImagePixels ?? Math.min(tier.maxImagePixels, largestImagePixels(context)),
        tensorParallel: request.tensorParallel,
        budgetUsd,
        deadlineMinutes: checkDeadline(request.deadlineMinutes),
        region: parseRegion(request.region),
    };
    checkImage(checked);
    checkTensorParallel(checked);
    return checked;
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
        "choose one of them, or leave it out for the cheapest that fits",
    );
}

function parseMarket(text: string | undefined): Market {
    if (text === undefined) return "on-demand";
    if ((MARKETS as readonly string[]).includes(text)) return text as Market;
    throw new UserError(
        `Unknown market "${text}".`,
        MARKETS.join(", "),
        "leave it out for on-demand",
    );
}

function parseRegion(text: string | undefined): string | undefined {
    if (text === undefined || /^[a-z]{2}(?:-[a-z]+)+-\d$/.test(text)) return text;
    throw new UserError(
        `"${text}" is not a region.`,
        "an AWS region code such as us-east-1 or eu-central-1",
        "leave it out for us-east-1",
    );
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

function largestImagePixels(maxModelLen: number): number {
    const tokens = maxModelLen - IMAGE.extraTokens - TEXT_BESIDE_IMAGE_TOKENS;
    return Math.max(IMAGE.minPixels, tokens * IMAGE.pixelsPerToken);
}

function checkImage({ maxImagePixels, maxModelLen }: CheckedRequest): void {
    const tokens = imageTokens(maxImagePixels) + IMAGE.extraTokens;
    if (tokens + TEXT_BESIDE_IMAGE_TOKENS <= maxModelLen) return;
    throw new UserError(
        `An image of ${maxImagePixels} pixels takes ${tokens} tokens, and the context has ${maxModelLen}.`,
        `at most ${largestImagePixels(maxModelLen)} pixels with this context`,
        `lower maxImagePixels, or raise maxModelLen to ${tokens + TEXT_BESIDE_IMAGE_TOKENS} or more`,
    );
}

function checkTensorParallel({ model, tensorParallel, instanceType }: CheckedRequest): void {
    if (tensorParallel === undefined) return;
    const degrees = tensorParallelDegrees(model.geometry, model.precision);
    const gpus = instanceType ? INSTANCES[instanceType].gpuCount : 8;
    const allowed = degrees.filter((degree) => degree <= gpus);
    if (allowed.includes(tensorParallel)) return;
    throw new UserError(
        `Tensor parallelism ${tensorParallel} cannot be used with Qwen3-VL ${model.size} in ${model.precision}${instanceType ? ` on ${instanceType}, which has ${gpus} GPU${gpus > 1 ? "s" : ""}` : ""}.`,
        allowed.join(", "),
        "leave it out for the smallest that fits",
    );
}
