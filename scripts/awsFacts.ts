import {
    paginateDescribeInstances,
    paginateDescribeInstanceTypeOfferings,
    paginateDescribeInstanceTypes,
    paginateDescribeSpotPriceHistory,
    type EC2Client,
    type InstanceTypeInfo,
    type _InstanceType,
} from "@aws-sdk/client-ec2";
import { GetProductsCommand, type PricingClient } from "@aws-sdk/client-pricing";
import {
    GetAWSDefaultServiceQuotaCommand,
    GetServiceQuotaCommand,
    type ServiceQuota,
    type ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import { z } from "zod";

import { quotaCodeOf } from "../sizing/instances";
import type { DescribedType, Quota, SpotPrice } from "./cloud";

// What AWS says of quotas, offers and prices, as `Cloud` promises it.

export async function quota(client: ServiceQuotasClient, code: string): Promise<Quota | undefined> {
    const asked = { ServiceCode: "ec2", QuotaCode: code };
    const own = await unlessUnknown(client.send(new GetServiceQuotaCommand(asked)));
    // An account that never asked for more has no value of its own.
    const found =
        own ?? (await unlessUnknown(client.send(new GetAWSDefaultServiceQuotaCommand(asked))));
    return found?.Quota?.Value === undefined
        ? undefined
        : { name: found.Quota.QuotaName ?? code, vcpus: found.Quota.Value };
}

async function unlessUnknown(
    answer: Promise<{ Quota?: ServiceQuota }>,
): Promise<{ Quota?: ServiceQuota } | undefined> {
    try {
        return await answer;
    } catch (error) {
        if (error instanceof Error && error.name === "NoSuchResourceException") {
            return undefined;
        }
        throw error;
    }
}

export async function vcpusInUse(client: EC2Client): Promise<Record<string, number>> {
    const inUse: Record<string, number> = {};
    const pages = paginateDescribeInstances(
        { client, pageSize: 1000 },
        {
            Filters: [{ Name: "instance-state-name", Values: ["pending", "running", "stopping"] }],
        },
    );
    for await (const page of pages) {
        for (const machine of (page.Reservations ?? []).flatMap((each) => each.Instances ?? [])) {
            const market = machine.InstanceLifecycle === "spot" ? "spot" : "on-demand";
            const code = quotaCodeOf(machine.InstanceType ?? "", market);
            const { CoreCount = 0, ThreadsPerCore = 0 } = machine.CpuOptions ?? {};
            if (code !== undefined) {
                inUse[code] = (inUse[code] ?? 0) + CoreCount * ThreadsPerCore;
            }
        }
    }
    return inUse;
}

export async function zonesOffering(
    client: EC2Client,
    instanceTypes: readonly string[],
): Promise<Record<string, string[]>> {
    const zones: Record<string, string[]> = Object.fromEntries(
        instanceTypes.map((type) => [type, []]),
    );
    const pages = paginateDescribeInstanceTypeOfferings(
        { client },
        { LocationType: "availability-zone", Filters: typeFilter(instanceTypes) },
    );
    for await (const page of pages) {
        for (const { InstanceType, Location } of page.InstanceTypeOfferings ?? []) {
            zones[InstanceType ?? ""]?.push(Location ?? "");
        }
    }
    return Object.fromEntries(Object.entries(zones).map(([type, found]) => [type, found.sort()]));
}

export async function spotPrices(
    client: EC2Client,
    instanceTypes: readonly string[],
): Promise<SpotPrice[]> {
    const found: SpotPrice[] = [];
    const pages = paginateDescribeSpotPriceHistory(
        { client },
        {
            InstanceTypes: [...instanceTypes] as _InstanceType[],
            ProductDescriptions: ["Linux/UNIX"],
            // From this moment on: only the prices that are in force.
            StartTime: new Date(),
        },
    );
    for await (const page of pages) {
        for (const { InstanceType, AvailabilityZone, SpotPrice } of page.SpotPriceHistory ?? []) {
            found.push({
                instanceType: InstanceType ?? "",
                zone: AvailabilityZone ?? "",
                usdPerHour: Number(SpotPrice),
            });
        }
    }
    return found;
}

export async function describeTypes(
    client: EC2Client,
    instanceTypes: readonly string[],
): Promise<DescribedType[]> {
    const found: DescribedType[] = [];
    // By filter: a type that the region lacks would fail the whole call if it were named.
    const pages = paginateDescribeInstanceTypes(
        { client, pageSize: 100 },
        { Filters: typeFilter(instanceTypes) },
    );
    for await (const page of pages) {
        found.push(...(page.InstanceTypes ?? []).map(describedType));
    }
    return found;
}

function typeFilter(instanceTypes: readonly string[]) {
    return [{ Name: "instance-type", Values: [...instanceTypes] }];
}

function describedType(info: InstanceTypeInfo): DescribedType {
    const gpu = info.GpuInfo?.Gpus?.[0];
    return {
        instanceType: info.InstanceType ?? "",
        vcpus: info.VCpuInfo?.DefaultVCpus ?? 0,
        ramMiB: info.MemoryInfo?.SizeInMiB ?? 0,
        nvmeGB: info.InstanceStorageInfo?.TotalSizeInGB ?? 0,
        gpu: gpu?.Name ?? "",
        gpuCount: gpu?.Count ?? 0,
        gpuMemoryMiB: gpu?.MemoryInfo?.SizeInMiB ?? 0,
    };
}

/** The price list is only served from here, for all regions. Source: AWS Price List API endpoints. */
const PRICING_REGIONS = ["us-east-1", "eu-central-1", "ap-south-1"];

export function pricingRegion(region: string): string {
    return PRICING_REGIONS.includes(region) ? region : PRICING_REGIONS[0];
}

/** A product of the price list, as far as it is read; the keys are made-up codes. */
const product = z.object({
    terms: z.object({
        OnDemand: z.record(
            z.string(),
            z.object({
                priceDimensions: z.record(
                    z.string(),
                    z.object({ pricePerUnit: z.object({ USD: z.coerce.number() }) }),
                ),
            }),
        ),
    }),
});

export async function onDemandUsdPerHour(
    client: PricingClient,
    region: string,
    instanceType: string,
): Promise<number | undefined> {
    const wanted = {
        instanceType,
        regionCode: region,
        operatingSystem: "Linux",
        preInstalledSw: "NA",
        tenancy: "Shared",
        capacitystatus: "Used",
    };
    const answer = await client.send(
        new GetProductsCommand({
            ServiceCode: "AmazonEC2",
            Filters: Object.entries(wanted).map(([Field, Value]) => ({
                Type: "TERM_MATCH",
                Field,
                Value,
            })),
        }),
    );
    const products: readonly unknown[] = answer.PriceList ?? [];
    const prices = products
        .map((text) => product.parse(JSON.parse(String(text))))
        .flatMap(({ terms }) => Object.values(terms.OnDemand))
        .flatMap(({ priceDimensions }) => Object.values(priceDimensions))
        .map(({ pricePerUnit }) => pricePerUnit.USD)
        // At 0 stand reservations, whose hours are paid elsewhere.
        .filter((usd) => usd > 0);
    return prices.length === 0 ? undefined : Math.min(...prices);
}
