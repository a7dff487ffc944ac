import * as aws from "@pulumi/aws";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { deadlineMargins } from "../machine/margins";
import { Foundation } from "./foundation";
import { resourceName, RunIdentity } from "./names";

// The schedule keeps firing this long after the deadline: a machine may be born late, and one
// attempt to end it may fail.
const SECONDS_AFTER_DEADLINE = 24 * 3600;

export interface DeadlineScheduleArgs {
    readonly run: pulumi.Input<RunIdentity>;
    /** Minutes from the first `up` until the deadline. Later changes do not move it. */
    readonly deadlineMinutes: number;
    /** The terminator, and the role that may start it. */
    readonly foundation: pulumi.Input<Foundation>;
}

/**
 * The run's deadline, and the schedule in AWS that enforces it when everything else is gone. It
 * exists before the machine (let the machine depend on it), starts the foundation's terminator just
 * before the deadline and every five minutes after that, and deletes itself a day later. It outlives
 * the stack: a destroy that overlooks a machine must not take away what would end it.
 *
 * The terminator is told the deadline itself as its "now": it then ends what expires by this run's
 * deadline, although it starts a little earlier, so that the bill is closed in time.
 */
export class DeadlineSchedule extends pulumi.ComponentResource {
    /** The instant as `2026-11-24T07:00:00Z`, fixed at the first `up`. */
    public readonly deadline: pulumi.Output<string>;
    public readonly scheduleArn: pulumi.Output<string>;

    constructor(name: string, args: DeadlineScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
        super("ephemeral-gpu-ci:index:DeadlineSchedule", name, {}, opts);

        const instant = new command.local.Command(
            `${name}-instant`,
            {
                create: `node -p "new Date(Date.now() + ${args.deadlineMinutes} * 60000).toISOString().slice(0, 19) + 'Z'"`,
                addPreviousOutputInEnv: false,
            },
            // Run again, it would move the deadline.
            { parent: this, ignoreChanges: ["create"] },
        );
        this.deadline = instant.stdout.apply((text) => text.trim());

        const run = pulumi.output(args.run);
        const { scheduleSeconds } = deadlineMargins(args.deadlineMinutes);
        const foundation = pulumi.output(args.foundation);
        const schedule = new aws.scheduler.Schedule(
            `${name}-schedule`,
            {
                name: run.apply(resourceName),
                description: pulumi.interpolate`Ends machines past their deadline, armed by run ${run.runId}`,
                scheduleExpression: "rate(5 minutes)",
                startDate: this.deadline.apply((at) => secondsBefore(at, scheduleSeconds)),
                endDate: this.deadline.apply((at) => secondsBefore(at, -SECONDS_AFTER_DEADLINE)),
                flexibleTimeWindow: { mode: "OFF" },
                actionAfterCompletion: "DELETE",
                target: {
                    arn: foundation.terminatorArn,
                    roleArn: foundation.deadlineRoleArn,
                    input: pulumi.jsonStringify({ now: this.deadline }),
                    retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 3600 },
                },
            },
            { parent: this, retainOnDelete: true },
        );
        this.scheduleArn = schedule.arn;
        this.registerOutputs({ deadline: this.deadline, scheduleArn: this.scheduleArn });
    }
}

/** An instant so many seconds before another one, both as `2026-11-24T07:00:00Z`. */
export function secondsBefore(instant: string, seconds: number): string {
    return `${new Date(Date.parse(instant) - seconds * 1000).toISOString().slice(0, 19)}Z`;
}
