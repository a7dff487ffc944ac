import { FOUNDATION_NAMES } from "../../components/names";
import { arnsOf, ON_OURS, policyDocument, type Account, type PolicyDocument } from "./document";

/**
 * What the terminator may do: look, end what carries our tag, go on to the next page of machines, and
 * tell. Its own look at `expires-at` is in its definition; here nobody else's machine can be ended.
 */
export function terminatorPolicy(account: Account): PolicyDocument {
    const arns = arnsOf(account);
    return policyDocument([
        {
            Sid: "FindMachines",
            Effect: "Allow",
            Action: ["ec2:DescribeInstances"],
            Resource: ["*"],
        },
        {
            Sid: "EndOurs",
            Effect: "Allow",
            Action: ["ec2:TerminateInstances"],
            Resource: arns("ec2", "instance/*"),
            Condition: ON_OURS,
        },
        {
            Sid: "GoOnToTheNextPage",
            Effect: "Allow",
            Action: ["states:StartExecution"],
            Resource: arns("states", `stateMachine:${FOUNDATION_NAMES.terminatorName}`),
        },
        {
            Sid: "Tell",
            Effect: "Allow",
            Action: ["sns:Publish"],
            Resource: arns("sns", FOUNDATION_NAMES.alertsName),
        },
    ]);
}
