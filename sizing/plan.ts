import { UserError } from "../common/userError";
import {
    computesInFloat16,
    deadlineMinutes,
    listCandidates,
    minutesOn,
    type Candidate,
    type CandidateList,
    type Skipped,
} from "./candidates";
import { UNNAMED_MODEL } from "./checkpoint";
import { fitOn, type Fit } from "./fit";
import { GPUS, type GpuName } from "./gpus";
import { PRICE_REGION } from "./instances";
import { ladderOf, type Rung } from "./ladder";
import { tensorParallelDegrees, weightBytes, type MemoryEstimate } from "./memory";
import { volumeGiB, type Minutes } from "./minutes";
import type { ModelSize, ModelVariant } from "./models";
import { nextLowerPrecision } from "./otherPrecision";
import { isQuantised, PRECISIONS, type Precision } from "./precisions";
import { regionFactor } from "./price";
import { planRefusal } from "./refusal";
import { checkRequest, type CheckedRequest, type PlanRequest, type Question } from "./request";
import { serverArgs, SERVER_PORT, type ServerOptions } from "./serverArgs";
import { TIERS, type TierName } from "./tiers";

/**
 * Whether a model fits, where, for how long and at what price. Plain data: survives JSON.
 *
 * Everything that is not in `candidates` describes the first of them, or, without candidates, the
 * GPU that was named or comes nearest. For another candidate plan again with its `instanceType`,
 * since the server's arguments depend on the GPU.
 */
export interface Assessment {
    readonly tier: TierName;
    readonly model: {
        readonly id: string;
        /** Null: a model that is not in the table. */
        readonly size: ModelSize | null;
        readonly variant: ModelVariant | null;
    };
    readonly precision: Precision;
    /** Whether the model fits on the GPU below, rented or not. */
    readonly fits: boolean;
    /** Why the first candidate is the first, and why cheaper machines are none. */
    readonly reasons: readonly string[];
    readonly gpu: {
        readonly name: GpuName;
        readonly count: number;
        readonly memoryGiB: number;
        /** `own`: EC2 does not rent it. */
        readonly where: "ec2" | "own";
    };
    readonly memory: MemoryEstimate;
    readonly server: {
        /** Arguments after the image's entrypoint `vllm serve`, the model first. */
        readonly args: readonly string[];
        readonly servedModelName: string;
        readonly port: number;
        /** What the machine tries next, in order, when the server runs out of memory. */
        readonly ladder: readonly Rung[];
        readonly tensorParallel: number;
        readonly maxModelLen: number;
        readonly maxNumSeqs: number;
        readonly maxNumBatchedTokens: number;
        readonly maxImagePixels: number;
    };
    /** In the order in which they are tried; empty: nothing can be rented. */
    readonly candidates: readonly Candidate[];
    readonly minutes: Minutes;
    readonly deadlineMinutes: number;
    /** Null: no limit. */
    readonly budgetUsd: number | null;
    /** Null: nothing can be rented. */
    readonly price: {
        readonly expectedUsd: number;
        readonly ceilingUsd: number;
        readonly priceUsdPerHour: number;
    } | null;
    /** Least root volume for AMI, image and weights. */
    readonly volumeGiB: number;
    /** Assumptions and warnings, a sentence each. */
    readonly notes: readonly string[];
}

/** What a run will use, known before anything is rented: an assessment with a machine to rent. */
export interface Plan extends Assessment {
    readonly candidates: readonly [Candidate, ...Candidate[]];
    readonly price: NonNullable<Assessment["price"]>;
    readonly budgetUsd: number;
}

/**
 * Plans a run: which machine, how the server is started, how long, at what price. Pure; asks no
 * cloud.
 *
 * Without an instance type or GPU by name only machines are taken on which everything fits even at
 * the high end of the memory estimate; with it, the machine may also be a tight fit, and the notes
 * say so.
 *
 * @throws UserError for an unknown or contradictory request, when nothing fits (it says what
 *     would), and when the budget does not cover the run until its deadline.
 * @example planRun({ tier: "commit" }).candidates[0].instanceType; // "g6.xlarge"
 */
export function planRun(request: PlanRequest): Plan {
    const { assessment, refusal } = assess(request);
    if (assessment.model.id === UNNAMED_MODEL)
        throw new UserError(
            "A model that was read from files alone cannot be served.",
            "its Hugging Face repository beside the files",
            "name it with --model owner/name; gpu-ci plan answers without",
        );
    if (refusal !== undefined) throw refusal;
    return assessment as Plan;
}

/**
 * As `planRun`, for whoever wants the answer also where it is no.
 *
 * @returns the assessment, and what `planRun` would throw where nothing can be rented.
 * @throws UserError for an unknown or contradictory request.
 */
export function assess(request: Question): {
    readonly assessment: Assessment;
    readonly refusal?: UserError;
} {
    const checked = checkRequest(request);
    const own = ownGpu(checked);
    const list = own ? { candidates: [], skipped: [], fits: [] } : listCandidates(checked);
    const { candidates, skipped } = list;
    const first = candidates.at(0);
    const fit = own ?? fitOf(first, list);
    const { model, maxModelLen, maxNumSeqs, maxNumBatchedTokens, maxImagePixels } = checked;
    const limits = { maxModelLen, maxNumSeqs, maxNumBatchedTokens, maxImagePixels };
    const { tensorParallel } = fit;
    const server: ServerOptions = {
        modelId: model.id,
        precision: model.precision,
        computeCapability: GPUS[fit.gpu].computeCapability,
        tensorParallel,
        ...limits,
    };
    const minutes = first?.minutes ?? minutesOn(fit, checked);
    const assessment: Assessment = {
        tier: checked.tier,
        model: { id: model.id, size: model.size, variant: model.variant },
        precision: model.precision,
        fits: fit.fits !== "no",
        reasons: reasons(first, fit, skipped),
        gpu: {
            name: fit.gpu,
            count: fit.gpuCount,
            memoryGiB: GPUS[fit.gpu].programGiB,
            where: GPUS[fit.gpu].where,
        },
        memory: fit.memory,
        server: {
            args: serverArgs(server),
            servedModelName: model.id,
            port: SERVER_PORT,
            ladder: ladderOf(server, TIERS[checked.tier].ladder, lowerPrecision(server, checked)),
            tensorParallel,
            ...limits,
        },
        candidates,
        minutes,
        deadlineMinutes: deadlineMinutes(checked, minutes),
        budgetUsd: Number.isFinite(checked.budgetUsd) ? checked.budgetUsd : null,
        price: first
            ? {
                  expectedUsd: first.expectedUsd,
                  ceilingUsd: first.ceilingUsd,
                  priceUsdPerHour: first.priceUsdPerHour,
              }
            : null,
        volumeGiB: volumeGiB(weightBytes(model.geometry, model.precision, model.bytesPerLinear, 1)),
        notes: notes(checked, fit, minutes, first),
    };
    return {
        assessment,
        ...(first === undefined && { refusal: planRefusal(checked, list, own) }),
    };
}

/** A GPU that EC2 does not rent: a machine of one's own with as many of them as are wanted. */
function ownGpu(checked: CheckedRequest): Fit | undefined {
    const { gpu, tensorParallel } = checked;
    if (gpu === undefined || GPUS[gpu].where !== "own") return undefined;
    return fitOn({ gpu, gpuCount: tensorParallel ?? 1 }, checked);
}

/**
 * The first candidate's fit; without one, that of the cheapest machine that is refused for another
 * reason than memory, else of the one that comes nearest.
 */
function fitOf(first: Candidate | undefined, { fits, skipped }: CandidateList): Fit {
    const refused = skipped
        .flatMap(({ kind, offer }) => (kind !== "choice" && offer ? [offer] : []))
        .sort((a, b) => a.expectedUsd - b.expectedUsd)
        .at(0);
    const chosen = fits.find(
        ({ instanceType }) => instanceType === (first ?? refused)?.instanceType,
    );
    const nearest = [...fits].sort(
        (a, b) =>
            RANK[a.fits] - RANK[b.fits] ||
            b.memory.leftGiB * b.tensorParallel - a.memory.leftGiB * a.tensorParallel,
    );
    return chosen ?? nearest[0];
}

const RANK = { yes: 0, tight: 1, no: 2 } as const;

/** The next lower precision of the same model, for the last rung that a machine can climb down. */
function lowerPrecision(
    server: ServerOptions,
    { model }: CheckedRequest,
): ServerOptions | undefined {
    const lower = nextLowerPrecision(model);
    const degrees = lower ? tensorParallelDegrees(model.geometry, lower.precision) : [];
    if (lower === undefined || !degrees.includes(server.tensorParallel)) return undefined;
    return { ...server, modelId: lower.id, precision: lower.precision };
}

function reasons(first: Candidate | undefined, fit: Fit, skipped: readonly Skipped[]): string[] {
    const said: string[] = [];
    if (fit.why !== undefined) said.push(`${fit.gpuCount} x ${fit.gpu}: ${fit.why}.`);
    if (first !== undefined)
        said.push(
            `${first.instanceType} ${first.market} is the cheapest expected run of those on which everything fits.`,
        );
    const price = first?.expectedUsd ?? Infinity;
    const passedOver = skipped.filter(({ offer }) => (offer?.expectedUsd ?? 0) < price);
    for (const [reason, machines] of byReason(passedOver))
        said.push(`Not ${machines.join(", ")}: ${reason}.`);
    return said;
}

/** Machines that are passed over for the same reason are named together. */
function byReason(skipped: readonly Skipped[]): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const { instanceType, market, offer, reason } of skipped) {
        const usd = offer ? ` (${offer.expectedUsd.toFixed(2)} USD)` : "";
        const others = groups.get(reason) ?? [];
        groups.set(reason, [...others, `${instanceType} ${market}${usd}`]);
    }
    return groups;
}

function notes(
    checked: CheckedRequest,
    fit: Fit,
    minutes: Minutes,
    first: Candidate | undefined,
): string[] {
    const { model, regions } = checked;
    const { memory } = fit;
    const gpu = GPUS[fit.gpu];
    const said: string[] = [...model.notes];
    if (
        isQuantised(model.precision) &&
        gpu.computeCapability < PRECISIONS[model.precision].nativeFrom
    )
        said.push(
            `${fit.gpu} has no ${model.precision} units: the weights are stored in ${model.precision} and computed in 16 bit.`,
        );
    if (computesInFloat16(fit.gpu, model.precision))
        said.push(
            `${fit.gpu} has no bfloat16: the server computes in float16, and its answers may differ from those on other GPUs.`,
        );
    if (fit.fits === "tight")
        said.push(
            `Tight on ${first?.instanceType ?? fit.gpu}: ${memory.maxSequences} of ${checked.maxNumSeqs} full-length sequences are expected at once, and the server may not start if the reserve is nearer ${memory.reserveRangeGiB[1]} than ${memory.reserveGiB} GiB.`,
        );
    if (!gpu.measured) said.push(`The memory that a program sees on ${fit.gpu} is not measured.`);
    if (checked.deadlineMinutes !== undefined && checked.deadlineMinutes < minutes.total)
        said.push(
            `The deadline of ${checked.deadlineMinutes} minutes is shorter than the ${minutes.total} minutes that this run is expected to take.`,
        );
    if (first?.market === "spot")
        said.push(
            "Spot prices move, and a spot machine can be taken away: the expected price includes that risk, the ceiling counts with on-demand.",
        );
    for (const region of regions)
        if (region !== null && region !== PRICE_REGION)
            said.push(
                regionFactor(region) === 1
                    ? `Prices are those of ${PRICE_REGION}; ${region} has its own.`
                    : `Prices in ${region} are ${PRICE_REGION}'s times ${regionFactor(region)}, the usual ratio.`,
            );
    return said;
}
