import { UserError } from "../common/userError";
import { fitOn, type Fit, type Need } from "./fit";
import { GPUS, type GpuName } from "./gpus";
import {
    INSTANCES,
    INSTANCE_TYPES,
    PRICE_REGION,
    QUOTAS,
    type InstanceType,
    type Market,
} from "./instances";
import type { Rung } from "./ladder";
import { weightBytes, type MemoryEstimate } from "./memory";
import { estimateMinutes, volumeGiB, type Minutes } from "./minutes";
import { BYTES_PER_LINEAR, knownBuild, type ModelSize } from "./models";
import type { ModelVariant, ResolvedModel } from "./models";
import {
    isQuantised,
    PRECISIONS,
    PRECISION_NAMES,
    serverDtype,
    type Precision,
} from "./precisions";
import { ASSUMED_SPOT_SHARE, ceilingUsd, expectedUsd, usdPerHour } from "./price";
import { checkRequest, DEADLINE_MINUTES, type CheckedRequest, type PlanRequest } from "./request";
import { serverArgs, SERVER_PORT } from "./serverArgs";
import { TIERS, type TierName } from "./tiers";

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
    /** Expected price of the whole run; never above the ceiling. */
    readonly expectedUsd: number;
    /** Price when the run lasts until its deadline. */
    readonly ceilingUsd: number;
    readonly minutes: Minutes;
    /** EC2 service quota (in vCPUs) that a launch counts against. */
    readonly quotaCode: string;
}

/**
 * What a run will use, known before anything is rented. Plain data: survives JSON. Everything that
 * is not in `candidates` describes the first of them; for another one, plan again with its
 * `instanceType`, since the server's arguments depend on the GPU.
 */
export interface Plan {
    readonly tier: TierName;
    readonly model: {
        readonly id: string;
        readonly size: ModelSize;
        readonly variant: ModelVariant;
    };
    readonly precision: Precision;
    readonly gpu: { readonly name: GpuName; readonly count: number; readonly memoryGiB: number };
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
    /** Cheapest expected price first; never empty. */
    readonly candidates: readonly Candidate[];
    readonly minutes: Minutes;
    readonly deadlineMinutes: number;
    readonly budgetUsd: number;
    readonly price: {
        readonly expectedUsd: number;
        readonly ceilingUsd: number;
        readonly priceUsdPerHour: number;
    };
    /** Least root volume for AMI, image and weights. */
    readonly volumeGiB: number;
    /** Assumptions and warnings, a sentence each. */
    readonly notes: readonly string[];
}

/** More than these are not worth a try each when capacity is short. */
const MOST_CANDIDATES = 12;

/** A deadline leaves this much more than the expected minutes. */
const DEADLINE_MARGIN = 1.5;

/**
 * Plans a run: which machine, how the server is started, how long, at what price. Pure; asks no
 * cloud.
 *
 * Without `instanceType` only machines are taken on which everything fits even at the high end of
 * the memory estimate; with it, the machine may also be a tight fit, and the notes say so.
 *
 * @throws UserError for an unknown or contradictory request, when nothing fits (it says what
 *     would), and when the budget does not cover the run until its deadline.
 * @example planRun({ tier: "commit" }).candidates[0].instanceType; // "g6.xlarge"
 */
export function planRun(request: PlanRequest): Plan {
    const checked = checkRequest(request);
    const fitting = fittingMachines(checked);
    if (fitting.length === 0) throw nothingFits(checked);

    const priced = fitting.flatMap((fit) => candidate(fit, checked) ?? []).sort(byPrice);
    if (priced.length === 0) throw nothingSold(checked, fitting);
    const affordable = priced.filter((machine) => machine.ceilingUsd <= checked.budgetUsd);
    if (affordable.length === 0) throw overBudget(checked, priced[0]);

    const [first] = affordable;
    const fit = fitting.find(({ instanceType }) => instanceType === first.instanceType) as Fit;
    const { model, maxModelLen, maxNumSeqs, maxNumBatchedTokens, maxImagePixels } = checked;
    const limits = { maxModelLen, maxNumSeqs, maxNumBatchedTokens, maxImagePixels };
    const { tensorParallel } = fit;
    return {
        tier: checked.tier,
        model: { id: model.id, size: model.size, variant: model.variant },
        precision: model.precision,
        gpu: { name: first.gpuName, count: first.gpuCount, memoryGiB: first.gpuMemoryGiB },
        memory: fit.memory,
        server: {
            args: serverArgs({
                modelId: model.id,
                precision: model.precision,
                computeCapability: GPUS[first.gpuName].computeCapability,
                tensorParallel,
                ...limits,
            }),
            ladder: [],
            servedModelName: model.id,
            port: SERVER_PORT,
            tensorParallel,
            ...limits,
        },
        candidates: affordable.slice(0, MOST_CANDIDATES),
        minutes: first.minutes,
        deadlineMinutes: deadline(checked, first.minutes),
        budgetUsd: checked.budgetUsd,
        price: {
            expectedUsd: first.expectedUsd,
            ceilingUsd: first.ceilingUsd,
            priceUsdPerHour: first.priceUsdPerHour,
        },
        volumeGiB: volumeGiB(weightBytes(model.geometry, model.precision, model.bytesPerLinear, 1)),
        notes: notes(checked, first, fit, priced.length - affordable.length),
    };
}

function fittingMachines(checked: CheckedRequest): Fit[] {
    // Candidates stand in for one another, so they all compute in the same type: a GPU without
    // bfloat16 is taken for a quantised build only where it is asked for by name.
    const types = checked.instanceType
        ? [checked.instanceType]
        : INSTANCE_TYPES.filter((type) => !computesInFloat16(type, checked.model.precision));
    return types
        .flatMap((type) => fitOn(type, checked) ?? [])
        .filter(
            ({ memory }) =>
                memory.fits === "yes" ||
                (memory.fits === "tight" && checked.instanceType !== undefined),
        );
}

/** True where a precision that runs in bfloat16 elsewhere has to run in float16. */
function computesInFloat16(type: InstanceType, precision: Precision): boolean {
    const { computeCapability } = GPUS[INSTANCES[type].gpu];
    return precision !== "fp16" && serverDtype(precision, computeCapability) === "float16";
}

function candidate(fit: Fit, checked: CheckedRequest): Candidate | undefined {
    const { instanceType, tensorParallel, memory } = fit;
    const shape = INSTANCES[instanceType];
    const quotaCode = QUOTAS[shape.quota][checked.market];
    const hourly = usdPerHour(instanceType, checked.market);
    if (quotaCode === null || hourly === undefined) return undefined;
    const { model } = checked;
    const minutes = estimateMinutes(
        TIERS[checked.tier].suiteMinutes,
        { ...model, geometry: model.geometry },
        shape.gpu,
        tensorParallel,
    );
    const ceiling = ceilingUsd(instanceType, deadline(checked, minutes));
    return {
        instanceType,
        market: checked.market,
        region: null,
        zone: null,
        gpuName: shape.gpu,
        gpuCount: shape.gpuCount,
        gpuMemoryGiB: GPUS[shape.gpu].programGiB,
        tensorParallel,
        fits: memory.fits === "yes" ? "yes" : "tight",
        vcpus: shape.vcpus,
        priceUsdPerHour: hourly,
        expectedUsd: Math.min(expectedUsd(hourly, checked.market, minutes.total), ceiling),
        ceilingUsd: ceiling,
        minutes,
        quotaCode,
    };
}

/** Cheapest first; of equal price the smaller machine, then by name, so that a plan is repeatable. */
function byPrice(a: Candidate, b: Candidate): number {
    return (
        a.expectedUsd - b.expectedUsd ||
        a.vcpus - b.vcpus ||
        a.instanceType.localeCompare(b.instanceType, "en")
    );
}

function deadline(checked: CheckedRequest, minutes: Minutes): number {
    if (checked.deadlineMinutes !== undefined) return checked.deadlineMinutes;
    const enough = Math.ceil(minutes.total * DEADLINE_MARGIN);
    return Math.min(DEADLINE_MINUTES.max, Math.max(TIERS[checked.tier].deadlineMinutes, enough));
}

function notes(
    checked: CheckedRequest,
    first: Candidate,
    { memory }: Fit,
    tooDear: number,
): string[] {
    const { model } = checked;
    const gpu = GPUS[first.gpuName];
    const said: string[] = [...model.notes];
    if (
        isQuantised(model.precision) &&
        gpu.computeCapability < PRECISIONS[model.precision].nativeFrom
    )
        said.push(
            `${first.gpuName} has no ${model.precision} units: the weights are stored in ${model.precision} and computed in 16 bit.`,
        );
    if (computesInFloat16(first.instanceType, model.precision))
        said.push(
            `${first.gpuName} has no bfloat16: the server computes in float16, and its answers may differ from those on other GPUs.`,
        );
    if (memory.fits === "tight")
        said.push(
            `Tight on ${first.instanceType}: ${memory.maxSequences} of ${checked.maxNumSeqs} full-length sequences are expected at once, and the server may not start if the reserve is nearer ${memory.reserveRangeGiB[1]} than ${memory.reserveGiB} GiB.`,
        );
    if (!gpu.measured)
        said.push(`The memory that a program sees on ${first.gpuName} is not measured.`);
    if (checked.deadlineMinutes !== undefined && checked.deadlineMinutes < first.minutes.total)
        said.push(
            `The deadline of ${checked.deadlineMinutes} minutes is shorter than the ${first.minutes.total} minutes that this run is expected to take.`,
        );
    if (tooDear > 0)
        said.push(
            `${tooDear} more machine type${tooDear === 1 ? "" : "s"} would fit, but not the budget of ${checked.budgetUsd} USD until the deadline.`,
        );
    if (checked.market === "spot")
        said.push(
            `Spot prices are assumed at ${ASSUMED_SPOT_SHARE * 100} % of on-demand; the ceiling counts with on-demand.`,
        );
    if (checked.region !== undefined && checked.region !== PRICE_REGION)
        said.push(
            `Prices are those of ${PRICE_REGION}; ${checked.region} has its own, and may not offer every type.`,
        );
    return said;
}

function nothingFits(checked: CheckedRequest): UserError {
    const { model, instanceType, maxModelLen, maxNumSeqs } = checked;
    const what = `Qwen3-VL ${model.size} in ${model.precision} with a context of ${maxModelLen} and ${maxNumSeqs} sequence${maxNumSeqs === 1 ? "" : "s"}`;
    const where = instanceType
        ? `${instanceType} (${INSTANCES[instanceType].gpuCount} x ${INSTANCES[instanceType].gpu})`
        : "any machine of the table";
    const here = instanceType ? fitOn(instanceType, checked) : undefined;
    const why =
        instanceType && !here
            ? `the GPU cannot run ${model.precision}`
            : here
              ? `each GPU offers the server ${here.memory.availableGiB} GiB, of which loading takes ${here.memory.loadGiB} and the reserve ${here.memory.reserveGiB}`
              : "each of them is too small";
    return new UserError(
        `${what} does not fit on ${where}: ${why}.`,
        whatWouldFit(checked, here).join("; ") || undefined,
        "choose one of these, or a smaller model",
    );
}

/** Ways out, the one that changes least first. */
function whatWouldFit(checked: CheckedRequest, here: Fit | undefined): string[] {
    const { model } = checked;
    const ways: string[] = [];
    const withLess = (change: Partial<Need>) => fittingMachines({ ...checked, ...change })[0];
    if (here && here.memory.maxModelLen >= 1024)
        ways.push(`a context of at most ${here.memory.maxModelLen} on this machine`);
    if (!checked.instanceType && checked.maxNumSeqs > 1 && withLess({ maxNumSeqs: 1 }))
        ways.push(`maxNumSeqs 1 on ${withLess({ maxNumSeqs: 1 }).instanceType}`);
    const smaller = PRECISION_NAMES.filter(
        (precision) =>
            PRECISIONS[precision].bitsPerLinear < PRECISIONS[model.precision].bitsPerLinear,
    ).filter((precision) => withLess({ model: inPrecision(model, precision) }));
    const known = smaller.filter((precision) => knownBuild(model.size, model.variant, precision));
    if (known.length > 0) ways.push(`precision ${known.join(" or ")}`);
    if (checked.instanceType) {
        const elsewhere = fittingMachines({ ...checked, instanceType: undefined })
            .flatMap((fit) => candidate(fit, checked) ?? [])
            .sort(byPrice)[0];
        if (elsewhere) ways.push(`instance type ${elsewhere.instanceType}`);
    }
    return ways;
}

function inPrecision(model: ResolvedModel, precision: Precision): ResolvedModel {
    const build = knownBuild(model.size, model.variant, precision);
    return {
        ...model,
        precision,
        bytesPerLinear: build?.bytesPerLinear ?? BYTES_PER_LINEAR[precision],
    };
}

function nothingSold(checked: CheckedRequest, fitting: readonly Fit[]): UserError {
    const types = fitting.map(({ instanceType }) => instanceType).join(", ");
    return new UserError(
        `${types}: no ${checked.market} price or quota is known.`,
        checked.market === "spot" ? "on-demand, or a smaller machine" : "another instance type",
        checked.market === "spot" ? "pass --market on-demand" : "leave the instance type out",
    );
}

function overBudget(checked: CheckedRequest, cheapest: Candidate): UserError {
    const minutes = deadline(checked, cheapest.minutes);
    const affordableMinutes = Math.floor((checked.budgetUsd / cheapest.ceilingUsd) * minutes);
    const shorter =
        affordableMinutes >= Math.max(DEADLINE_MINUTES.min, cheapest.minutes.total)
            ? ` or deadlineMinutes to at most ${affordableMinutes}`
            : "";
    const least = Math.ceil(cheapest.ceilingUsd * 100) / 100;
    return new UserError(
        `The budget of ${checked.budgetUsd} USD does not cover this run: on ${cheapest.instanceType}, the cheapest that fits, it is expected to cost ${cheapest.expectedUsd.toFixed(2)} USD, and up to ${least.toFixed(2)} USD until its deadline of ${minutes} minutes.`,
        `a budget of ${least.toFixed(2)} USD or more`,
        `set budgetUsd to that${shorter}, or choose a smaller model or precision`,
    );
}
