import { PRODUCT } from "../../components/names";

/** The account for which a policy is written. */
export interface Account {
    /** `aws`, `aws-cn` or `aws-us-gov`. */
    readonly partition: string;
    /** Twelve digits. */
    readonly id: string;
}

/** What is allowed, on what, and under which conditions; nothing here denies. */
export interface PolicyStatement {
    /** Says what it is for; letters and digits. */
    readonly Sid: string;
    readonly Effect: "Allow";
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
}

/** An IAM policy, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
export interface PolicyDocument {
    readonly Version: "2012-10-17";
    readonly Statement: readonly PolicyStatement[];
}

export function policyDocument(statements: readonly PolicyStatement[]): PolicyDocument {
    return { Version: "2012-10-17", Statement: statements };
}

/** ARNs in the account, and in any of its regions: the terminator may be in several. */
export function arnsOf({ partition, id }: Account) {
    return (service: string, ...resources: string[]): string[] =>
        resources.map((resource) => `arn:${partition}:${service}:*:${id}:${resource}`);
}

/** ARNs of IAM, which knows no regions. */
export function iamArn({ partition, id }: Account, resource: string): string {
    return `arn:${partition}:iam::${id}:${resource}`;
}

/** Things that carry our tag already. */
export const ON_OURS = { StringEquals: { "aws:ResourceTag/product": PRODUCT } } as const;
