import { offeringCheck, quotaCheck, type PlacedCandidate } from "../../../scripts/capacityChecks";
import { runChecks, type CheckResult } from "../../../scripts/checks";
import type { CloudFacts } from "../../../sizing";

const small: PlacedCandidate = {
    instanceType: "g6.xlarge",
    market: "on-demand",
    region: null,
    zone: null,
    vcpus: 4,
    quotaCode: "L-DB2E81BA",
};
const spot: PlacedCandidate = { ...small, market: "spot", quotaCode: "L-3819A6DF" };
const large: PlacedCandidate = { ...small, instanceType: "g6.48xlarge", vcpus: 192 };

function facts(known: Partial<CloudFacts>): CloudFacts {
    return { region: "eu-west-1", zones: {}, quotas: {}, spotUsdPerHour: {}, ...known };
}

async function only(...checks: Parameters<typeof runChecks>[0]): Promise<CheckResult> {
    return (await runChecks(checks))[0];
}

const quotas = (limit: number, used: number) => ({ "L-DB2E81BA": { limit, used } });

describe("quota", () => {
    test("enough for every candidate", async () => {
        expect(await only(quotaCheck(facts({ quotas: quotas(4, 0) }), [small]))).toMatchObject({
            state: "ok",
            detail: "L-DB2E81BA (Running On-Demand G and VT instances) allows 4 vCPUs in eu-west-1, 0 in use",
        });
    });

    test("every quota that a candidate counts against is named", async () => {
        const both = { ...quotas(192, 0), "L-3819A6DF": { limit: 64, used: 4 } };
        const { detail } = await only(quotaCheck(facts({ quotas: both }), [spot, large, small]));
        expect(detail).toMatch(/^L-3819A6DF .* 64 vCPUs .* 4 in use; L-DB2E81BA .* 192 vCPUs/);
    });

    test("what runs already counts: code, present value, needed value, link and command are named", async () => {
        const { state, error } = await only(
            quotaCheck(facts({ quotas: quotas(8, 6) }), [large, small]),
        );
        expect(state).toBe("failed");
        expect(error).toMatchObject({
            given: "quota L-DB2E81BA (Running On-Demand G and VT instances) allows 8 vCPUs in eu-west-1, 6 in use; g6.xlarge on-demand needs 4",
            allowed: "10 or more for g6.xlarge",
            next:
                "ask for more at https://eu-west-1.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/L-DB2E81BA, " +
                "or: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA --desired-value 10 --region eu-west-1",
        });
    });

    test("one candidate that can be launched is enough; the others are named", async () => {
        const result = await only(quotaCheck(facts({ quotas: quotas(8, 0) }), [large, small]));
        expect(result.state).toBe("ok");
        expect(result.detail).toMatch(/; not possible: g6\.48xlarge on-demand$/);
    });

    test.each([
        ["in a market that is not known", spot],
        ["in another region", { ...small, region: "us-east-1" }],
    ])("a candidate %s may be launched, so nothing fails", async (_where, other) => {
        const { state } = await only(quotaCheck(facts({ quotas: quotas(0, 0) }), [small, other]));
        expect(state).toBe("ok");
    });

    test("nothing known is neither right nor wrong", async () => {
        expect(await only(quotaCheck(facts({}), [small]))).toMatchObject({
            state: "unknown",
            detail: "not known in eu-west-1",
        });
    });
});

describe("offers", () => {
    const zones = { "g6.xlarge": ["eu-west-1a", "eu-west-1b"], "g6.48xlarge": [] };

    test("the first choice's zones, and what the region lacks", async () => {
        const result = await only(offeringCheck(facts({ zones }), [large, small]));
        expect(result).toMatchObject({
            state: "ok",
            detail: "g6.xlarge in eu-west-1a, eu-west-1b; not possible: g6.48xlarge on-demand",
        });
    });

    test("types of which there are more are counted, each once", async () => {
        const more = { ...zones, "g5.xlarge": ["eu-west-1a"] };
        const a10g = { ...small, instanceType: "g5.xlarge" } as const;
        const { detail } = await only(offeringCheck(facts({ zones: more }), [small, spot, a10g]));
        expect(detail).toBe("g6.xlarge in eu-west-1a, eu-west-1b, and 1 more");
    });

    test("a region that offers none", async () => {
        const { error } = await only(offeringCheck(facts({ zones }), [large]));
        expect(error?.message).toBe(
            "eu-west-1 offers none of the plan's machines: g6.48xlarge. Allowed: a region that offers one of them. " +
                "Next: set AWS_REGION, or aws:region in the stack's settings, or name fallbackRegions.",
        );
    });

    test("a zone that lacks it: the zones that have it", async () => {
        const { error } = await only(
            offeringCheck(facts({ zones }), [{ ...small, zone: "eu-west-1c" }]),
        );
        expect(error?.message).toMatch(
            /^eu-west-1c offers none.*Allowed: eu-west-1a, eu-west-1b\./,
        );
    });

    test("nothing known", async () => {
        const { state } = await only(offeringCheck(facts({}), [small]));
        expect(state).toBe("unknown");
    });
});
