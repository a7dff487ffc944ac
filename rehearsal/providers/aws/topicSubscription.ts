import { finishCreation, type ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { regionOf, sns } from "./clients";
import { hasCode } from "./waiting";

/** `aws.sns.TopicSubscription` by e-mail, which its reader confirms (or not) in his own time. */
export const topicSubscription: ResourceType = {
    inputs: {
        endpoint: { required: true, replace: true },
        protocol: { required: true, replace: true },
        region: { replace: true, computed: true },
        topic: { required: true, replace: true },
    },

    check(inputs) {
        return inputs.protocol === "email"
            ? []
            : [{ property: "protocol", reason: "the stand-in subscribes by email only" }];
    },

    async create(inputs) {
        const region = regionOf(inputs);
        const { SubscribeCommand } = await import("@aws-sdk/client-sns");
        const made = await (
            await sns(region)
        ).send(
            new SubscribeCommand({
                TopicArn: String(inputs.topic),
                Protocol: String(inputs.protocol),
                Endpoint: String(inputs.endpoint),
                // Else the answer is "pending confirmation", by which nothing can be found again.
                ReturnSubscriptionArn: true,
            }),
        );
        const arn = made.SubscriptionArn ?? "";
        return finishCreation(arn, "SNS Topic Subscription", () => describe(region, arn));
    },

    async read(id, state) {
        const outs = await describe(regionOf(state), id);
        return outs && { id, outs };
    },

    async delete(id, state) {
        const { UnsubscribeCommand } = await import("@aws-sdk/client-sns");
        try {
            await (
                await sns(regionOf(state))
            ).send(new UnsubscribeCommand({ SubscriptionArn: id }));
        } catch (error) {
            if (!hasCode(error, "NotFoundException", "NotFound")) {
                throw error;
            }
        }
    },
};

async function describe(region: string, arn: string): Promise<Properties | undefined> {
    const { GetSubscriptionAttributesCommand } = await import("@aws-sdk/client-sns");
    try {
        const { Attributes = {} } = await (
            await sns(region)
        ).send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn }));
        return {
            arn,
            endpoint: Attributes.Endpoint,
            ownerId: Attributes.Owner,
            pendingConfirmation: Attributes.PendingConfirmation === "true",
            protocol: Attributes.Protocol,
            region,
            topic: Attributes.TopicArn,
        };
    } catch (error) {
        if (hasCode(error, "NotFoundException", "NotFound")) {
            return undefined;
        }
        throw error;
    }
}
