/** Know before you rent: pure functions and tables, no cloud and no Pulumi. */
export { planRun, type Candidate, type Plan } from "./plan";
export { checkRequest, DEADLINE_MINUTES, type PlanRequest } from "./request";
export { fitOn, type Fit, type Need } from "./fit";
export {
    estimateMemory,
    imageTokens,
    tensorParallelDegrees,
    type MemoryEstimate,
    type MemoryRequest,
} from "./memory";
export { type Minutes } from "./minutes";
export { GPUS, type GpuName } from "./gpus";
export {
    INSTANCES,
    INSTANCE_TYPES,
    MARKETS,
    PRICE_REGION,
    QUOTAS,
    type InstanceType,
    type Market,
} from "./instances";
export {
    knownBuild,
    MODEL_SIZES,
    MODEL_SIZE_NAMES,
    MODEL_VARIANTS,
    resolveModel,
    type ModelSize,
    type ModelVariant,
    type ResolvedModel,
} from "./models";
export { PRECISIONS, PRECISION_NAMES, type Precision } from "./precisions";
export { TIERS, TIER_NAMES, type Tier, type TierName } from "./tiers";
export { serverArgs, SERVER_PORT, type ServerOptions } from "./serverArgs";
