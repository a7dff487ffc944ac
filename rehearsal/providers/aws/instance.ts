import { randomUUID } from "node:crypto";
import type {
    EbsBlockDevice,
    EC2Client,
    Instance,
    InstanceStateName,
    RunInstancesCommandInput,
    TagSpecification,
    Volume,
} from "@aws-sdk/client-ec2";
import { sameValue } from "../diff";
import { PartlyCreatedError, type CreateContext, type ResourceType } from "../resourceType";
import { sleep } from "../sleep";
import type { Properties } from "../wire";
import { callerAccount } from "./account";
import { ec2, regionOf } from "./clients";
import { fromTagList, tagSpecification, updateEc2Tags } from "./tags";
import { hasCode, pollUntil } from "./waiting";

const RUNNING_TIMEOUT_SECONDS = 600; // the real provider's create timeout
const GONE_TIMEOUT_SECONDS = 1200; // the real provider's delete timeout
/** A new instance profile is not known to EC2 at once. The real provider tries for two minutes. */
const PROFILE_RETRY_SECONDS = 20;
/** A public address may come a moment after "running". */
const PUBLIC_ADDRESS_SECONDS = 5;

const BLOCK_DEVICE_KEYS = [
    "deleteOnTermination",
    "deviceName",
    "encrypted",
    "iops",
    "kmsKeyId",
    "snapshotId",
    "tags",
    "throughput",
    "volumeSize",
    "volumeType",
] as const;

type BlockDevice = {
    deleteOnTermination?: boolean;
    deviceName?: string;
    encrypted?: boolean;
    iops?: number;
    kmsKeyId?: string;
    snapshotId?: string;
    tags?: Record<string, string>;
    throughput?: number;
    volumeSize?: number;
    volumeType?: string;
};

type MarketOptions = {
    marketType?: "spot" | "capacity-block";
    spotOptions?: {
        instanceInterruptionBehavior?: "hibernate" | "stop" | "terminate";
        maxPrice?: string;
        spotInstanceType?: "one-time" | "persistent";
        validUntil?: string;
    };
};

type MetadataOptions = {
    httpEndpoint?: "enabled" | "disabled";
    httpProtocolIpv6?: "enabled" | "disabled";
    httpPutResponseHopLimit?: number;
    httpTokens?: "optional" | "required";
    instanceMetadataTags?: "enabled" | "disabled";
};

/** The inputs as the check has let them through. */
type InstanceInputs = {
    ami?: string;
    associatePublicIpAddress?: boolean;
    availabilityZone?: string;
    disableApiStop?: boolean;
    disableApiTermination?: boolean;
    ebsBlockDevices?: BlockDevice[];
    ebsOptimized?: boolean;
    iamInstanceProfile?: string;
    instanceInitiatedShutdownBehavior?: "stop" | "terminate";
    instanceMarketOptions?: MarketOptions;
    instanceType?: RunInstancesCommandInput["InstanceType"];
    keyName?: string;
    metadataOptions?: MetadataOptions;
    monitoring?: boolean;
    privateIp?: string;
    rootBlockDevice?: BlockDevice;
    subnetId?: string;
    tags?: Record<string, string>;
    userData?: string;
    userDataBase64?: string;
    userDataReplaceOnChange?: boolean;
    volumeTags?: Record<string, string>;
    vpcSecurityGroupIds?: string[];
};

/** User data goes over in the field that was given; a change means a stop unless told to replace. */
const userDataRule = {
    computed: true,
    decide: (old: unknown, wanted: unknown, news: Properties) =>
        sameValue(old, wanted)
            ? undefined
            : news.userDataReplaceOnChange === true
              ? ("replace" as const)
              : ("update" as const),
};

/** The disk itself is new when its encryption is; the rest changes under a running machine. */
function rootDecision(old: unknown, wanted: unknown): "replace" | "update" | undefined {
    const before = (old ?? {}) as Properties;
    const after = wanted as Properties;
    const changed = Object.keys(after).filter((key) => !sameValue(before[key], after[key]));
    if (changed.includes("encrypted") || changed.includes("kmsKeyId")) {
        return "replace";
    }
    return changed.length > 0 ? "update" : undefined;
}

/** Further disks are all replaced on a change; each given one must be among those that exist. */
function ebsDecision(old: unknown, wanted: unknown): "replace" | undefined {
    const before = Array.isArray(old) ? (old as Properties[]) : [];
    const after = Array.isArray(wanted) ? (wanted as Properties[]) : [];
    const same =
        before.length === after.length &&
        after.every((device) => {
            const match = before.find((item) => item.deviceName === device.deviceName);
            return (
                match !== undefined &&
                Object.keys(device).every((key) => sameValue(match[key], device[key]))
            );
        });
    return same ? undefined : "replace";
}

/** `aws.ec2.Instance` as in @pulumi/aws 7.48, without the inputs that nobody here uses. */
export const instance: ResourceType = {
    inputs: {
        ami: { replace: true, computed: true },
        associatePublicIpAddress: { replace: true, computed: true },
        availabilityZone: { replace: true, computed: true },
        disableApiStop: { computed: true },
        disableApiTermination: { computed: true },
        ebsBlockDevices: {
            computed: true,
            replace: true,
            keys: BLOCK_DEVICE_KEYS,
            decide: ebsDecision,
        },
        ebsOptimized: { replace: true, computed: true },
        iamInstanceProfile: { computed: true },
        instanceInitiatedShutdownBehavior: { computed: true },
        instanceMarketOptions: {
            replace: true,
            computed: true,
            keys: ["marketType", "spotOptions"],
        },
        // The real provider stops the machine, changes its type and starts it again.
        instanceType: { computed: true },
        keyName: { replace: true, computed: true },
        metadataOptions: {
            computed: true,
            keys: [
                "httpEndpoint",
                "httpProtocolIpv6",
                "httpPutResponseHopLimit",
                "httpTokens",
                "instanceMetadataTags",
            ],
        },
        monitoring: { computed: true },
        privateIp: { replace: true, computed: true },
        region: { replace: true, computed: true },
        rootBlockDevice: {
            computed: true,
            keys: BLOCK_DEVICE_KEYS.filter((key) => key !== "deviceName" && key !== "snapshotId"),
            decide: rootDecision,
        },
        subnetId: { replace: true, computed: true },
        tags: {},
        userData: userDataRule,
        userDataBase64: userDataRule,
        userDataReplaceOnChange: {},
        volumeTags: {},
        vpcSecurityGroupIds: { computed: true, set: true },
    },

    check(inputs) {
        const failures: { property: string; reason: string }[] = [];
        if (inputs.userData !== undefined && inputs.userDataBase64 !== undefined) {
            failures.push({
                property: "userData",
                reason: '"userData" conflicts with "userDataBase64": give one of them',
            });
        }
        for (const property of ["ami", "instanceType"]) {
            if (inputs[property] === undefined) {
                failures.push({
                    property,
                    reason: `"${property}" must be given (launch templates are not supported)`,
                });
            }
        }
        if (
            inputs.volumeTags !== undefined &&
            (inputs.rootBlockDevice as BlockDevice | undefined)?.tags !== undefined
        ) {
            failures.push({
                property: "volumeTags",
                reason: '"volumeTags" conflicts with "rootBlockDevice.tags": give one of them',
            });
        }
        return failures;
    },

    async create(properties, context) {
        const inputs = properties as InstanceInputs;
        const region = regionOf(properties);
        const client = await ec2(region);
        const id = await launch(client, inputs, context);
        let latest: Instance | undefined;
        try {
            latest = await waitForState(client, id, "running", context, RUNNING_TIMEOUT_SECONDS);
            latest = (await waitForPublicAddress(client, id, inputs, context)) ?? latest;
            return { id, outs: await describe(client, region, latest, properties) };
        } catch (error) {
            throw new PartlyCreatedError(
                `waiting for EC2 Instance (${id}) create: ${messageOf(error)}`,
                id,
                latest ? basics(latest) : {},
            );
        }
    },

    async read(id, state) {
        const region = regionOf(state);
        const client = await ec2(region);
        const found = await find(client, id);
        if (!found || found.State?.Name === "terminated") {
            return undefined;
        }
        return { id, outs: await describe(client, region, found, state) };
    },

    async update(id, olds, news, context) {
        const region = regionOf(news);
        const client = await ec2(region);
        await changeInPlace(client, region, id, olds, news as InstanceInputs, context);
        await changeStopped(client, id, olds, news as InstanceInputs, context);
        const found = await find(client, id);
        if (!found) {
            throw new Error(`EC2 Instance (${id}) is gone`);
        }
        return describe(client, region, found, news);
    },

    async delete(id, state, context) {
        const client = await ec2(regionOf(state));
        const { TerminateInstancesCommand } = await import("@aws-sdk/client-ec2");
        try {
            await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
        } catch (error) {
            if (hasCode(error, "InvalidInstanceID.NotFound")) {
                return;
            }
            throw error;
        }
        await waitForState(client, id, "terminated", context, GONE_TIMEOUT_SECONDS);
    },
};

function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

function encodedUserData(inputs: InstanceInputs): string | undefined {
    return inputs.userData === undefined
        ? inputs.userDataBase64
        : Buffer.from(inputs.userData, "utf8").toString("base64");
}

function ebs(device: BlockDevice): EbsBlockDevice {
    return {
        // The real provider's default is to let a disk die with its machine.
        DeleteOnTermination: device.deleteOnTermination ?? true,
        Encrypted: device.encrypted,
        Iops: device.iops,
        KmsKeyId: device.kmsKeyId,
        SnapshotId: device.snapshotId,
        Throughput: device.throughput,
        VolumeSize: device.volumeSize,
        VolumeType: device.volumeType as EbsBlockDevice["VolumeType"],
    };
}

/** The root disk can only be described under the name that the image gives it. */
async function rootDeviceName(client: EC2Client, ami: string): Promise<string> {
    const { DescribeImagesCommand } = await import("@aws-sdk/client-ec2");
    try {
        const { Images } = await client.send(new DescribeImagesCommand({ ImageIds: [ami] }));
        const name = Images?.[0]?.RootDeviceName;
        if (!name) {
            throw new Error("the image is not there");
        }
        return name;
    } catch (error) {
        throw new Error(
            `finding root device name for AMI (${ami}): ${describeError("DescribeImages", error)}`,
            { cause: error },
        );
    }
}

async function launchInput(
    client: EC2Client,
    inputs: InstanceInputs,
): Promise<RunInstancesCommandInput> {
    const devices: RunInstancesCommandInput["BlockDeviceMappings"] = [];
    if (inputs.rootBlockDevice) {
        devices.push({
            DeviceName: await rootDeviceName(client, inputs.ami ?? ""),
            Ebs: ebs(inputs.rootBlockDevice),
        });
    }
    for (const device of inputs.ebsBlockDevices ?? []) {
        devices.push({ DeviceName: device.deviceName, Ebs: ebs(device) });
    }
    const groups = inputs.vpcSecurityGroupIds;
    // An explicit public address needs an explicit interface, which then holds subnet and groups.
    const ownInterface = inputs.associatePublicIpAddress !== undefined;
    const tags: TagSpecification[] = [
        ...tagSpecification("instance", inputs.tags),
        ...tagSpecification("volume", inputs.volumeTags),
    ];
    const market = inputs.instanceMarketOptions;
    return {
        ImageId: inputs.ami,
        InstanceType: inputs.instanceType,
        MinCount: 1,
        MaxCount: 1,
        // Makes the SDK's own retries safe: the same token never starts a second machine.
        ClientToken: randomUUID(),
        KeyName: inputs.keyName,
        UserData: encodedUserData(inputs),
        EbsOptimized: inputs.ebsOptimized,
        DisableApiStop: inputs.disableApiStop,
        DisableApiTermination: inputs.disableApiTermination,
        InstanceInitiatedShutdownBehavior: inputs.instanceInitiatedShutdownBehavior,
        Monitoring: inputs.monitoring === undefined ? undefined : { Enabled: inputs.monitoring },
        IamInstanceProfile: inputs.iamInstanceProfile
            ? { Name: inputs.iamInstanceProfile }
            : undefined,
        Placement: inputs.availabilityZone
            ? { AvailabilityZone: inputs.availabilityZone }
            : undefined,
        BlockDeviceMappings: devices.length > 0 ? devices : undefined,
        MetadataOptions: inputs.metadataOptions && {
            HttpEndpoint: inputs.metadataOptions.httpEndpoint ?? "enabled",
            HttpProtocolIpv6: inputs.metadataOptions.httpProtocolIpv6,
            HttpPutResponseHopLimit: inputs.metadataOptions.httpPutResponseHopLimit,
            HttpTokens: inputs.metadataOptions.httpTokens,
            InstanceMetadataTags: inputs.metadataOptions.instanceMetadataTags,
        },
        InstanceMarketOptions: market && {
            MarketType: market.marketType,
            SpotOptions: market.spotOptions && {
                InstanceInterruptionBehavior: market.spotOptions.instanceInterruptionBehavior,
                MaxPrice: market.spotOptions.maxPrice,
                SpotInstanceType: market.spotOptions.spotInstanceType,
                ValidUntil: market.spotOptions.validUntil
                    ? new Date(market.spotOptions.validUntil)
                    : undefined,
            },
        },
        ...(ownInterface
            ? {
                  NetworkInterfaces: [
                      {
                          DeviceIndex: 0,
                          AssociatePublicIpAddress: inputs.associatePublicIpAddress,
                          SubnetId: inputs.subnetId,
                          Groups: groups,
                          PrivateIpAddress: inputs.privateIp,
                      },
                  ],
              }
            : {
                  SubnetId: inputs.subnetId,
                  SecurityGroupIds: groups,
                  PrivateIpAddress: inputs.privateIp,
              }),
        TagSpecifications: tags.length > 0 ? tags : undefined,
    };
}

async function launch(
    client: EC2Client,
    inputs: InstanceInputs,
    context: CreateContext,
): Promise<string> {
    const { RunInstancesCommand } = await import("@aws-sdk/client-ec2");
    const input = await launchInput(client, inputs);
    const end = Date.now() + PROFILE_RETRY_SECONDS * 1000;
    for (;;) {
        context.signal.throwIfAborted();
        try {
            const { Instances } = await client.send(new RunInstancesCommand(input));
            const id = Instances?.[0]?.InstanceId;
            if (!id) {
                throw new Error("creating EC2 Instance: RunInstances answered without an instance");
            }
            return id;
        } catch (error) {
            const profileUnknown =
                hasCode(error, "InvalidParameterValue") &&
                /invalid iam instance profile/i.test(messageOf(error));
            if (!profileUnknown || Date.now() > end) {
                throw new Error(`creating EC2 Instance: ${describeError("RunInstances", error)}`, {
                    cause: error,
                });
            }
            await sleep(2000, context.signal);
        }
    }
}

/** The code first: the driver tells a lack of capacity from a mistake by it. */
function describeError(action: string, error: unknown): string {
    const { name, message, $metadata } = error as {
        name?: string;
        message?: string;
        $metadata?: { httpStatusCode?: number; requestId?: string };
    };
    if (!$metadata) {
        return messageOf(error);
    }
    return (
        `operation error EC2: ${action}, https response error StatusCode: ` +
        `${$metadata.httpStatusCode ?? 0}, RequestID: ${$metadata.requestId ?? ""}, ` +
        `api error ${name ?? "Unknown"}: ${message ?? ""}`
    );
}

async function find(client: EC2Client, id: string): Promise<Instance | undefined> {
    const { DescribeInstancesCommand } = await import("@aws-sdk/client-ec2");
    try {
        const answer = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
        return answer.Reservations?.[0]?.Instances?.[0];
    } catch (error) {
        if (hasCode(error, "InvalidInstanceID.NotFound")) {
            return undefined;
        }
        throw error;
    }
}

async function waitForState(
    client: EC2Client,
    id: string,
    target: InstanceStateName,
    context: CreateContext,
    timeoutSeconds: number,
): Promise<Instance | undefined> {
    const dead: readonly string[] = ["shutting-down", "terminated"];
    return (
        await pollUntil(
            async () => {
                const found = await find(client, id);
                const state = found?.State?.Name;
                if (target === "terminated" && !found) {
                    return { found };
                }
                if (state === target) {
                    return { found };
                }
                if (target !== "terminated" && state && dead.includes(state)) {
                    const why = found?.StateReason?.Message ?? found?.StateTransitionReason ?? "";
                    throw new Error(
                        `unexpected state '${state}', wanted target '${target}'. last error: ${why}`,
                    );
                }
                return undefined;
            },
            {
                signal: context.signal,
                timeoutSeconds,
                what: `EC2 Instance (${id}) to be ${target}`,
            },
        )
    ).found;
}

async function waitForPublicAddress(
    client: EC2Client,
    id: string,
    inputs: InstanceInputs,
    context: CreateContext,
): Promise<Instance | undefined> {
    if (inputs.associatePublicIpAddress === false) {
        return undefined;
    }
    try {
        return await pollUntil(
            async () => {
                const found = await find(client, id);
                return found?.PublicIpAddress ? found : undefined;
            },
            {
                signal: context.signal,
                timeoutSeconds: PUBLIC_ADDRESS_SECONDS,
                what: `the public address of EC2 Instance (${id})`,
            },
        );
    } catch (error) {
        context.signal.throwIfAborted();
        if (inputs.associatePublicIpAddress) {
            throw error;
        }
        return undefined; // a subnet without public addresses
    }
}

function basics(found: Instance): Properties {
    return {
        instanceState: found.State?.Name,
        availabilityZone: found.Placement?.AvailabilityZone,
        publicIp: found.PublicIpAddress ?? "",
        publicDns: found.PublicDnsName ?? "",
        privateIp: found.PrivateIpAddress ?? "",
        privateDns: found.PrivateDnsName ?? "",
    };
}

function volumeOuts(
    mapping: NonNullable<Instance["BlockDeviceMappings"]>[number],
    volume: Volume | undefined,
): Properties {
    return {
        deviceName: mapping.DeviceName,
        volumeId: mapping.Ebs?.VolumeId,
        deleteOnTermination: mapping.Ebs?.DeleteOnTermination ?? true,
        encrypted: volume?.Encrypted,
        iops: volume?.Iops,
        kmsKeyId: volume?.KmsKeyId ?? "",
        throughput: volume?.Throughput,
        volumeSize: volume?.Size,
        volumeType: volume?.VolumeType,
        snapshotId: volume?.SnapshotId,
        tags: fromTagList(volume?.Tags),
        tagsAll: fromTagList(volume?.Tags),
    };
}

async function diskOuts(
    client: EC2Client,
    found: Instance,
    inputs: InstanceInputs,
): Promise<Properties> {
    const mappings = (found.BlockDeviceMappings ?? []).filter((mapping) => mapping.Ebs?.VolumeId);
    if (mappings.length === 0) {
        return {};
    }
    const { DescribeVolumesCommand } = await import("@aws-sdk/client-ec2");
    const { Volumes } = await client.send(
        new DescribeVolumesCommand({
            VolumeIds: mappings.map((mapping) => mapping.Ebs?.VolumeId ?? ""),
        }),
    );
    const outsOf = (mapping: (typeof mappings)[number]) =>
        volumeOuts(
            mapping,
            Volumes?.find((volume) => volume.VolumeId === mapping.Ebs?.VolumeId),
        );
    const root = mappings.find((mapping) => mapping.DeviceName === found.RootDeviceName);
    const outs: Properties = {
        ebsBlockDevices: mappings.filter((mapping) => mapping !== root).map(outsOf),
    };
    if (root) {
        outs.rootBlockDevice = withGiven(
            { ...outsOf(root), snapshotId: undefined },
            inputs.rootBlockDevice,
        );
    }
    if (inputs.volumeTags) {
        outs.volumeTags = fromTagList(
            Volumes?.find((volume) => volume.VolumeId === root?.Ebs?.VolumeId)?.Tags,
        );
    }
    return outs;
}

/** Emulators leave out some of a disk's facts; then what was asked for stands. */
function withGiven(actual: Properties, given: BlockDevice | undefined): Properties {
    return Object.fromEntries(
        Object.entries(actual).map(([key, value]) => [
            key,
            value ?? (given as Properties | undefined)?.[key],
        ]),
    );
}

async function describe(
    client: EC2Client,
    region: string,
    found: Instance | undefined,
    properties: Properties,
): Promise<Properties> {
    if (!found?.InstanceId) {
        throw new Error("EC2 Instance is gone");
    }
    const inputs = properties as InstanceInputs;
    const { DescribeInstanceAttributeCommand } = await import("@aws-sdk/client-ec2");
    const shutdown = await client.send(
        new DescribeInstanceAttributeCommand({
            InstanceId: found.InstanceId,
            Attribute: "instanceInitiatedShutdownBehavior",
        }),
    );
    const networkInterface = found.NetworkInterfaces?.[0];
    const options = found.MetadataOptions;
    const metadata: Properties = {
        httpEndpoint: options?.HttpEndpoint,
        httpProtocolIpv6: options?.HttpProtocolIpv6,
        httpPutResponseHopLimit: options?.HttpPutResponseHopLimit,
        httpTokens: options?.HttpTokens,
        instanceMetadataTags: options?.InstanceMetadataTags,
    };
    const tags = fromTagList(found.Tags);
    return {
        ...basics(found),
        ...(await diskOuts(client, found, inputs)),
        ami: found.ImageId,
        arn: `arn:aws:ec2:${region}:${await callerAccount()}:instance/${found.InstanceId}`,
        associatePublicIpAddress:
            inputs.associatePublicIpAddress ??
            networkInterface?.Association?.PublicIp !== undefined,
        ebsOptimized: found.EbsOptimized ?? false,
        iamInstanceProfile: found.IamInstanceProfile?.Arn?.split("/").pop() ?? "",
        instanceInitiatedShutdownBehavior: shutdown.InstanceInitiatedShutdownBehavior?.Value,
        instanceLifecycle: found.InstanceLifecycle ?? "",
        instanceType: found.InstanceType,
        keyName: found.KeyName ?? "",
        metadataOptions: Object.fromEntries(
            Object.entries(metadata).map(([key, value]) => [
                key,
                value ?? (inputs.metadataOptions as Properties | undefined)?.[key],
            ]),
        ),
        monitoring: found.Monitoring?.State === "enabled" || found.Monitoring?.State === "pending",
        primaryNetworkInterfaceId: networkInterface?.NetworkInterfaceId ?? "",
        region,
        spotInstanceRequestId: found.SpotInstanceRequestId ?? "",
        subnetId: found.SubnetId ?? "",
        tags: inputs.tags === undefined && Object.keys(tags).length === 0 ? undefined : tags,
        tagsAll: tags,
        tenancy: found.Placement?.Tenancy ?? "default",
        vpcSecurityGroupIds: (found.SecurityGroups ?? []).map((group) => group.GroupId),
    };
}

async function changeInPlace(
    client: EC2Client,
    region: string,
    id: string,
    olds: Properties,
    news: InstanceInputs,
    context: CreateContext,
): Promise<void> {
    const sdk = await import("@aws-sdk/client-ec2");
    const changed = (key: keyof InstanceInputs, set = false) =>
        news[key] !== undefined && !sameValue(olds[key], news[key], set);

    await updateEc2Tags(region, [id], olds.tags, news.tags);
    const rootBefore = (olds.rootBlockDevice ?? {}) as BlockDevice & { volumeId?: string };
    const volumeIds = [
        rootBefore.volumeId,
        ...((olds.ebsBlockDevices ?? []) as { volumeId?: string }[]).map((disk) => disk.volumeId),
    ].filter((volumeId): volumeId is string => typeof volumeId === "string");
    if (volumeIds.length > 0 && (news.volumeTags || olds.volumeTags)) {
        await updateEc2Tags(region, volumeIds, olds.volumeTags, news.volumeTags);
    }
    if (changed("vpcSecurityGroupIds", true)) {
        await client.send(
            new sdk.ModifyInstanceAttributeCommand({
                InstanceId: id,
                Groups: news.vpcSecurityGroupIds,
            }),
        );
    }
    if (changed("instanceInitiatedShutdownBehavior")) {
        await client.send(
            new sdk.ModifyInstanceAttributeCommand({
                InstanceId: id,
                InstanceInitiatedShutdownBehavior: {
                    Value: news.instanceInitiatedShutdownBehavior,
                },
            }),
        );
    }
    if (changed("disableApiTermination")) {
        await client.send(
            new sdk.ModifyInstanceAttributeCommand({
                InstanceId: id,
                DisableApiTermination: { Value: news.disableApiTermination },
            }),
        );
    }
    if (changed("disableApiStop")) {
        await client.send(
            new sdk.ModifyInstanceAttributeCommand({
                InstanceId: id,
                DisableApiStop: { Value: news.disableApiStop },
            }),
        );
    }
    if (changed("monitoring")) {
        await client.send(
            news.monitoring
                ? new sdk.MonitorInstancesCommand({ InstanceIds: [id] })
                : new sdk.UnmonitorInstancesCommand({ InstanceIds: [id] }),
        );
    }
    if (news.metadataOptions) {
        const given = news.metadataOptions;
        const before = (olds.metadataOptions ?? {}) as Properties;
        if (Object.entries(given).some(([key, value]) => !sameValue(before[key], value))) {
            await client.send(
                new sdk.ModifyInstanceMetadataOptionsCommand({
                    InstanceId: id,
                    HttpEndpoint: given.httpEndpoint ?? "enabled",
                    HttpProtocolIpv6: given.httpProtocolIpv6,
                    HttpPutResponseHopLimit: given.httpPutResponseHopLimit,
                    HttpTokens: given.httpTokens,
                    InstanceMetadataTags: given.instanceMetadataTags,
                }),
            );
        }
    }
    if (changed("iamInstanceProfile")) {
        await changeInstanceProfile(client, id, news.iamInstanceProfile ?? "");
    }
    if (news.rootBlockDevice) {
        await changeRootDisk(client, id, rootBefore, news.rootBlockDevice, region);
    }
    context.signal.throwIfAborted();
}

async function changeInstanceProfile(client: EC2Client, id: string, name: string): Promise<void> {
    const sdk = await import("@aws-sdk/client-ec2");
    const { IamInstanceProfileAssociations } = await client.send(
        new sdk.DescribeIamInstanceProfileAssociationsCommand({
            Filters: [{ Name: "instance-id", Values: [id] }],
        }),
    );
    const association = IamInstanceProfileAssociations?.find(
        (item) => item.State === "associated" || item.State === "associating",
    )?.AssociationId;
    const IamInstanceProfile = { Name: name };
    if (association && name) {
        await client.send(
            new sdk.ReplaceIamInstanceProfileAssociationCommand({
                AssociationId: association,
                IamInstanceProfile,
            }),
        );
    } else if (association) {
        await client.send(
            new sdk.DisassociateIamInstanceProfileCommand({ AssociationId: association }),
        );
    } else if (name) {
        await client.send(
            new sdk.AssociateIamInstanceProfileCommand({ InstanceId: id, IamInstanceProfile }),
        );
    }
}

async function changeRootDisk(
    client: EC2Client,
    id: string,
    before: BlockDevice & { volumeId?: string },
    after: BlockDevice,
    region: string,
): Promise<void> {
    const sdk = await import("@aws-sdk/client-ec2");
    const changed = (key: keyof BlockDevice) =>
        after[key] !== undefined && !sameValue(before[key], after[key]);
    if ((["volumeSize", "volumeType", "iops", "throughput"] as const).some(changed)) {
        await client.send(
            new sdk.ModifyVolumeCommand({
                VolumeId: before.volumeId,
                Size: after.volumeSize,
                VolumeType: after.volumeType as EbsBlockDevice["VolumeType"],
                Iops: after.iops,
                Throughput: after.throughput,
            }),
        );
    }
    if (changed("deleteOnTermination")) {
        await client.send(
            new sdk.ModifyInstanceAttributeCommand({
                InstanceId: id,
                BlockDeviceMappings: [
                    {
                        DeviceName: before.deviceName,
                        Ebs: { DeleteOnTermination: after.deleteOnTermination },
                    },
                ],
            }),
        );
    }
    if (changed("tags") && before.volumeId) {
        await updateEc2Tags(region, [before.volumeId], before.tags, after.tags);
    }
}

/** What a machine can only be told while it is stopped. */
async function changeStopped(
    client: EC2Client,
    id: string,
    olds: Properties,
    news: InstanceInputs,
    context: CreateContext,
): Promise<void> {
    const sdk = await import("@aws-sdk/client-ec2");
    const typeChanged =
        news.instanceType !== undefined && !sameValue(olds.instanceType, news.instanceType);
    const userDataChanged = (["userData", "userDataBase64"] as const).some(
        (key) => news[key] !== undefined && !sameValue(olds[key], news[key]),
    );
    if (!typeChanged && !userDataChanged) {
        return;
    }
    await client.send(new sdk.StopInstancesCommand({ InstanceIds: [id] }));
    await waitForState(client, id, "stopped", context, RUNNING_TIMEOUT_SECONDS);
    if (typeChanged) {
        await client.send(
            new sdk.ModifyInstanceAttributeCommand({
                InstanceId: id,
                InstanceType: { Value: news.instanceType },
            }),
        );
    }
    if (userDataChanged) {
        await client.send(
            new sdk.ModifyInstanceAttributeCommand({
                InstanceId: id,
                UserData: { Value: Buffer.from(encodedUserData(news) ?? "", "base64") },
            }),
        );
    }
    await client.send(new sdk.StartInstancesCommand({ InstanceIds: [id] }));
    await waitForState(client, id, "running", context, RUNNING_TIMEOUT_SECONDS);
}
