import { policyDocument, type PolicyDocument } from "./document";

/**
 * What a schedule may do, a run's deadline and the sweep alike: start the terminator.
 *
 * @param terminatorArns the state machines, one in each region.
 */
export function deadlinePolicy(terminatorArns: readonly string[]): PolicyDocument {
    return policyDocument([
        {
            Sid: "StartTheTerminator",
            Effect: "Allow",
            Action: ["states:StartExecution"],
            Resource: terminatorArns,
        },
    ]);
}
