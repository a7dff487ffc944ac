import {
    DescribeInstancesCommand,
    DescribeInstanceTypeOfferingsCommand,
    DescribeInstanceTypesCommand,
    DescribeSpotPriceHistoryCommand,
    EC2Client,
} from "@aws-sdk/client-ec2";
import { GetProductsCommand, PricingClient } from "@aws-sdk/client-pricing";
import {
    GetAWSDefaultServiceQuotaCommand,
    GetServiceQuotaCommand,
    ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import { mockClient } from "aws-sdk-client-mock";

import { AwsCloud } from "../../../scripts/awsCloud";
import { pricingRegion } from "../../../scripts/awsFacts";
import { awsError } from "./fakes";

const ec2 = mockClient(EC2Client);
const quotas = mockClient(ServiceQuotasClient);
const pricing = mockClient(PricingClient);
const cloud = new AwsCloud({ region: "eu-west-1" });

beforeEach(() => [ec2, quotas, pricing].forEach((mock) => mock.reset()));

describe("a quota", () => {
    test("is the account's own", async () => {
        const Quota = { QuotaName: "Running On-Demand G and VT instances", Value: 64 };
        quotas.on(GetServiceQuotaCommand).resolves({ Quota });
        expect(await cloud.quota("L-DB2E81BA")).toEqual({ name: Quota.QuotaName, vcpus: 64 });
    });

    test("is AWS's starting value where the account has none, and 0 is a value", async () => {
        quotas.on(GetServiceQuotaCommand).rejects(awsError("NoSuchResourceException"));
        quotas.on(GetAWSDefaultServiceQuotaCommand).resolves({ Quota: { Value: 0 } });
        expect(await cloud.quota("L-1")).toEqual({ name: "L-1", vcpus: 0 });
        quotas.on(GetAWSDefaultServiceQuotaCommand).rejects(awsError("NoSuchResourceException"));
        expect(await cloud.quota("L-1")).toBeUndefined();
    });

    test("that may not be read is an error, not a default", async () => {
        quotas.on(GetServiceQuotaCommand).rejects(awsError("AccessDeniedException"));
        await expect(cloud.quota("L-1")).rejects.toThrow("AccessDeniedException");
        expect(quotas.commandCalls(GetAWSDefaultServiceQuotaCommand)).toHaveLength(0);
    });
});

test("vCPUs in use: every GPU machine of the account by code and market, to the last page", async () => {
    const machine = (InstanceType: string, CoreCount: number, spot = false) => ({
        InstanceType: InstanceType as "g6.xlarge",
        ...(spot ? { InstanceLifecycle: "spot" as const } : {}),
        CpuOptions: { CoreCount, ThreadsPerCore: 2 },
    });
    ec2.on(DescribeInstancesCommand)
        .resolvesOnce({
            Reservations: [{ Instances: [machine("g6.xlarge", 2), machine("m5.24xlarge", 48)] }],
            NextToken: "more",
        })
        .resolvesOnce({
            Reservations: [
                { Instances: [machine("g3.4xlarge", 8)] },
                { Instances: [machine("p5.48xlarge", 96, true)] },
            ],
        });
    expect(await cloud.vcpusInUse()).toEqual({ "L-DB2E81BA": 20, "L-C4BD4855": 192 });
    expect(ec2.commandCalls(DescribeInstancesCommand)[0].args[0].input.Filters).toEqual([
        { Name: "instance-state-name", Values: ["pending", "running", "stopping"] },
    ]);
});

test("zones: sorted, to the last page; a type without any has an empty list", async () => {
    const offer = (InstanceType: "g6.xlarge", Location: string) => ({ InstanceType, Location });
    ec2.on(DescribeInstanceTypeOfferingsCommand)
        .resolvesOnce({
            InstanceTypeOfferings: [offer("g6.xlarge", "eu-west-1c")],
            NextToken: "more",
        })
        .resolvesOnce({ InstanceTypeOfferings: [offer("g6.xlarge", "eu-west-1a")] });
    expect(await cloud.zonesOffering(["g6.xlarge", "g7e.2xlarge"])).toEqual({
        "g6.xlarge": ["eu-west-1a", "eu-west-1c"],
        "g7e.2xlarge": [],
    });
});

test("spot prices: only those in force now, of Linux", async () => {
    ec2.on(DescribeSpotPriceHistoryCommand).resolves({
        SpotPriceHistory: [
            { InstanceType: "g6.xlarge", AvailabilityZone: "eu-west-1a", SpotPrice: "0.403200" },
        ],
    });
    expect(await cloud.spotPrices(["g6.xlarge"])).toEqual([
        { instanceType: "g6.xlarge", zone: "eu-west-1a", usdPerHour: 0.4032 },
    ]);
    const { input } = ec2.commandCalls(DescribeSpotPriceHistoryCommand)[0].args[0];
    expect(input).toMatchObject({ ProductDescriptions: ["Linux/UNIX"] });
    expect(Date.now() - (input.StartTime?.getTime() ?? 0)).toBeLessThan(10_000);
});

test("a type as EC2 describes it; asked by filter, since a name that is unknown fails the call", async () => {
    ec2.on(DescribeInstanceTypesCommand).resolves({
        InstanceTypes: [
            {
                InstanceType: "g6.xlarge",
                VCpuInfo: { DefaultVCpus: 4 },
                MemoryInfo: { SizeInMiB: 16_384 },
                InstanceStorageInfo: { TotalSizeInGB: 250 },
                GpuInfo: { Gpus: [{ Name: "L4", Count: 1, MemoryInfo: { SizeInMiB: 22_888 } }] },
            },
        ],
    });
    expect(await cloud.describeTypes(["g6.xlarge", "g9.huge"])).toEqual([
        {
            instanceType: "g6.xlarge",
            vcpus: 4,
            ramMiB: 16_384,
            nvmeGB: 250,
            gpu: "L4",
            gpuCount: 1,
            gpuMemoryMiB: 22_888,
        },
    ]);
    const { input } = ec2.commandCalls(DescribeInstanceTypesCommand)[0].args[0];
    expect(input.InstanceTypes).toBeUndefined();
    expect(input.Filters).toEqual([{ Name: "instance-type", Values: ["g6.xlarge", "g9.huge"] }]);
});

describe("the on-demand price", () => {
    const listed = (usd: string) =>
        JSON.stringify({
            terms: {
                OnDemand: { a: { priceDimensions: { b: { pricePerUnit: { USD: usd } } } } },
            },
        });

    test("is the cloud region's, and an entry at 0 is no price", async () => {
        pricing
            .on(GetProductsCommand)
            .resolves({ PriceList: [listed("0.0000000000"), listed("0.9000000000")] });
        expect(await cloud.onDemandUsdPerHour("g6.xlarge")).toBe(0.9);
        const { input } = pricing.commandCalls(GetProductsCommand)[0].args[0];
        expect(input.Filters).toContainEqual({
            Type: "TERM_MATCH",
            Field: "regionCode",
            Value: "eu-west-1",
        });
    });

    test("is undefined where none is listed", async () => {
        pricing.on(GetProductsCommand).resolves({ PriceList: [] });
        expect(await cloud.onDemandUsdPerHour("p5e.48xlarge")).toBeUndefined();
    });

    test("is served from three regions only", () => {
        expect(["ap-south-1", "eu-west-1", "us-east-1"].map(pricingRegion)).toEqual([
            "ap-south-1",
            "us-east-1",
            "us-east-1",
        ]);
    });
});
