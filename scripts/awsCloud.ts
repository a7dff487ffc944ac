import {
    CancelSpotInstanceRequestsCommand,
    DeleteKeyPairCommand,
    DeleteNetworkInterfaceCommand,
    DeleteSecurityGroupCommand,
    DeleteVolumeCommand,
    DescribeAddressesCommand,
    DescribeInstancesCommand,
    DescribeKeyPairsCommand,
    EC2Client,
    GetConsoleOutputCommand,
    ReleaseAddressCommand,
    TerminateInstancesCommand,
    paginateDescribeInstances,
    paginateDescribeNetworkInterfaces,
    paginateDescribeSecurityGroups,
    paginateDescribeSpotInstanceRequests,
    paginateDescribeVolumes,
    type Filter,
    type Instance,
    type Tag,
} from "@aws-sdk/client-ec2";
import { GetInstanceProfileCommand, GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
    DeleteScheduleCommand,
    GetScheduleCommand,
    SchedulerClient,
    paginateListSchedules,
} from "@aws-sdk/client-scheduler";
import { PricingClient } from "@aws-sdk/client-pricing";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient, paginateListStateMachines } from "@aws-sdk/client-sfn";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

import { PRODUCT } from "../components/names";
import {
    describeTypes,
    onDemandUsdPerHour,
    pricingRegion,
    quota,
    spotPrices,
    vcpusInUse,
    zonesOffering,
} from "./awsFacts";
import { storedKeys, storedObject } from "./awsReports";
import { errorCode, errorText, isCredentialError, isForbidden, isNotFound } from "./awsErrors";
import type {
    Cloud,
    CloudResource,
    DescribedType,
    Machine,
    MachineState,
    Quota,
    ResourceAnswer,
    ResourceKind,
    RunQuery,
    SpotPrice,
    StoredObject,
} from "./cloud";

export interface AwsCloudOptions {
    readonly region: string;
    /** A profile of ~/.aws; without it, the SDK's usual order (environment, web identity, ...). */
    readonly profile?: string;
}

/** The cloud by AWS SDK. Every listing is paged to its end; throttling is retried adaptively. */
export class AwsCloud implements Cloud {
    readonly region: string;
    private readonly ec2: EC2Client;
    private readonly scheduler: SchedulerClient;
    private readonly sts: STSClient;
    private readonly iam: IAMClient;
    private readonly sfn: SFNClient;
    private readonly ssm: SSMClient;
    private readonly serviceQuotas: ServiceQuotasClient;
    private readonly pricing: PricingClient;
    private readonly s3: S3Client;

    constructor(options: AwsCloudOptions) {
        this.region = options.region;
        const config = {
            region: options.region,
            ...(options.profile ? { profile: options.profile } : {}),
            retryMode: "adaptive",
            maxAttempts: 6,
            // Credential files as they are now: the SDK keeps what it has read for the whole process.
            ignoreCache: true,
            // A connection that never answers must not eat the 10 s that a cancelled CI job has.
            requestHandler: {
                connectionTimeout: 3_000,
                requestTimeout: 15_000,
                // Else the SDK only writes a warning, and waits on.
                throwOnRequestTimeout: true,
            },
        };
        this.ec2 = new EC2Client(config);
        this.scheduler = new SchedulerClient(config);
        this.sts = new STSClient(config);
        this.iam = new IAMClient(config);
        this.sfn = new SFNClient(config);
        this.ssm = new SSMClient(config);
        this.serviceQuotas = new ServiceQuotasClient(config);
        // A bucket may be in another region than the run, and a name with dots is no host of S3's.
        this.s3 = new S3Client({ ...config, followRegionRedirects: true, forcePathStyle: true });
        this.pricing = new PricingClient({ ...config, region: pricingRegion(options.region) });
    }

    async caller(): Promise<{ account: string; arn: string }> {
        const identity = await this.sts.send(new GetCallerIdentityCommand({}));
        return { account: identity.Account ?? "", arn: identity.Arn ?? "" };
    }

    async clockAheadSeconds(): Promise<number | undefined> {
        const command = new GetCallerIdentityCommand({});
        let date = "";
        command.middlewareStack.add(
            (next) => async (given) => {
                const answer = await next(given);
                const { headers } = answer.response as { headers?: Record<string, string> };
                date = headers?.date ?? "";
                return answer;
            },
            { step: "deserialize" },
        );
        const askedAt = Date.now();
        await this.sts.send(command);
        const aheadSeconds = ((askedAt + Date.now()) / 2 - Date.parse(date)) / 1000;
        return Number.isNaN(aheadSeconds) ? undefined : aheadSeconds;
    }

    async machines(query: RunQuery): Promise<Machine[]> {
        // DescribeInstances itself: the tagging index lags by up to 45 minutes.
        const machines: Machine[] = [];
        const pages = paginateDescribeInstances(
            { client: this.ec2, pageSize: 1000 },
            { Filters: filters(query) },
        );
        for await (const page of pages) {
            for (const reservation of page.Reservations ?? []) {
                machines.push(...(reservation.Instances ?? []).map(machineOf));
            }
        }
        return machines;
    }

    async terminate(instanceId: string): Promise<"ended" | "already-gone"> {
        try {
            await this.ec2.send(
                new TerminateInstancesCommand({
                    InstanceIds: [instanceId],
                    // The report is home, and a guest that hangs in its shutdown is still billed.
                    SkipOsShutdown: true,
                }),
            );
            return "ended";
        } catch (error) {
            if (errorCode(error) === "InvalidInstanceID.NotFound") {
                return "already-gone";
            }
            // A role limited by tag conditions gets 403, not NotFound, for an instance that is gone
            // (runs-on/terraform-aws-runs-on#60). Only the cloud's own word makes that "done".
            if (isForbidden(error) && (await this.isGone(instanceId))) {
                return "already-gone";
            }
            throw error;
        }
    }

    async consoleOutput(instanceId: string): Promise<string> {
        const { Output = "" } = await this.ec2.send(
            new GetConsoleOutputCommand({ InstanceId: instanceId }),
        );
        return Buffer.from(Output, "base64").toString("utf8");
    }

    async resources(query: RunQuery): Promise<ResourceAnswer> {
        const Filters = filters(query);
        const listings: Record<ResourceKind, () => Promise<CloudResource[]>> = {
            "spot-request": () => this.spotRequests(Filters),
            address: () => this.addresses(Filters),
            "network-interface": () => this.networkInterfaces(Filters),
            volume: () => this.volumes(Filters),
            "security-group": () => this.securityGroups(Filters),
            "key-pair": () => this.keyPairs(Filters),
            schedule: () => this.schedules(query),
        };
        const found: CloudResource[] = [];
        const unanswered: ResourceAnswer["unanswered"][number][] = [];
        await Promise.all(
            Object.entries(listings).map(async ([kind, list]) => {
                try {
                    found.push(...(await list()));
                } catch (error) {
                    // All kinds would fail the same; whoever holds fresh credentials asks again.
                    if (isCredentialError(error)) {
                        throw error;
                    }
                    unanswered.push({ kind: kind as ResourceKind, reason: errorText(error) });
                }
            }),
        );
        return { found, unanswered };
    }

    async remove(resource: CloudResource): Promise<void> {
        try {
            await this.removeOnce(resource);
        } catch (error) {
            if (!isNotFound(error)) {
                throw error;
            }
        }
    }

    async roleExists(name: string): Promise<boolean> {
        return exists(this.iam.send(new GetRoleCommand({ RoleName: name })));
    }

    async instanceProfileExists(name: string): Promise<boolean> {
        return exists(this.iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name })));
    }

    async stateMachineExists(name: string): Promise<boolean> {
        for await (const page of paginateListStateMachines({ client: this.sfn }, {})) {
            if (page.stateMachines?.some((machine) => machine.name === name)) {
                return true;
            }
        }
        return false;
    }

    async scheduleExists(name: string): Promise<boolean> {
        return exists(this.scheduler.send(new GetScheduleCommand({ Name: name })));
    }

    async parameter(name: string): Promise<string | undefined> {
        try {
            const answer = await this.ssm.send(new GetParameterCommand({ Name: name }));
            return answer.Parameter?.Value;
        } catch (error) {
            if (isNotFound(error)) {
                return undefined;
            }
            throw error;
        }
    }

    quota(code: string): Promise<Quota | undefined> {
        return quota(this.serviceQuotas, code);
    }

    vcpusInUse(): Promise<Record<string, number>> {
        return vcpusInUse(this.ec2);
    }

    zonesOffering(instanceTypes: readonly string[]): Promise<Record<string, string[]>> {
        return zonesOffering(this.ec2, instanceTypes);
    }

    spotPrices(instanceTypes: readonly string[]): Promise<SpotPrice[]> {
        return spotPrices(this.ec2, instanceTypes);
    }

    describeTypes(instanceTypes: readonly string[]): Promise<DescribedType[]> {
        return describeTypes(this.ec2, instanceTypes);
    }

    onDemandUsdPerHour(instanceType: string): Promise<number | undefined> {
        return onDemandUsdPerHour(this.pricing, this.region, instanceType);
    }

    storedObject(
        bucket: string,
        key: string,
        mostBytes: number,
    ): Promise<StoredObject | undefined> {
        return storedObject(this.s3, bucket, key, mostBytes);
    }

    storedKeys(bucket: string, prefix: string): Promise<string[]> {
        return storedKeys(this.s3, bucket, prefix);
    }

    private async isGone(instanceId: string): Promise<boolean> {
        try {
            const answer = await this.ec2.send(
                new DescribeInstancesCommand({ InstanceIds: [instanceId] }),
            );
            const states = (answer.Reservations ?? [])
                .flatMap((reservation) => reservation.Instances ?? [])
                .map((instance) => instance.State?.Name);
            return states.every((state) => state === "terminated" || state === "shutting-down");
        } catch (error) {
            return isNotFound(error);
        }
    }

    private async spotRequests(Filters: Filter[]): Promise<CloudResource[]> {
        const found: CloudResource[] = [];
        const pages = paginateDescribeSpotInstanceRequests({ client: this.ec2 }, { Filters });
        for await (const page of pages) {
            for (const request of page.SpotInstanceRequests ?? []) {
                // Closed, cancelled and failed requests start nothing any more.
                if (request.State === "open" || request.State === "active") {
                    found.push({
                        kind: "spot-request",
                        id: request.SpotInstanceRequestId ?? "",
                        state: request.State,
                        tags: tagsOf(request.Tags),
                    });
                }
            }
        }
        return found;
    }

    private async addresses(Filters: Filter[]): Promise<CloudResource[]> {
        const answer = await this.ec2.send(new DescribeAddressesCommand({ Filters }));
        return (answer.Addresses ?? []).map((address) => ({
            kind: "address",
            id: address.AllocationId ?? "",
            name: address.PublicIp,
            tags: tagsOf(address.Tags),
        }));
    }

    private async networkInterfaces(Filters: Filter[]): Promise<CloudResource[]> {
        const found: CloudResource[] = [];
        for await (const page of paginateDescribeNetworkInterfaces(
            { client: this.ec2 },
            { Filters },
        )) {
            for (const nic of page.NetworkInterfaces ?? []) {
                found.push({
                    kind: "network-interface",
                    id: nic.NetworkInterfaceId ?? "",
                    state: nic.Status,
                    tags: tagsOf(nic.TagSet),
                });
            }
        }
        return found;
    }

    private async volumes(Filters: Filter[]): Promise<CloudResource[]> {
        const found: CloudResource[] = [];
        for await (const page of paginateDescribeVolumes({ client: this.ec2 }, { Filters })) {
            for (const volume of page.Volumes ?? []) {
                const state: string | undefined = volume.State;
                if (state !== "deleting" && state !== "deleted") {
                    const id = volume.VolumeId ?? "";
                    found.push({ kind: "volume", id, state, tags: tagsOf(volume.Tags) });
                }
            }
        }
        return found;
    }

    private async securityGroups(Filters: Filter[]): Promise<CloudResource[]> {
        const found: CloudResource[] = [];
        for await (const page of paginateDescribeSecurityGroups(
            { client: this.ec2 },
            { Filters },
        )) {
            for (const group of page.SecurityGroups ?? []) {
                found.push({
                    kind: "security-group",
                    id: group.GroupId ?? "",
                    name: group.GroupName,
                    tags: tagsOf(group.Tags),
                });
            }
        }
        return found;
    }

    private async keyPairs(Filters: Filter[]): Promise<CloudResource[]> {
        const answer = await this.ec2.send(new DescribeKeyPairsCommand({ Filters }));
        return (answer.KeyPairs ?? []).map((pair) => ({
            kind: "key-pair",
            id: pair.KeyPairId ?? "",
            name: pair.KeyName,
            tags: tagsOf(pair.Tags),
        }));
    }

    /** Schedules carry no tags; their name holds run and attempt, and is a public contract. */
    private async schedules(query: RunQuery): Promise<CloudResource[]> {
        const prefix = query.runId === undefined ? `${PRODUCT}-` : `${PRODUCT}-${query.runId}-`;
        const found: CloudResource[] = [];
        const pages = paginateListSchedules({ client: this.scheduler }, { NamePrefix: prefix });
        for await (const page of pages) {
            for (const schedule of page.Schedules ?? []) {
                const name = schedule.Name ?? "";
                const run = runOfName(name);
                const wanted =
                    run !== undefined &&
                    (query.runId === undefined || run.runId === query.runId) &&
                    (query.attempts === undefined || query.attempts.includes(run.attempt));
                if (wanted) {
                    found.push({
                        kind: "schedule",
                        id: name,
                        name,
                        state: schedule.State,
                        tags: { product: PRODUCT, run: run.runId, attempt: String(run.attempt) },
                    });
                }
            }
        }
        return found;
    }

    private async removeOnce(resource: CloudResource): Promise<void> {
        const { id } = resource;
        switch (resource.kind) {
            case "spot-request":
                await this.ec2.send(
                    new CancelSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [id] }),
                );
                return;
            case "address":
                await this.ec2.send(new ReleaseAddressCommand({ AllocationId: id }));
                return;
            case "network-interface":
                await this.ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }));
                return;
            case "volume":
                await this.ec2.send(new DeleteVolumeCommand({ VolumeId: id }));
                return;
            case "security-group":
                await this.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id }));
                return;
            case "key-pair":
                await this.ec2.send(
                    new DeleteKeyPairCommand(
                        resource.name ? { KeyName: resource.name } : { KeyPairId: id },
                    ),
                );
                return;
            case "schedule":
                await this.scheduler.send(new DeleteScheduleCommand({ Name: id }));
                return;
        }
    }
}

/** `ephemeral-gpu-ci-<run>-<attempt>` -> run and attempt; undefined for a name that is not one. */
export function runOfName(name: string): { runId: string; attempt: number } | undefined {
    const match = /^ephemeral-gpu-ci-([a-z0-9][a-z0-9-]{0,35})-([1-9]\d{0,2})$/.exec(name);
    return match === null ? undefined : { runId: match[1], attempt: Number(match[2]) };
}

async function exists(request: Promise<unknown>): Promise<boolean> {
    try {
        await request;
        return true;
    } catch (error) {
        if (isNotFound(error)) {
            return false;
        }
        throw error;
    }
}

function filters(query: RunQuery): Filter[] {
    return [
        { Name: "tag:product", Values: [PRODUCT] },
        ...(query.runId === undefined ? [] : [{ Name: "tag:run", Values: [query.runId] }]),
        ...(query.attempts === undefined
            ? []
            : [{ Name: "tag:attempt", Values: query.attempts.map(String) }]),
    ];
}

function tagsOf(tags: Tag[] | undefined): Record<string, string> {
    return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
}

function machineOf(instance: Instance): Machine {
    return {
        instanceId: instance.InstanceId ?? "",
        state: (instance.State?.Name ?? "pending") as MachineState,
        instanceType: instance.InstanceType ?? "",
        market: instance.InstanceLifecycle === "spot" ? "spot" : "on-demand",
        zone: instance.Placement?.AvailabilityZone,
        launchedAt: instance.LaunchTime?.getTime(),
        stateReasonCode: instance.StateReason?.Code,
        stateTransitionReason: instance.StateTransitionReason || undefined,
        tags: tagsOf(instance.Tags),
    };
}
