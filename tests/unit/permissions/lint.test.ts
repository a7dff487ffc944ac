import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { ciPolicy } from "../../../foundation/policies/ci";
import { deadlinePolicy } from "../../../foundation/policies/deadline";
import { machinePolicy } from "../../../foundation/policies/machine";
import { terminatorPolicy } from "../../../foundation/policies/terminator";
import { cacheFolder } from "../../../scripts/setup/cacheFolder";
import { ensurePython } from "../../../scripts/setup/pythonEnvironment";
import { takeLock } from "../../../scripts/setup/setupLock";
import { ACCOUNT } from "../../permissions/simulate";

const BUCKET = "arn:aws:s3:::acme-gpu-reports";
const TERMINATOR = `arn:aws:states:us-east-1:${ACCOUNT.id}:stateMachine:ephemeral-gpu-ci-terminator`;
const CI = ciPolicy({ account: ACCOUNT, reportBucketArn: BUCKET });

interface Finding {
    readonly issue: string;
    readonly detail: unknown;
}

let python: string;

/** `npm test` has made it; a single file run by hand does it itself. */
beforeAll(async () => {
    const given = process.env.GPU_CI_TEST_TOOLS;
    if (given) {
        python = JSON.parse(given).python;
        return;
    }
    const cacheDir = cacheFolder();
    const release = await takeLock(join(cacheDir, "setup.lock"), () => undefined);
    try {
        const { signal } = new AbortController();
        const write = (line: string) => process.stderr.write(`${line}\n`);
        python = await ensurePython({ cacheDir, env: process.env, signal, write });
    } finally {
        release();
    }
}, 300_000);

function lint(policies: Record<string, unknown>): Record<string, Finding[]> {
    const script = join(__dirname, "..", "..", "permissions", "lint_policies.py");
    const { status, stdout, stderr } = spawnSync(python, [script], {
        input: JSON.stringify(policies),
        encoding: "utf8",
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    return JSON.parse(stdout);
}

/** What is found and stays, and why. */
const ACCEPTED: Readonly<Record<string, string>> = {
    PERMISSIONS_MANAGEMENT_ACTIONS: "iam:PassRole hands on the foundation's own two roles only",
    PRIVILEGE_ESCALATION:
        "the roles that can be passed with a launch or a schedule may store a report, and start the terminator",
};

/**
 * The linter wants all that a launch needs in one statement. Here each thing has conditions of its own:
 * what a statement lacks has to be in another one.
 */
function isElsewhere(action: string, requiredFormat: string): boolean {
    const format = new RegExp(
        `^${requiredFormat.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`,
    );
    return CI.Statement.filter(({ Action }) => Action.includes(action))
        .flatMap(({ Resource }) => Resource)
        .some((resource) => format.test(resource));
}

function isAccepted({ issue, detail }: Finding): boolean {
    if (issue !== "RESOURCE_MISMATCH") {
        return issue in ACCEPTED;
    }
    const lacking = detail as readonly { action: string; required_format: string }[];
    return lacking.every(
        ({ action, required_format }) =>
            ["ec2:RunInstances", "ec2:CreateSecurityGroup"].includes(action) &&
            isElsewhere(action, required_format),
    );
}

test("the linter has nothing to say about the foundation's roles", () => {
    const policies = {
        machine: machinePolicy(BUCKET),
        terminator: terminatorPolicy(ACCOUNT),
        deadline: deadlinePolicy([TERMINATOR]),
    };
    expect(lint(policies)).toEqual({ machine: [], terminator: [], deadline: [] });
});

test("nor about the policy for CI, but for what is accepted with a reason", () => {
    const { ci } = lint({ ci: CI });
    expect(ci.filter((finding) => !isAccepted(finding))).toEqual([]);
    const issues = ci.map(({ issue }) => issue);
    expect(Object.keys(ACCEPTED).filter((issue) => !issues.includes(issue))).toEqual([]);
});

test("the linter is awake: it finds an unknown action, a wrong resource and a wrong condition", () => {
    const allow = (Action: string, Resource: string, Condition?: object) => ({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action, Resource, ...(Condition && { Condition }) }],
    });
    const found = lint({
        action: allow("ec2:TerminateInstance", "*"),
        resource: allow("ec2:TerminateInstances", "arn:aws:ec2:*:*:volume/*"),
        condition: allow("ec2:TerminateInstances", "*", {
            StringEquals: { "ec2:CreateAction": "RunInstances" },
        }),
    });
    const issues = Object.entries(found).map(([name, list]) => [
        name,
        list.map((one) => one.issue),
    ]);
    expect(Object.fromEntries(issues)).toEqual({
        action: ["UNKNOWN_ACTION"],
        resource: ["RESOURCE_MISMATCH"],
        condition: expect.arrayContaining(["UNKNOWN_CONDITION_FOR_ACTION"]),
    });
});
