import { gatherFacts } from "../../../scripts/facts";
import { awsError, FakeCloud } from "./fakes";

test("what the cloud says: zones, quotas of both markets, the cheapest zone's spot price", async () => {
    const cloud = new FakeCloud();
    cloud.quotas = { "L-3819A6DF": 0 };
    cloud.inUse = { "L-DB2E81BA": 8, "L-417A185B": 96 };
    cloud.spotUsd = { "g6.xlarge": [0.41, 0.39, 0.4] };
    cloud.zones = { "g7e.2xlarge": [] };
    expect(await gatherFacts(cloud, ["g6.xlarge", "g7e.2xlarge"])).toEqual({
        facts: {
            region: "us-east-1",
            zones: { "g6.xlarge": ["us-east-1a", "us-east-1b"], "g7e.2xlarge": [] },
            quotas: {
                "L-DB2E81BA": { limit: 192, used: 8 },
                "L-3819A6DF": { limit: 0, used: 0 },
            },
            spotUsdPerHour: { "g6.xlarge": 0.39 },
        },
        notes: [],
    });
});

test("each refusal is one note that names the right, and spares the other answers", async () => {
    const cloud = new FakeCloud();
    const no = () => awsError("AccessDeniedException", "no");
    cloud.failures = { quota: [no(), no()], spotPrices: [no()] };
    const { facts, notes } = await gatherFacts(cloud, ["g6.xlarge"]);
    expect(facts).toMatchObject({ quotas: {}, spotUsdPerHour: {} });
    expect(facts.zones).toEqual({ "g6.xlarge": ["us-east-1a", "us-east-1b"] });
    expect([...notes].sort()).toEqual([
        "quotas in us-east-1 are not known (AccessDeniedException: no); the role of this caller may lack servicequotas:GetServiceQuota",
        "spot prices in us-east-1 are not known (AccessDeniedException: no); the role of this caller may lack ec2:DescribeSpotPriceHistory",
    ]);
});

test("a type whose zones are not known is absent, which is not the same as offered nowhere", async () => {
    const cloud = new FakeCloud();
    cloud.failures = { zonesOffering: [awsError("RequestTimeout")] };
    expect((await gatherFacts(cloud, ["g6.xlarge"])).facts.zones).toEqual({});
});
