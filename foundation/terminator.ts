import { PRODUCT } from "../components/names";

/**
 * The terminator: looks at every machine of ours and ends those whose `expires-at` tag is past.
 * AWS's own parts only, so that nothing of ours can crash. One id a call and every error caught: a
 * machine that cannot be ended does not spare the others. A tag that is no time is left alone.
 *
 * Input: `{"now": "2026-11-24T07:00:00Z"}`, as a schedule gives it.
 * Output: `{"machines": [{"instanceId": "...", "outcome": "ended" | "kept" | "malformed" | "failed"}]}`.
 */
export function terminatorDefinition(): object {
    return {
        Comment: "Ends machines of ephemeral-gpu-ci that are past their deadline",
        StartAt: "Find machines",
        States: {
            "Find machines": {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:ec2:describeInstances",
                Parameters: {
                    Filters: [
                        { Name: "tag:product", Values: [PRODUCT] },
                        {
                            Name: "instance-state-name",
                            Values: ["pending", "running", "stopping", "stopped"],
                        },
                    ],
                },
                ResultSelector: { "machines.$": "$.Reservations[*].Instances[*]" },
                ResultPath: "$.found",
                Retry: [
                    {
                        ErrorEquals: ["States.ALL"],
                        IntervalSeconds: 5,
                        BackoffRate: 2,
                        MaxAttempts: 5,
                    },
                ],
                Next: "For each machine",
            },
            "For each machine": {
                Type: "Map",
                ItemsPath: "$.found.machines",
                ItemSelector: {
                    "now.$": "$.now",
                    "instanceId.$": "$$.Map.Item.Value.InstanceId",
                    "tags.$": "$$.Map.Item.Value.Tags",
                    "hasDeadline.$":
                        "States.ArrayContains($$.Map.Item.Value.Tags[*].Key, 'expires-at')",
                },
                MaxConcurrency: 5,
                ItemProcessor: {
                    ProcessorConfig: { Mode: "INLINE" },
                    StartAt: "Has a deadline?",
                    States: machineStates(),
                },
                ResultPath: "$.machines",
                Next: "Done",
            },
            Done: {
                Type: "Pass",
                Parameters: { "machines.$": "$.machines" },
                End: true,
            },
        },
    };
}

function machineStates(): object {
    const outcome = (word: string) => ({
        Type: "Pass",
        Parameters: { "instanceId.$": "$.instanceId", outcome: word },
        End: true,
    });
    return {
        "Has a deadline?": {
            Type: "Choice",
            // A filter that matches nothing has no documented result: it is used only where one does.
            Choices: [{ Variable: "$.hasDeadline", BooleanEquals: true, Next: "Take deadline" }],
            Default: "Malformed",
        },
        "Take deadline": {
            Type: "Pass",
            Parameters: {
                "now.$": "$.now",
                "instanceId.$": "$.instanceId",
                "expiresAt.$": "States.ArrayGetItem($.tags[?(@.Key=='expires-at')].Value, 0)",
            },
            Next: "Past?",
        },
        "Past?": {
            Type: "Choice",
            Choices: [
                {
                    And: [
                        { Variable: "$.expiresAt", IsTimestamp: true },
                        { Variable: "$.expiresAt", TimestampLessThanEqualsPath: "$.now" },
                    ],
                    Next: "End it",
                },
                { Variable: "$.expiresAt", IsTimestamp: true, Next: "Kept" },
            ],
            Default: "Malformed",
        },
        "End it": {
            Type: "Task",
            Resource: "arn:aws:states:::aws-sdk:ec2:terminateInstances",
            Parameters: { "InstanceIds.$": "States.Array($.instanceId)" },
            ResultPath: null,
            // Throttled, or not yet known there: five minutes until the next round would be billed.
            Retry: [
                { ErrorEquals: ["States.ALL"], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 2 },
            ],
            Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Failed" }],
            Next: "Ended",
        },
        Ended: outcome("ended"),
        Kept: outcome("kept"),
        Malformed: outcome("malformed"),
        Failed: outcome("failed"),
    };
}
