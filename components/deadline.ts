import * as aws from "@pulumi/aws";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { Foundation } from "./foundation";
import { resourceName, RunIdentity } from "./names";

// The schedule keeps firing this long after the deadline: a machine may be born late, and one
// attempt to end it may fail.
const HOURS_AFTER_DEADLINE = 24;

export interface DeadlineScheduleArgs {
    readonly run: pulumi.Input<RunIdentity>;
    /** Minutes from the first `up` until the deadline. Later changes do not move it. */
    readonly deadlineMinutes: number;
    /** The terminator, and the role that may start it. */
    readonly foundation: pulumi.Input<Foundation>;
}

/**
 * The run's deadline, and the schedule in AWS that enforces it when everything else is gone. It
 * exists before the machine (let the machine depend on it), starts the foundation's terminator at
 * the deadline and every five minutes after it, and deletes itself a day later. It outlives the
 * stack: a destroy that overlooks a machine must not take away what would end it.
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
        const foundation = pulumi.output(args.foundation);
        const schedule = new aws.scheduler.Schedule(
            `${name}-schedule`,
            {
                name: run.apply(resourceName),
                description: pulumi.interpolate`Ends machines past their deadline, armed by run ${run.runId}`,
                scheduleExpression: "rate(5 minutes)",
                startDate: this.deadline,
                endDate: this.deadline.apply(hoursLater),
                flexibleTimeWindow: { mode: "OFF" },
                actionAfterCompletion: "DELETE",
                target: {
                    arn: foundation.terminatorArn,
                    roleArn: foundation.deadlineRoleArn,
                    input: JSON.stringify({ now: "<aws.scheduler.scheduled-time>" }),
                    retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 3600 },
                },
            },
            { parent: this, retainOnDelete: true },
        );
        this.scheduleArn = schedule.arn;
        this.registerOutputs({ deadline: this.deadline, scheduleArn: this.scheduleArn });
    }
}

function hoursLater(instant: string): string {
    const later = new Date(Date.parse(instant) + HOURS_AFTER_DEADLINE * 3_600_000);
    return `${later.toISOString().slice(0, 19)}Z`;
}
