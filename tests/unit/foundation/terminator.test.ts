import validate from "asl-validator";

import { MACHINES_A_PAGE, terminatorDefinition } from "../../../foundation/terminator";

const TOPIC = "arn:aws:sns:us-east-1:123456789012:ephemeral-gpu-ci-alerts";
const definition = () => terminatorDefinition({ alertsTopicArn: TOPIC });

/** Every field of the definition, with the path of the object that holds it. */
function fields(value: unknown, path = "$"): { path: string; name: string; value: unknown }[] {
    if (typeof value !== "object" || value === null) {
        return [];
    }
    return Object.entries(value).flatMap(([name, inner]) => [
        { path, name, value: inner },
        ...fields(inner, `${path}.${name}`),
    ]);
}

const FIELDS = fields(definition());
const TASKS = FIELDS.map(({ value }) => value as any).filter((state) => state?.Type === "Task");
const tasksOf = (action: string) => TASKS.filter(({ Resource }) => Resource.endsWith(action));

test("the definition is valid Amazon States Language", () => {
    const { isValid, errorsText } = validate(definition());
    expect({ isValid, errors: isValid ? "" : errorsText("\n") }).toEqual({
        isValid: true,
        errors: "",
    });
});

test("the validator would tell", () => {
    const broken = definition() as any;
    broken.States["For each machine"].Next = "Nowhere";
    expect(validate(broken).isValid).toBe(false);
});

// AWS takes a plain reference path here, and refuses wildcards and filters; the emulator takes both.
test("where AWS wants a reference path there is one", () => {
    const paths = FIELDS.filter(
        ({ name, value }) =>
            /^(Variable|ItemsPath|.+Path)$/.test(name) &&
            value !== null &&
            // A failure's own may be made by a function: the States Language, "Fail State".
            !/^States\.Format\(/.test(String(value)),
    );
    expect(paths.length).toBeGreaterThanOrEqual(20);
    for (const { path, name, value } of paths) {
        expect(`${path}.${name}: ${value}`).toMatch(/: \$(\.\w+|\[\d+\])+$/);
    }
});

test("nothing of ours runs in it: AWS's own calls only", () => {
    expect([...new Set(TASKS.map(({ Resource }) => Resource))].sort()).toEqual([
        "arn:aws:states:::aws-sdk:ec2:describeInstances",
        "arn:aws:states:::aws-sdk:ec2:terminateInstances",
        "arn:aws:states:::sns:publish",
        "arn:aws:states:::states:startExecution",
    ]);
});

test("every call is tried again, and what still fails is caught", () => {
    for (const task of TASKS) {
        expect(task.Retry.at(-1).ErrorEquals).toEqual(["States.ALL"]);
        expect(task.Retry.at(-1).MaxAttempts).toBeGreaterThanOrEqual(2);
        expect(task.Catch.at(-1).ErrorEquals).toEqual(["States.ALL"]);
    }
});

test("a machine is ended by a call of its own", () => {
    const [end, ...others] = tasksOf("terminateInstances");
    expect(others).toEqual([]);
    expect(end.Parameters).toEqual({ "InstanceIds.$": "States.Array($.instanceId)" });
});

test("every list of machines asks for ours, alive, and a page that Step Functions can carry", () => {
    const lists = tasksOf("describeInstances").filter(
        ({ Parameters }) => Parameters.Filters[0].Name === "tag:product",
    );
    expect(lists).toHaveLength(2);
    for (const { Parameters } of lists) {
        expect(Parameters).toMatchObject({
            MaxResults: MACHINES_A_PAGE,
            Filters: [
                { Values: ["ephemeral-gpu-ci"] },
                {
                    Name: "instance-state-name",
                    Values: ["pending", "running", "stopping", "stopped"],
                },
            ],
        });
    }
    // 50 tags of 128 and 256 characters in JSON, and all the rest of an instance.
    const instanceBytes = 50 * (128 + 256 + '{"Key":"","Value":""},'.length) + 6 * 1024;
    expect(MACHINES_A_PAGE * instanceBytes).toBeLessThan(0.6 * 256 * 1024);
});

// An execution may have 25,000 events, and a machine that cannot be ended makes dozens of them.
test("one execution judges one page, and the next page is started before that", () => {
    const { States } = definition() as any;
    for (const name of ["Start second page", "Start next page"]) {
        expect(States[name].Next).toBe("List machines");
        expect(States[name].Catch.map((one: any) => one.Next)).toEqual([
            "List machines",
            "List machines",
        ]);
        expect(States[name].Parameters["StateMachineArn.$"]).toBe("$$.StateMachine.Id");
    }
    const intoFind = FIELDS.filter(
        ({ name, value }) => /^(Next|Default)$/.test(name) && /^Find/.test(String(value)),
    );
    expect(intoFind.map(({ path }) => path)).toEqual([
        "$.States.Which page?.Choices.0",
        "$.States.Which page?.Choices.1",
    ]);
});
