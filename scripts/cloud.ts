/** What the driver asks the cloud. `awsCloud.ts` answers; tests answer with a fake. */
export interface Cloud {
    readonly region: string;

    /** Who is asking. Throws when there are no credentials that work. */
    caller(): Promise<{ account: string; arn: string }>;

    /**
     * How many seconds this computer's clock is ahead of the cloud's, to a second or so; negative when
     * it is behind, undefined when the cloud does not tell its time.
     */
    clockAheadSeconds(): Promise<number | undefined>;

    /** Machines of ours in every state, those that ended within the last hour or so included. */
    machines(query: RunQuery): Promise<Machine[]>;

    /**
     * Ends one machine, without waiting for its operating system: one id a call, because a single
     * wrong id fails a whole TerminateInstances call.
     *
     * @returns "already-gone" when the cloud no longer knows it, or refuses (403) and shows it as ended.
     */
    terminate(instanceId: string): Promise<"ended" | "already-gone">;

    /** What a machine last wrote to its console; empty where the cloud has nothing of it. */
    consoleOutput(instanceId: string): Promise<string>;

    /** Everything of ours that is not a machine, found by tag; schedules by their name. */
    resources(query: RunQuery): Promise<ResourceAnswer>;

    /** Removes one of them. Gone already counts as removed. */
    remove(resource: CloudResource): Promise<void>;

    roleExists(name: string): Promise<boolean>;
    instanceProfileExists(name: string): Promise<boolean>;
    stateMachineExists(name: string): Promise<boolean>;
    /** A schedule of the default group. */
    scheduleExists(name: string): Promise<boolean>;
    /** Value of a public SSM parameter, undefined when there is none of that name. */
    parameter(name: string): Promise<string | undefined>;

    /** An EC2 service quota in vCPUs: the account's own, else AWS's starting value. */
    quota(code: string): Promise<Quota | undefined>;
    /** vCPUs of the account's machines in this region, by quota code; GPU families only. */
    vcpusInUse(): Promise<Record<string, number>>;
    /** Availability zones that offer each of the types, sorted; none: the region does not. */
    zonesOffering(instanceTypes: readonly string[]): Promise<Record<string, string[]>>;
    /** Spot prices at this moment, Linux, a row for each type and zone that has one. */
    spotPrices(instanceTypes: readonly string[]): Promise<SpotPrice[]>;
    /** What the machines are; a type that the region does not offer is absent. */
    describeTypes(instanceTypes: readonly string[]): Promise<DescribedType[]>;
    /** On-demand price in this region, Linux, shared tenancy; undefined where none is listed. */
    onDemandUsdPerHour(instanceType: string): Promise<number | undefined>;

    /** An object of a bucket, undefined when there is none. Throws for one of more than `mostBytes`. */
    storedObject(bucket: string, key: string, mostBytes: number): Promise<StoredObject | undefined>;
    /** Keys of a bucket that begin so. */
    storedKeys(bucket: string, prefix: string): Promise<string[]>;
}

/** What a machine has pushed to a bucket. */
export interface StoredObject {
    readonly bytes: Uint8Array;
    /** The machine, as it said itself. */
    readonly instanceId: string | undefined;
}

export interface Quota {
    readonly name: string;
    readonly vcpus: number;
}

export interface SpotPrice {
    readonly instanceType: string;
    readonly zone: string;
    readonly usdPerHour: number;
}

/** An instance type as the cloud describes it; 0 and "" where it does not tell. */
export interface DescribedType {
    readonly instanceType: string;
    readonly vcpus: number;
    readonly ramMiB: number;
    readonly nvmeGB: number;
    /** EC2's own name of the GPU, such as "A10G" or "RTX PRO Server 6000". */
    readonly gpu: string;
    readonly gpuCount: number;
    readonly gpuMemoryMiB: number;
}

/** Which of our things; without `runId`, those of every run. */
export interface RunQuery {
    readonly runId?: string;
    /** Only these attempts of the run; another driver may be at work on a later one. */
    readonly attempts?: readonly number[];
}

export type MachineState =
    "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

/** A machine as the cloud describes it. */
export interface Machine {
    readonly instanceId: string;
    readonly state: MachineState;
    readonly instanceType: string;
    readonly market: "on-demand" | "spot";
    /** Availability zone. */
    readonly zone?: string;
    /** Milliseconds since 1970. */
    readonly launchedAt: number | undefined;
    /** Such as Client.InstanceInitiatedShutdown: who ended it. */
    readonly stateReasonCode: string | undefined;
    /** Such as "User initiated (2026-11-24 07:00:00 GMT)": when it left `running`. */
    readonly stateTransitionReason: string | undefined;
    readonly tags: Readonly<Record<string, string>>;
}

/** Billing ends at `shutting-down`; in every other state but `terminated` a machine can cost money. */
export function isLive(machine: Pick<Machine, "state">): boolean {
    return machine.state !== "shutting-down" && machine.state !== "terminated";
}

export type ResourceKind =
    | "spot-request"
    | "network-interface"
    | "address"
    | "volume"
    | "security-group"
    | "key-pair"
    | "schedule";

/** Something of ours that is not a machine. */
export interface CloudResource {
    readonly kind: ResourceKind;
    readonly id: string;
    readonly name?: string;
    readonly state?: string;
    readonly tags: Readonly<Record<string, string>>;
}

export interface ResourceAnswer {
    readonly found: CloudResource[];
    /** Kinds that the cloud did not tell about, and why: not known is not the same as none. */
    readonly unanswered: { readonly kind: ResourceKind; readonly reason: string }[];
}

/** The order in which things can go: what uses another first. */
export const REMOVAL_ORDER: readonly ResourceKind[] = [
    "spot-request",
    "address",
    "network-interface",
    "volume",
    "security-group",
    "key-pair",
    "schedule",
];
