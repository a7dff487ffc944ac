/** Know before you rent: pure functions and tables, no cloud and no Pulumi. */
export { assess, planRun, type Assessment, type Plan } from "./plan";
export { type Candidate } from "./candidates";
export { checkRequest, DEADLINE_MINUTES, MARKET_CHOICES, type PlanRequest } from "./request";
export { quotaLink } from "./refusal";
export { parseRegion, REGIONS, type Region } from "./regions";
export { fitOn, type Fit, type GpuShape, type Need } from "./fit";
export {
    alwaysOnUsdPerMonth,
    compareWithOwnServer,
    type OwnServerComparison,
    type OwnServerInputs,
} from "./ownServer";
export { checkpointModel } from "./checkpoint";
export { type CloudFacts } from "./facts";
export { type RunRecord } from "./history";
export { type Rung, type OomFailure } from "./ladder";
export {
    estimateMemory,
    imageTokens,
    tensorParallelDegrees,
    type MemoryEstimate,
    type MemoryRequest,
} from "./memory";
export { type Minutes } from "./minutes";
export { findGpu, GPUS, type GpuName } from "./gpus";
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
