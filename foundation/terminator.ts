import { PRODUCT } from "../components/names";

/**
 * Machines of one page, EC2's least. Step Functions carries at most 256 KiB from state to state
 * (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html), and EC2's answer
 * arrives whole, before anything can be left out of it. An instance takes about 5 KiB, and up to
 * 50 tags of 128 + 256 characters (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html)
 * another 21 KiB: 130 KiB for five of them.
 */
export const MACHINES_A_PAGE = 5;

/** Pages of one round: a chain of executions that never ended would be dear. 5,000 machines. */
const MOST_PAGES = 1000;

const LIVE_STATES = ["pending", "running", "stopping", "stopped"];

const ALREADY_STARTED = "StepFunctions.ExecutionAlreadyExistsException";

/** The tags that prove, beside `product`, that a machine is ours to end. */
const PROOF = { owner: "owner", run: "run", attempt: "attempt", expiresAt: "expires-at" };

const WHOSE =
    "States.Format('owner {}, run {}, attempt {}, expires-at {}', $.owner, $.run, $.attempt, $.expiresAt)";

export interface TerminatorArgs {
    /** The topic that is told of what was ended, what could not be, and what nobody may end. */
    readonly alertsTopicArn: string;
}

/**
 * The terminator: looks at every machine of ours and ends those whose `expires-at` tag is past.
 * AWS's own parts only, so that nothing of ours can crash.
 *
 * - One execution judges one page of machines. Before it does, it starts the execution of the next
 *   page: whatever goes wrong here, the others are looked at; and no number of machines fills an
 *   execution's history (25,000 events) or what it carries.
 * - A machine is ended when all of its tags product, owner, run, attempt and expires-at are there and
 *   well-formed, and the last is past. Any other machine is reported and left alone.
 * - One id a call and every error caught: a machine that cannot be ended does not spare the others.
 *   EC2's errors have one name here (Ec2.Ec2Exception), and a role with a condition on tags gets 403
 *   for a machine that is gone: so after any error EC2 is asked whether the machine still lives.
 *
 * Input: `{"now": "2026-11-24T07:00:00Z"}`, as a schedule gives it.
 * Output: `{"machines": [{"instanceId": "...", "outcome": "ended", "reason": "..."}]}`, with the
 * outcomes ended, kept, gone (by somebody else), not-ours, malformed, failed.
 * Fails, by name, when `now` is no time, when it cannot look, go on to the next page, or tell.
 *
 * @example terminatorDefinition({ alertsTopicArn: topic.arn })
 */
export function terminatorDefinition({ alertsTopicArn }: TerminatorArgs): object {
    const isTold = { IsTimestamp: true, Variable: "$.now" };
    const hasNow = [present("$.now"), isTold];
    const hasToken = [
        present("$.machines.NextToken"),
        { Variable: "$.machines.NextToken", IsString: true },
        { Not: { Variable: "$.machines.NextToken", StringEquals: "" } },
    ];
    return {
        Comment: "Ends machines of ephemeral-gpu-ci that are past their deadline",
        StartAt: "Which page?",
        States: {
            "Which page?": {
                Type: "Choice",
                Choices: [
                    { And: [...hasNow, present("$.nextToken")], Next: "Find next machines" },
                    { And: hasNow, Next: "Find machines" },
                ],
                Default: "Bad now",
            },
            "Bad now": {
                Type: "Pass",
                Parameters: {
                    Error: "BadNow",
                    "Cause.$":
                        "States.Format('now has to be a time such as 2026-11-24T07:00:00Z; the input was {}', States.JsonToString($))",
                },
                ResultPath: "$.problem",
                Next: "Tell of the problem",
            },
            "Find machines": findMachines({}),
            "Find next machines": findMachines({ "NextToken.$": "$.nextToken" }),
            "More pages?": {
                Type: "Choice",
                Choices: [
                    {
                        And: [
                            ...hasToken,
                            present("$.page"),
                            { Variable: "$.page", NumericGreaterThanEquals: MOST_PAGES },
                        ],
                        Next: "Too many pages",
                    },
                    { And: [...hasToken, present("$.page")], Next: "Start next page" },
                    { And: hasToken, Next: "Start second page" },
                    { ...present("$.machines.Reservations[0]"), Next: "List machines" },
                ],
                Default: "Nothing to do",
            },
            "Nothing to do": { Type: "Pass", Result: { machines: [] }, End: true },
            "Too many pages": {
                Type: "Pass",
                Result: {
                    Error: "TooManyPages",
                    Cause: `more than ${MOST_PAGES} pages of machines: the rest is not looked at`,
                },
                ResultPath: "$.problem",
                Next: "List machines",
            },
            "Start second page": startPage({ page: 2 }),
            "Start next page": startPage({ "page.$": "States.MathAdd($.page, 1)" }),
            "List machines": {
                Type: "Pass",
                InputPath: "$.machines",
                Parameters: { "list.$": "$.Reservations[*].Instances[*]" },
                ResultPath: "$.machines",
                Next: "For each machine",
            },
            "For each machine": {
                Type: "Map",
                ItemsPath: "$.machines.list",
                ItemSelector: {
                    "now.$": "$.now",
                    "instanceId.$": "$$.Map.Item.Value.InstanceId",
                    "tags.$": "$$.Map.Item.Value.Tags",
                    "keys.$": "$$.Map.Item.Value.Tags[*].Key",
                    has: mapProof(
                        (key) => `States.ArrayContains($$.Map.Item.Value.Tags[*].Key, '${key}')`,
                    ),
                },
                MaxConcurrency: MACHINES_A_PAGE,
                ItemProcessor: {
                    ProcessorConfig: { Mode: "INLINE" },
                    StartAt: "Ours?",
                    States: machineStates(),
                },
                ResultSelector: {
                    "list.$": "$",
                    "outcomes.$": "States.ArrayUnique($[*].outcome)",
                },
                ResultPath: "$.machines",
                Catch: [caught("$.problem", "Tell of the problem")],
                Next: "Anything to tell?",
            },
            "Anything to tell?": {
                Type: "Choice",
                Choices: [
                    { ...present("$.problem"), Next: "Tell of the problem" },
                    {
                        And: [
                            { Variable: "$.machines.outcomes[0]", StringEquals: "kept" },
                            { Not: present("$.machines.outcomes[1]") },
                        ],
                        Next: "Done",
                    },
                ],
                Default: "Tell",
            },
            Tell: {
                ...tell(alertsTopicArn, "machines past their deadline"),
                Catch: [caught("$.problem", "Failed")],
                Next: "Done",
            },
            Done: { Type: "Pass", Parameters: { "machines.$": "$.machines.list" }, End: true },
            "Tell of the problem": {
                ...tell(alertsTopicArn, "the terminator itself needs help"),
                Catch: [caught(null, "Failed")],
                Next: "Failed",
            },
            Failed: {
                Type: "Fail",
                // Names that begin with "States." are Step Functions' own.
                ErrorPath: "States.Format('Terminator.{}', $.problem.Error)",
                CausePath: "$.problem.Cause",
            },
        },
    };
}

function present(variable: string) {
    return { Variable: variable, IsPresent: true };
}

function caught(resultPath: string | null, next: string) {
    return { ErrorEquals: ["States.ALL"], ResultPath: resultPath, Next: next };
}

function mapProof(path: (key: string) => string): Record<string, string> {
    return Object.fromEntries(Object.entries(PROOF).map(([name, key]) => [`${name}.$`, path(key)]));
}

function liveMachines(...filters: object[]): object {
    return { Filters: [...filters, { Name: "instance-state-name", Values: LIVE_STATES }] };
}

function findMachines(page: object): object {
    return {
        Type: "Task",
        Resource: "arn:aws:states:::aws-sdk:ec2:describeInstances",
        Parameters: {
            ...liveMachines({ Name: "tag:product", Values: [PRODUCT] }),
            MaxResults: MACHINES_A_PAGE,
            ...page,
        },
        ResultPath: "$.machines",
        // 155 s in all: an outage that lasts longer is met by the next round.
        Retry: [
            { ErrorEquals: ["States.ALL"], IntervalSeconds: 5, BackoffRate: 2, MaxAttempts: 5 },
        ],
        Catch: [
            // States.ALL does not mean this one.
            {
                ErrorEquals: ["States.DataLimitExceeded"],
                ResultPath: "$.problem",
                Next: "Tell of the problem",
            },
            caught("$.problem", "Tell of the problem"),
        ],
        Next: "More pages?",
    };
}

/** Continues in another execution: https://docs.aws.amazon.com/step-functions/latest/dg/tutorial-continue-new.html */
function startPage(page: object): object {
    return {
        Type: "Task",
        Resource: "arn:aws:states:::states:startExecution",
        Parameters: {
            "StateMachineArn.$": "$$.StateMachine.Id",
            // Started again because the answer was lost, it is the same execution.
            "Name.$": "States.Hash($$.Execution.Id, 'SHA-1')",
            Input: {
                "now.$": "$.now",
                "nextToken.$": "$.machines.NextToken",
                ...page,
                "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id",
            },
        },
        ResultPath: null,
        Retry: [
            { ErrorEquals: [ALREADY_STARTED], MaxAttempts: 0 },
            { ErrorEquals: ["States.ALL"], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 3 },
        ],
        Catch: [
            { ErrorEquals: [ALREADY_STARTED], ResultPath: null, Next: "List machines" },
            caught("$.problem", "List machines"),
        ],
        Next: "List machines",
    };
}

function tell(topicArn: string, subject: string): object {
    return {
        Type: "Task",
        Resource: "arn:aws:states:::sns:publish",
        Parameters: {
            TopicArn: topicArn,
            Subject: `${PRODUCT}: ${subject}`,
            "Message.$": "States.Format('{} {}', $$.Execution.Id, States.JsonToString($))",
        },
        ResultPath: null,
        Retry: [
            { ErrorEquals: ["States.ALL"], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 3 },
        ],
    };
}

function machineStates(): object {
    return {
        "Ours?": {
            Type: "Choice",
            Choices: [
                {
                    And: Object.keys(PROOF).map((name) => ({
                        Variable: `$.has.${name}`,
                        BooleanEquals: true,
                    })),
                    Next: "Take tags",
                },
            ],
            Default: "Not ours",
        },
        "Take tags": {
            Type: "Pass",
            Parameters: {
                "now.$": "$.now",
                "instanceId.$": "$.instanceId",
                // A filter that matches nothing has no documented result: these all match.
                ...mapProof((key) => `States.ArrayGetItem($.tags[?(@.Key=='${key}')].Value, 0)`),
            },
            Next: "Past?",
        },
        "Past?": {
            Type: "Choice",
            Choices: [
                {
                    And: [
                        ...WELL_FORMED,
                        { Variable: "$.expiresAt", TimestampLessThanEqualsPath: "$.now" },
                    ],
                    Next: "End it",
                },
                { And: WELL_FORMED, Next: "Kept" },
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
            Catch: [caught("$.refusal", "Look again")],
            Next: "Ended",
        },
        "Look again": {
            Type: "Task",
            Resource: "arn:aws:states:::aws-sdk:ec2:describeInstances",
            Parameters: liveMachines({
                Name: "instance-id",
                "Values.$": "States.Array($.instanceId)",
            }),
            ResultPath: "$.seen",
            Retry: [
                { ErrorEquals: ["States.ALL"], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 2 },
            ],
            Catch: [caught("$.unseen", "Not ended")],
            Next: "Still there?",
        },
        "Still there?": {
            Type: "Choice",
            Choices: [{ ...present("$.seen.Reservations[0]"), Next: "Not ended" }],
            Default: "Gone",
        },
        "Not ours": outcome(
            "not-ours",
            "States.Format('needs the tags owner, run, attempt and expires-at; has {}', States.JsonToString($.keys))",
        ),
        Malformed: outcome("malformed", WHOSE),
        Kept: outcome("kept", WHOSE),
        Ended: outcome("ended", WHOSE),
        Gone: outcome("gone", "States.Format('{}: {}', $.refusal.Error, $.refusal.Cause)"),
        "Not ended": outcome("failed", "States.Format('{}: {}', $.refusal.Error, $.refusal.Cause)"),
    };
}

function outcome(word: string, reason: string): object {
    return {
        Type: "Pass",
        Parameters: { "instanceId.$": "$.instanceId", outcome: word, "reason.$": reason },
        End: true,
    };
}

/** A language without regular expressions can look at the first character only. */
function startsWithin(variable: string, first: string, last: string): object {
    const afterLast = String.fromCharCode(last.charCodeAt(0) + 1);
    return {
        And: [
            { Variable: variable, StringGreaterThanEquals: first },
            { Variable: variable, StringLessThan: afterLast },
        ],
    };
}

const WELL_FORMED = [
    { Not: { Variable: "$.owner", StringEquals: "" } },
    { Or: [startsWithin("$.run", "a", "z"), startsWithin("$.run", "0", "9")] },
    startsWithin("$.attempt", "1", "9"),
    { Variable: "$.expiresAt", IsTimestamp: true },
];
