import { GPUS, INSTANCES, INSTANCE_TYPES, PRICE_REGION, type InstanceType } from "../sizing";
import { QUOTA_NAMES, type InstanceShape } from "../sizing/instances";
import { errorText } from "./awsErrors";
import type { Cloud, DescribedType } from "./cloud";

/** A value of the tables that the cloud contradicts. */
export interface Difference {
    /** Instance type or quota code. */
    readonly subject: string;
    readonly field: string;
    readonly table: string;
    readonly cloud: string;
}

export interface TableCheck {
    readonly differences: readonly Difference[];
    /** What could not be compared, a sentence each. */
    readonly notes: readonly string[];
}

/** EC2's own names where they are not the table's. */
const EC2_GPU_NAMES: Readonly<Record<string, string>> = {
    "A100-40GB": "A100",
    "A100-80GB": "A100",
    "RTX PRO 6000": "RTX PRO Server 6000",
};

/**
 * Compares the tables of machines, GPUs, quotas and prices with what the cloud says. Prices are
 * compared in the region that the table's are of; a type that the region lacks is only noted.
 *
 * @example (await checkTables(cloud)).differences.length; // 0
 */
export async function checkTables(cloud: Cloud): Promise<TableCheck> {
    const parts = await Promise.all([
        answered("machines", checkMachines(cloud)),
        answered("quotas", checkQuotas(cloud)),
        cloud.region === PRICE_REGION
            ? answered("prices", checkPrices(cloud))
            : noted(`prices are of ${PRICE_REGION}, and not compared in ${cloud.region}`),
    ]);
    return {
        differences: parts.flatMap(({ differences }) => differences),
        notes: parts.flatMap(({ notes }) => notes),
    };
}

/** What `gpu-ci tables` prints. */
export function tableCheckText({ differences, notes }: TableCheck): string {
    const lines = differences.map(
        ({ subject, field, table, cloud }) => `${subject} ${field}: table ${table}, cloud ${cloud}`,
    );
    const summary =
        differences.length === 0
            ? "The tables agree with the cloud."
            : `${differences.length} to be put right in sizing/.`;
    return [...lines, ...notes.map((note) => `Note: ${note}.`), summary].join("\n");
}

async function checkMachines(cloud: Cloud): Promise<TableCheck> {
    const described = new Map(
        (await cloud.describeTypes(INSTANCE_TYPES)).map((type) => [type.instanceType, type]),
    );
    const missing = INSTANCE_TYPES.filter((type) => !described.has(type));
    return {
        differences: INSTANCE_TYPES.flatMap((type) => {
            const found = described.get(type);
            return found ? machineDifferences(type, found) : [];
        }),
        notes:
            missing.length === 0 ? [] : [`${cloud.region} does not describe ${missing.join(", ")}`],
    };
}

function machineDifferences(type: InstanceType, found: DescribedType): Difference[] {
    const shape: InstanceShape = INSTANCES[type];
    const differs = (field: string, table: string | number, cloud: string | number) =>
        table === cloud
            ? []
            : [{ subject: type, field, table: String(table), cloud: String(cloud) }];
    const offeredGiB = GPUS[shape.gpu].programGiB;
    const existingGiB = found.gpuMemoryMiB / 1024;
    return [
        ...differs("gpu", EC2_GPU_NAMES[shape.gpu] ?? shape.gpu, found.gpu),
        ...differs("gpuCount", shape.gpuCount, found.gpuCount),
        ...differs("vcpus", shape.vcpus, found.vcpus),
        ...differs("ramGiB", shape.ramGiB, found.ramMiB / 1024),
        ...differs("nvmeGB", shape.nvmeGB, found.nvmeGB),
        // A program is offered a little less than there is, never more.
        ...(offeredGiB < existingGiB
            ? []
            : differs("programGiB", offeredGiB, `less than ${existingGiB.toFixed(2)}`)),
    ];
}

async function checkQuotas(cloud: Cloud): Promise<TableCheck> {
    const found = await Promise.all(
        Object.entries(QUOTA_NAMES).map(async ([code, name]) => {
            const quota = await cloud.quota(code);
            const cloudName = quota?.name ?? "no such quota";
            return cloudName === name
                ? []
                : [{ subject: code, field: "name", table: name, cloud: cloudName }];
        }),
    );
    return { differences: found.flat(), notes: [] };
}

async function checkPrices(cloud: Cloud): Promise<TableCheck> {
    const found = await Promise.all(
        INSTANCE_TYPES.map(async (type) => {
            const table = INSTANCES[type].usdPerHour;
            const now = (await cloud.onDemandUsdPerHour(type)) ?? null;
            const shown = (usd: number | null) => (usd === null ? "none" : `${usd} USD an hour`);
            return table === now
                ? []
                : [
                      {
                          subject: type,
                          field: "usdPerHour",
                          table: shown(table),
                          cloud: shown(now),
                      },
                  ];
        }),
    );
    return { differences: found.flat(), notes: [] };
}

async function answered(what: string, check: Promise<TableCheck>): Promise<TableCheck> {
    return check.catch((error: unknown) => noted(`${what} not compared: ${errorText(error)}`));
}

function noted(note: string): TableCheck {
    return { differences: [], notes: [note] };
}
