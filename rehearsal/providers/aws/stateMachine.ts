import type {
    CreateStateMachineCommandInput,
    DescribeStateMachineCommandOutput,
} from "@aws-sdk/client-sfn";
import { finishCreation, type ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { regionOf, sfn } from "./clients";
import { keepSpelling, normalJson } from "./json";
import { tagChanges, type Tags } from "./tags";
import { hasCode, pollUntil } from "./waiting";

/** A new role is not known to Step Functions at once. */
const ROLE_RETRY_SECONDS = 20;
const GONE_TIMEOUT_SECONDS = 300;

/** `aws.sfn.StateMachine` without logging, tracing, encryption and published versions. */
export const stateMachine: ResourceType = {
    inputs: {
        definition: { required: true, normalize: normalJson },
        name: { replace: true, computed: true },
        namePrefix: { replace: true, computed: true },
        region: { replace: true, computed: true },
        roleArn: { required: true },
        tags: {},
        type: { replace: true, default: "STANDARD" },
    },
    autoName: { property: "name", maxLength: 80, prefixProperty: "namePrefix" },

    async create(inputs, context) {
        const region = regionOf(inputs);
        const client = await sfn(region);
        const { CreateStateMachineCommand } = await import("@aws-sdk/client-sfn");
        let refusal = "";
        const arn = await pollUntil(
            async () => {
                try {
                    const made = await client.send(
                        new CreateStateMachineCommand({
                            name: String(inputs.name),
                            definition: String(inputs.definition),
                            roleArn: String(inputs.roleArn),
                            type: inputs.type as CreateStateMachineCommandInput["type"],
                            tags: toLowerTagList(inputs.tags),
                        }),
                    );
                    return made.stateMachineArn ?? "";
                } catch (error) {
                    const roleUnknown =
                        hasCode(error, "AccessDeniedException", "StateMachineDeleting") &&
                        error instanceof Error &&
                        /Neither the global service principal|is not authorized to (assume|create)|being deleted/i.test(
                            error.message,
                        );
                    if (roleUnknown) {
                        refusal = error.message;
                        return undefined;
                    }
                    throw error;
                }
            },
            {
                signal: context.signal,
                timeoutSeconds: ROLE_RETRY_SECONDS,
                what: () =>
                    `Step Functions to accept state machine "${String(inputs.name)}": ${refusal}`,
                intervalMilliseconds: 1000,
            },
        );
        return finishCreation(arn, "Step Functions State Machine", () =>
            describe(region, arn, inputs),
        );
    },

    async read(id, state) {
        const outs = await describe(regionOf(state), id, state);
        return outs && { id, outs };
    },

    async update(id, olds, news) {
        const region = regionOf(news);
        const client = await sfn(region);
        const sdk = await import("@aws-sdk/client-sfn");
        if (olds.definition !== news.definition || olds.roleArn !== news.roleArn) {
            await client.send(
                new sdk.UpdateStateMachineCommand({
                    stateMachineArn: id,
                    definition: String(news.definition),
                    roleArn: String(news.roleArn),
                }),
            );
        }
        const { set, remove } = tagChanges(olds.tags, news.tags);
        if (remove.length > 0) {
            await client.send(new sdk.UntagResourceCommand({ resourceArn: id, tagKeys: remove }));
        }
        if (Object.keys(set).length > 0) {
            await client.send(
                new sdk.TagResourceCommand({ resourceArn: id, tags: toLowerTagList(set) }),
            );
        }
        return (await describe(region, id, news)) ?? {};
    },

    async delete(id, state, context) {
        const region = regionOf(state);
        const { DeleteStateMachineCommand } = await import("@aws-sdk/client-sfn");
        // Deleting a state machine that is not there is a success for Step Functions, too.
        await (await sfn(region)).send(new DeleteStateMachineCommand({ stateMachineArn: id }));
        await pollUntil(
            async () => ((await findStateMachine(region, id)) === undefined ? true : undefined),
            {
                signal: context.signal,
                timeoutSeconds: GONE_TIMEOUT_SECONDS,
                what: `Step Functions State Machine (${id}) to be deleted`,
                intervalMilliseconds: 500,
            },
        );
    },
};

function toLowerTagList(tags: unknown): { key: string; value: string }[] {
    return Object.entries((tags ?? {}) as Tags).map(([key, value]) => ({ key, value }));
}

/** Asks for a state machine by ARN; undefined when there is none. */
export async function findStateMachine(
    region: string,
    arn: string,
): Promise<DescribeStateMachineCommandOutput | undefined> {
    const { DescribeStateMachineCommand } = await import("@aws-sdk/client-sfn");
    try {
        return await (
            await sfn(region)
        ).send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
    } catch (error) {
        if (hasCode(error, "StateMachineDoesNotExist")) {
            return undefined;
        }
        throw error;
    }
}

async function describe(
    region: string,
    arn: string,
    inputs: Properties,
): Promise<Properties | undefined> {
    const found = await findStateMachine(region, arn);
    if (!found) {
        return undefined;
    }
    const { ListTagsForResourceCommand } = await import("@aws-sdk/client-sfn");
    const listed = await (
        await sfn(region)
    ).send(new ListTagsForResourceCommand({ resourceArn: arn }));
    const tags = Object.fromEntries(
        (listed.tags ?? [])
            .filter((tag) => !tag.key?.startsWith("aws:"))
            .map((tag) => [tag.key ?? "", tag.value ?? ""]),
    );
    return {
        arn: found.stateMachineArn,
        creationDate: found.creationDate?.toISOString(),
        definition: keepSpelling(inputs.definition, found.definition),
        description: found.description ?? "",
        name: found.name,
        region,
        revisionId: found.revisionId ?? "",
        roleArn: found.roleArn,
        status: found.status,
        tags: Object.keys(tags).length > 0 ? tags : undefined,
        tagsAll: tags,
        type: found.type,
    };
}
