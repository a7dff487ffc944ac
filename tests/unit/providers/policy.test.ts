import {
    CreatePolicyCommand,
    CreatePolicyVersionCommand,
    DeletePolicyCommand,
    DeletePolicyVersionCommand,
    GetPolicyCommand,
    GetPolicyVersionCommand,
    IAMClient,
    ListPolicyVersionsCommand,
    TagPolicyCommand,
    UntagPolicyCommand,
} from "@aws-sdk/client-iam";
import { mockClient } from "aws-sdk-client-mock";

import { awsProvider } from "../../../rehearsal/providers/aws/provider";

const iam = mockClient(IAMClient);
const URN = "urn:pulumi:main::p::aws:iam/policy:Policy::ci";
const ARN = "arn:aws:iam::123456789012:policy/ci";
const DOCUMENT = '{"Version":"2012-10-17","Statement":[]}';
const INPUTS = { name: "ci", policy: DOCUMENT, tags: { product: "p" } };

/** Versions 1 to so many, of which the last is in force. */
function versions(count: number): void {
    iam.on(ListPolicyVersionsCommand).resolves({
        Versions: Array.from({ length: count }, (_, index) => ({
            VersionId: `v${index + 1}`,
            IsDefaultVersion: index + 1 === count,
            CreateDate: new Date(Date.UTC(2026, 10, index + 1)),
        })),
    });
}

beforeEach(() => {
    process.env.AWS_REGION = "us-east-1";
    iam.reset();
    iam.on(CreatePolicyCommand).resolves({ Policy: { Arn: ARN } });
    iam.on(GetPolicyCommand).resolves({
        Policy: { Arn: ARN, PolicyName: "ci", DefaultVersionId: "v2" },
    });
    iam.on(GetPolicyVersionCommand, { PolicyArn: ARN, VersionId: "v2" }).resolves({
        PolicyVersion: { Document: encodeURIComponent(DOCUMENT) },
    });
});

const deletedVersions = () =>
    iam.commandCalls(DeletePolicyVersionCommand).map(({ args }) => args[0].input.VersionId);

test("is made with its tags, and known by its ARN", async () => {
    const made = await awsProvider.create!(URN, INPUTS);
    expect(made).toMatchObject({ id: ARN, outs: { arn: ARN, name: "ci", policy: DOCUMENT } });
    expect(iam.commandCalls(CreatePolicyCommand)[0].args[0].input).toMatchObject({
        PolicyName: "ci",
        PolicyDocument: DOCUMENT,
        Tags: [{ Key: "product", Value: "p" }],
    });
});

test("another text is a new version, in force at once; spacing is no change", async () => {
    versions(2);
    const news = { ...INPUTS, policy: '{ "Version": "2012-10-17", "Statement": [] }' };
    await awsProvider.update!(ARN, URN, INPUTS, news);
    expect(iam.commandCalls(CreatePolicyVersionCommand)).toEqual([]);
    await awsProvider.update!(ARN, URN, INPUTS, { ...INPUTS, policy: '{"Statement":[]}' });
    expect(iam.commandCalls(CreatePolicyVersionCommand)[0].args[0].input).toEqual({
        PolicyArn: ARN,
        PolicyDocument: '{"Statement":[]}',
        SetAsDefault: true,
    });
    expect(deletedVersions()).toEqual([]);
});

test("the oldest of five versions makes room for the next", async () => {
    versions(5);
    await awsProvider.update!(ARN, URN, INPUTS, { ...INPUTS, policy: '{"Statement":[]}' });
    expect(deletedVersions()).toEqual(["v1"]);
});

test("changes its tags in place", async () => {
    await awsProvider.update!(ARN, URN, INPUTS, { ...INPUTS, tags: { part: "f" } });
    expect(iam.commandCalls(UntagPolicyCommand)[0].args[0].input.TagKeys).toEqual(["product"]);
    expect(iam.commandCalls(TagPolicyCommand)[0].args[0].input.Tags).toEqual([
        { Key: "part", Value: "f" },
    ]);
});

test("goes with all of its versions, and is no error where it has gone", async () => {
    versions(3);
    await awsProvider.delete!(ARN, URN, INPUTS);
    expect(deletedVersions()).toEqual(["v1", "v2"]);
    expect(iam.commandCalls(DeletePolicyCommand)[0].args[0].input).toEqual({ PolicyArn: ARN });
    const gone = Object.assign(new Error("gone"), { name: "NoSuchEntityException" });
    iam.on(ListPolicyVersionsCommand).rejects(gone);
    await awsProvider.delete!(ARN, URN, INPUTS);
    iam.on(GetPolicyCommand).rejects(gone);
    expect(await awsProvider.read!(ARN, URN, INPUTS)).toMatchObject({ id: "" });
});
