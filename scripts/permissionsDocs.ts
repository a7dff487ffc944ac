import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { FOUNDATION_NAMES } from "../components/names";
import { ciPolicy } from "../foundation/policies/ci";
import { deadlinePolicy } from "../foundation/policies/deadline";
import type { PolicyDocument, PolicyStatement } from "../foundation/policies/document";
import { machinePolicy } from "../foundation/policies/machine";
import { NOT_SEEN_IN_REHEARSAL } from "../foundation/policies/notSeenInRehearsal";
import { terminatorPolicy } from "../foundation/policies/terminator";

export const DOCS_FILE = join(__dirname, "..", "docs", "permissions.md");

const BEGIN = "<!-- written by npm run docs:permissions -->";
const END = "<!-- end -->";
const ACCOUNT = { partition: "aws", id: "ACCOUNT" };
const BUCKET = "arn:aws:s3:::BUCKET";
const TERMINATOR = `arn:aws:states:REGION:ACCOUNT:stateMachine:${FOUNDATION_NAMES.terminatorName}`;

const VERBS: Readonly<Record<string, string>> = {
    StringEquals: "is",
    StringLike: "is like",
    "ForAnyValue:StringEquals": "has",
};

/** docs/permissions.md with its last part as the policies are now. */
export function permissionsDocs(written = readFileSync(DOCS_FILE, "utf8")): string {
    const [before, rest] = written.split(BEGIN);
    const after = rest.split(END)[1];
    const unseen = NOT_SEEN_IN_REHEARSAL.map(
        ({ action, why, source }) => `- \`${action}\`: ${why}, [source](${source})`,
    );
    return [
        `${before}${BEGIN}`,
        unseen.join("\n"),
        "## Every statement",
        "With a report bucket, in partition `aws`.",
        section("CI", ciPolicy({ account: ACCOUNT, reportBucketArn: BUCKET })),
        section("The machine", machinePolicy(BUCKET)),
        section("The terminator", terminatorPolicy(ACCOUNT)),
        section("Schedules", deadlinePolicy([TERMINATOR])),
        `${END}${after}`,
    ].join("\n\n");
}

function section(who: string, policy: PolicyDocument): string {
    return [`### ${who}`, policy.Statement.map(item).join("\n")].join("\n\n");
}

function item({ Sid, Action, Resource, Condition }: PolicyStatement): string {
    const conditions = Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, value]) => `  - if ${conditionText(operator, key, value)}`),
    );
    return [`- **${Sid}**: ${codes(Action)}`, `  - on ${codes(Resource)}`, ...conditions].join(
        "\n",
    );
}

function conditionText(operator: string, key: string, value: string | readonly string[]): string {
    if (operator === "Null") {
        return `\`${key}\` is ${value === "false" ? "given" : "not given"}`;
    }
    const verb = VERBS[operator];
    if (verb === undefined) {
        throw new Error(`say in words what ${operator} asks for: scripts/permissionsDocs.ts`);
    }
    return `\`${key}\` ${verb} ${codes([value].flat())}`;
}

function codes(words: readonly string[]): string {
    return words.map((word) => `\`${word}\``).join(", ");
}

function main(): void {
    writeFileSync(DOCS_FILE, permissionsDocs());
}

if (require.main === module) main();
