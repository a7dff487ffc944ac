import { Session } from "../../rehearsal/session";
import { gpuCi, startSession, stopSession } from "./harness";

let session: Session;

beforeAll(async () => {
    session = await startSession();
}, 120_000);
afterAll(() => stopSession(session));

const doctor = () => gpuCi(session, ["doctor", "--tier", "commit", "--market", "on-demand"]);

test("everything that a run needs is there", async () => {
    const { exitCode, output } = await doctor();
    expect(output).toMatch(/^ok {4}machines on offer +g\S+ in us-east-1a/m);
    expect(output).toMatch(/^ok {4}quota +L-DB2E81BA .* allows 192 vCPUs in us-east-1, 0 in use/m);
    expect(output).not.toMatch(/^(FAIL|\?|Note)/m);
    expect(exitCode).toBe(0);
}, 60_000);

test("a role that may not read quotas, offers or prices is no obstacle", async () => {
    const refused = {
        kind: "error",
        times: 99,
        code: "AccessDeniedException",
        httpStatus: 403,
    } as const;
    await session.injectFaults([
        { ...refused, service: "servicequotas", action: "GetServiceQuota" },
        { ...refused, service: "ec2", action: "DescribeInstanceTypeOfferings" },
        { ...refused, service: "ec2", action: "DescribeSpotPriceHistory" },
    ]);
    const { exitCode, output } = await doctor();
    await session.injectFaults([]);
    expect(output).toMatch(/^\? {5}quota +not known in us-east-1$/m);
    expect(output).toMatch(/^\? {5}machines on offer +not known/m);
    expect(output).toMatch(/^Note: spot prices in us-east-1 are not known/m);
    expect(output).toMatch(/Everything that a run needs is there. 2 not known.$/m);
    expect(exitCode).toBe(0);
}, 60_000);

test("a quota of 0: its code, the page and the command that raise it", async () => {
    await session.setQuotas({ "L-DB2E81BA": 0, "L-417A185B": 0 });
    const { exitCode, output } = await doctor();
    await session.setQuotas({ "L-DB2E81BA": 192, "L-417A185B": 192 });
    expect(output).toMatch(/^FAIL {2}quota +quota L-DB2E81BA .* allows 0 vCPUs .* needs 4$/m);
    expect(output).toMatch(/console\.aws\.amazon\.com\/servicequotas\/.*\/L-DB2E81BA/);
    expect(output).toMatch(/--quota-code L-DB2E81BA --desired-value 4 --region us-east-1/);
    expect(exitCode).toBe(2);
}, 60_000);

test("the tables agree with what the cloud says, by the same questions as on AWS", async () => {
    const { exitCode, output } = await gpuCi(session, ["tables"]);
    expect(output).toMatch(/The tables agree with the cloud\.$/m);
    expect(exitCode).toBe(0);
}, 60_000);
