import { ciPolicy } from "../../../foundation/policies/ci";
import { type PolicyDocument } from "../../../foundation/policies/document";
import { NOT_SEEN_IN_REHEARSAL } from "../../../foundation/policies/notSeenInRehearsal";
import { terminatorPolicy } from "../../../foundation/policies/terminator";
import { APPS, type Call } from "../../../rehearsal/session";
import { unlistedActions } from "../../permissions/callers";
import { actionsOf, missing, unused, withoutActions } from "../../permissions/coverage";
import { forgottenKinds } from "../../permissions/kinds";
import { requestsOf } from "../../permissions/requests";
import { ACCOUNT } from "../../permissions/simulate";

const terminatorArn = `arn:aws:states:us-east-1:${ACCOUNT.id}:stateMachine:ephemeral-gpu-ci-terminator`;

function call(service: string, action: string, params: object, more: Partial<Call> = {}): Call {
    return {
        ...{ at: "2026-11-24T11:00:00.000Z", caller: "states", app: "", region: "us-east-1" },
        ...{ status: 200, resourceTags: {}, service, action, params, ...more },
    };
}

/** What the terminator does in a round with two pages. */
const ROUND = [
    call("ec2", "DescribeInstances", {}),
    call("stepfunctions", "StartExecution", { stateMachineArn: terminatorArn }),
    call(
        "ec2",
        "TerminateInstances",
        { InstanceIds: ["i-1"] },
        { resourceTags: { "i-1": { product: "ephemeral-gpu-ci" } } },
    ),
    call("sns", "Publish", {
        TopicArn: `arn:aws:sns:us-east-1:${ACCOUNT.id}:ephemeral-gpu-ci-alerts`,
    }),
].flatMap(requestsOf);

const POLICY = terminatorPolicy(ACCOUNT);

function without(action: string): PolicyDocument {
    return withoutActions(POLICY, [action]);
}

test("a policy that fits has nothing missing and nothing unused", async () => {
    expect(await missing(POLICY, ROUND)).toEqual([]);
    expect(await unused(POLICY, ROUND)).toEqual([]);
});

test("an action that was taken away is missing, by name", async () => {
    expect(await missing(without("sns:Publish"), ROUND)).toEqual([
        expect.stringMatching(/^sns:Publish on arn:aws:sns:\S+:ephemeral-gpu-ci-alerts with \{\}$/),
    ]);
});

test("a machine without our tag is missing in a policy with tag conditions", async () => {
    const strangers = requestsOf(call("ec2", "TerminateInstances", { InstanceIds: ["i-2"] }));
    expect(await missing(POLICY, strangers)).toEqual([
        expect.stringMatching(/^ec2:TerminateInstances on \S+i-2 with \{\}$/),
    ]);
});

test("an action, and a resource, that no call needed are unused, by name", async () => {
    const wider: PolicyDocument = {
        ...POLICY,
        Statement: POLICY.Statement.map((statement) =>
            statement.Sid === "EndOurs"
                ? {
                      ...statement,
                      Action: [...statement.Action, "ec2:StopInstances"],
                      Resource: [...statement.Resource, "arn:aws:ec2:*:999999999999:instance/*"],
                  }
                : statement,
        ),
    };
    expect(await unused(wider, ROUND)).toEqual([
        "EndOurs: ec2:StopInstances",
        "EndOurs: arn:aws:ec2:*:999999999999:instance/*",
    ]);
});

test("a call of which nobody said what it needs is an error", () => {
    expect(() => requestsOf(call("ec2", "RebootInstances", { InstanceIds: ["i-1"] }))).toThrow(
        /what ec2:RebootInstances needs is not known/,
    );
});

test("a call of which a resource was forgotten is told, by its kind", async () => {
    const noMachine = call("ec2", "TerminateInstances", { InstanceIds: [] });
    expect(await forgottenKinds(noMachine)).toEqual(["ec2:TerminateInstances: instance"]);
    const one = call("ec2", "TerminateInstances", { InstanceIds: ["i-1"] });
    expect(await forgottenKinds(one)).toEqual([]);
});

test("a session tells the actions of CI that its policy does not list, and nobody else's", () => {
    const ci = { caller: "client", app: APPS.ci };
    const calls = [
        call("ec2", "RunInstances", {}, ci),
        call("sts", "GetCallerIdentity", {}, ci),
        call("ec2", "RebootInstances", {}, ci),
        call("iam", "CreateRole", {}, ci),
        call("iam", "CreateRole", {}, { caller: "client", app: APPS.administrator }),
        call("ec2", "StopInstances", {}, { caller: "client", app: "" }),
        call("sns", "Publish", {}),
    ];
    expect(unlistedActions(calls)).toEqual(["ec2:RebootInstances", "iam:CreateRole"]);
});

test("what is not seen in rehearsals is in the policy, once, with who calls it and where to read it", () => {
    const names = NOT_SEEN_IN_REHEARSAL.map(({ action }) => action);
    expect(new Set(names).size).toBe(names.length);
    for (const { action, why, source } of NOT_SEEN_IN_REHEARSAL) {
        expect(actionsOf(ciPolicy({ account: ACCOUNT }))).toContain(action);
        expect(why).not.toBe("");
        expect(source).toMatch(/^https:\/\/\S+$/);
    }
});
