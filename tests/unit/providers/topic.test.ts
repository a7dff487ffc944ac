import {
    CreateTopicCommand,
    DeleteTopicCommand,
    GetSubscriptionAttributesCommand,
    GetTopicAttributesCommand,
    ListTagsForResourceCommand,
    SNSClient,
    SubscribeCommand,
    TagResourceCommand,
    UnsubscribeCommand,
    UntagResourceCommand,
} from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import { awsProvider } from "../../../rehearsal/providers/aws/provider";

const sns = mockClient(SNSClient);
const TOPIC = "urn:pulumi:main::p::aws:sns/topic:Topic::alerts";
const SUBSCRIPTION = "urn:pulumi:main::p::aws:sns/topicSubscription:TopicSubscription::email";
const ARN = "arn:aws:sns:us-east-1:123456789012:alerts";

const awsError = (name: string) => Object.assign(new Error(name), { name });

beforeEach(() => {
    process.env.AWS_REGION = "us-east-1";
    sns.reset();
    sns.on(CreateTopicCommand).resolves({ TopicArn: ARN });
    sns.on(GetTopicAttributesCommand).resolves({ Attributes: { Owner: "123456789012" } });
    sns.on(ListTagsForResourceCommand).resolves({ Tags: [{ Key: "product", Value: "p" }] });
});

describe("aws.sns.Topic", () => {
    const inputs = { name: "alerts", tags: { product: "p" } };

    test("is made with its tags, and known by its ARN", async () => {
        const made = await awsProvider.create!(TOPIC, inputs);
        expect(made).toMatchObject({ id: ARN, outs: { arn: ARN, name: "alerts" } });
        expect(sns.commandCalls(CreateTopicCommand)[0].args[0].input).toMatchObject({
            Name: "alerts",
            Tags: [{ Key: "product", Value: "p" }],
        });
    });

    test("changes its tags in place", async () => {
        await awsProvider.update!(ARN, TOPIC, inputs, { name: "alerts", tags: { part: "f" } });
        expect(sns.commandCalls(UntagResourceCommand)[0].args[0].input.TagKeys).toEqual([
            "product",
        ]);
        expect(sns.commandCalls(TagResourceCommand)[0].args[0].input.Tags).toEqual([
            { Key: "part", Value: "f" },
        ]);
    });

    test("is gone from the state where SNS does not know it", async () => {
        sns.on(GetTopicAttributesCommand).rejects(awsError("NotFoundException"));
        expect(await awsProvider.read!(ARN, TOPIC, inputs)).toMatchObject({ id: "" });
    });

    test("is deleted by its ARN", async () => {
        await awsProvider.delete!(ARN, TOPIC, inputs);
        expect(sns.commandCalls(DeleteTopicCommand)[0].args[0].input).toEqual({ TopicArn: ARN });
    });

    test("an encrypted one is refused: the stand-in would not encrypt it", async () => {
        const { failures } = await awsProvider.check!(
            TOPIC,
            {},
            { ...inputs, kmsMasterKeyId: "k" },
        );
        expect(failures).toHaveLength(1);
    });
});

describe("aws.sns.TopicSubscription", () => {
    const inputs = { topic: ARN, protocol: "email", endpoint: "on-call@acme.test" };

    test("is found again although nobody has confirmed it yet", async () => {
        sns.on(SubscribeCommand).resolves({ SubscriptionArn: `${ARN}:1` });
        sns.on(GetSubscriptionAttributesCommand).resolves({
            Attributes: { TopicArn: ARN, PendingConfirmation: "true" },
        });
        const made = await awsProvider.create!(SUBSCRIPTION, inputs);
        expect(made).toMatchObject({ id: `${ARN}:1`, outs: { pendingConfirmation: true } });
        expect(sns.commandCalls(SubscribeCommand)[0].args[0].input).toMatchObject({
            Endpoint: "on-call@acme.test",
            ReturnSubscriptionArn: true,
        });
    });

    test("ends once, and a second end is no error", async () => {
        sns.on(UnsubscribeCommand).rejects(awsError("NotFoundException"));
        await expect(
            awsProvider.delete!(`${ARN}:1`, SUBSCRIPTION, inputs),
        ).resolves.toBeUndefined();
    });
});
