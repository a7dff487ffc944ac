import type {
    CreateScheduleCommandInput,
    GetScheduleCommandOutput,
} from "@aws-sdk/client-scheduler";
import { finishCreation, type ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { regionOf, scheduler } from "./clients";
import { errorCode, hasCode, pollUntil } from "./waiting";

/** A new role is not known to the scheduler at once. */
const ROLE_RETRY_SECONDS = 20;

type Target = {
    arn: string;
    roleArn: string;
    input?: string;
    deadLetterConfig?: { arn: string };
    retryPolicy?: { maximumEventAgeInSeconds?: number; maximumRetryAttempts?: number };
};

/** AWS's defaults, which the real provider has in its schema. */
const RETRY_DEFAULTS = { maximumEventAgeInSeconds: 86400, maximumRetryAttempts: 185 };

function withRetryDefaults(target: unknown): unknown {
    const given = target as Target;
    return { ...given, retryPolicy: { ...RETRY_DEFAULTS, ...given.retryPolicy } };
}

const instant = (value: unknown) => new Date(String(value)).getTime();

/** `aws.scheduler.Schedule` with a templated target of the plain kind (arn, role, input). */
export const schedule: ResourceType = {
    inputs: {
        actionAfterCompletion: { computed: true },
        description: {},
        endDate: { normalize: instant },
        flexibleTimeWindow: { required: true, keys: ["maximumWindowInMinutes", "mode"] },
        groupName: { replace: true, computed: true },
        kmsKeyArn: {},
        name: { replace: true, computed: true },
        namePrefix: { replace: true, computed: true },
        region: { replace: true, computed: true },
        scheduleExpression: { required: true },
        scheduleExpressionTimezone: { default: "UTC" },
        startDate: { normalize: instant },
        state: { default: "ENABLED" },
        target: {
            required: true,
            keys: ["arn", "deadLetterConfig", "input", "retryPolicy", "roleArn"],
            normalize: withRetryDefaults,
        },
    },
    autoName: { property: "name", maxLength: 64, prefixProperty: "namePrefix" },

    check(inputs) {
        return (["startDate", "endDate"] as const)
            .filter((property) => {
                const value = inputs[property];
                return (
                    typeof value === "string" &&
                    value.includes("T") &&
                    !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)
                );
            })
            .map((property) => ({
                property,
                reason: `"${String(inputs[property])}" is not an RFC 3339 time such as 2026-11-24T07:00:00Z`,
            }));
    },

    async create(inputs, context) {
        const region = regionOf(inputs);
        const client = await scheduler(region);
        const { CreateScheduleCommand } = await import("@aws-sdk/client-scheduler");
        const request = requestOf(inputs);
        let refusal = "";
        await pollUntil(
            async () => {
                try {
                    await client.send(new CreateScheduleCommand(request));
                    return true;
                } catch (error) {
                    const roleUnknown =
                        hasCode(error, "ValidationException") &&
                        error instanceof Error &&
                        /must allow AWS EventBridge Scheduler to assume the role/.test(
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
                what: () => `the scheduler to accept schedule "${request.Name}": ${refusal}`,
                intervalMilliseconds: 1000,
            },
        );
        const id = `${request.GroupName}/${request.Name}`;
        return finishCreation(id, "EventBridge Schedule", () => describe(region, id));
    },

    async read(id, state) {
        const outs = await describe(regionOf(state), id);
        return outs && { id, outs };
    },

    async update(id, _olds, news) {
        const region = regionOf(news);
        const { UpdateScheduleCommand } = await import("@aws-sdk/client-scheduler");
        await (await scheduler(region)).send(new UpdateScheduleCommand(requestOf(news)));
        return (await describe(region, id)) ?? {};
    },

    async delete(id, state) {
        const { DeleteScheduleCommand } = await import("@aws-sdk/client-scheduler");
        try {
            await (await scheduler(regionOf(state))).send(new DeleteScheduleCommand(nameOf(id)));
        } catch (error) {
            if (errorCode(error) !== "ResourceNotFoundException") {
                throw error;
            }
        }
    },
};

function nameOf(id: string): { GroupName: string; Name: string } {
    const [group, name] = id.split("/");
    return { GroupName: group ?? "default", Name: name ?? id };
}

function requestOf(inputs: Properties): CreateScheduleCommandInput {
    const target = inputs.target as Target;
    const window = inputs.flexibleTimeWindow as { mode: string; maximumWindowInMinutes?: number };
    const date = (value: unknown) => (value === undefined ? undefined : new Date(String(value)));
    return {
        Name: String(inputs.name),
        GroupName: String(inputs.groupName ?? "default"),
        ActionAfterCompletion:
            inputs.actionAfterCompletion as CreateScheduleCommandInput["ActionAfterCompletion"],
        Description: inputs.description as string | undefined,
        StartDate: date(inputs.startDate),
        EndDate: date(inputs.endDate),
        FlexibleTimeWindow: {
            Mode: window.mode as "OFF" | "FLEXIBLE",
            MaximumWindowInMinutes: window.maximumWindowInMinutes,
        },
        KmsKeyArn: inputs.kmsKeyArn as string | undefined,
        ScheduleExpression: String(inputs.scheduleExpression),
        ScheduleExpressionTimezone: inputs.scheduleExpressionTimezone as string | undefined,
        State: inputs.state as CreateScheduleCommandInput["State"],
        Target: {
            Arn: target.arn,
            RoleArn: target.roleArn,
            Input: target.input,
            DeadLetterConfig: target.deadLetterConfig && { Arn: target.deadLetterConfig.arn },
            RetryPolicy: target.retryPolicy && {
                MaximumEventAgeInSeconds: target.retryPolicy.maximumEventAgeInSeconds,
                MaximumRetryAttempts: target.retryPolicy.maximumRetryAttempts,
            },
        },
    };
}

const rfc3339 = (date: Date | undefined) => date?.toISOString().replace(/\.000Z$/, "Z");

async function describe(region: string, id: string): Promise<Properties | undefined> {
    const { GetScheduleCommand } = await import("@aws-sdk/client-scheduler");
    let found: GetScheduleCommandOutput;
    try {
        found = await (await scheduler(region)).send(new GetScheduleCommand(nameOf(id)));
    } catch (error) {
        if (errorCode(error) === "ResourceNotFoundException") {
            return undefined;
        }
        throw error;
    }
    const retry = found.Target?.RetryPolicy;
    return {
        actionAfterCompletion: found.ActionAfterCompletion ?? "NONE",
        arn: found.Arn,
        description: found.Description || undefined,
        endDate: rfc3339(found.EndDate),
        flexibleTimeWindow: {
            mode: found.FlexibleTimeWindow?.Mode,
            maximumWindowInMinutes: found.FlexibleTimeWindow?.MaximumWindowInMinutes,
        },
        groupName: found.GroupName ?? nameOf(id).GroupName,
        kmsKeyArn: found.KmsKeyArn || undefined,
        name: found.Name,
        region,
        scheduleExpression: found.ScheduleExpression,
        scheduleExpressionTimezone: found.ScheduleExpressionTimezone ?? "UTC",
        startDate: rfc3339(found.StartDate),
        state: found.State ?? "ENABLED",
        target: {
            arn: found.Target?.Arn,
            roleArn: found.Target?.RoleArn,
            input: found.Target?.Input,
            deadLetterConfig: found.Target?.DeadLetterConfig && {
                arn: found.Target.DeadLetterConfig.Arn,
            },
            retryPolicy: {
                maximumEventAgeInSeconds:
                    retry?.MaximumEventAgeInSeconds ?? RETRY_DEFAULTS.maximumEventAgeInSeconds,
                maximumRetryAttempts:
                    retry?.MaximumRetryAttempts ?? RETRY_DEFAULTS.maximumRetryAttempts,
            },
        },
    };
}
