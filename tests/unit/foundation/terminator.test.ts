import validate from "asl-validator";

import { terminatorDefinition } from "../../../foundation/terminator";

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

const FIELDS = fields(terminatorDefinition());

test("the definition is valid Amazon States Language", () => {
    const { isValid, errorsText } = validate(terminatorDefinition());
    expect({ isValid, errors: isValid ? "" : errorsText("\n") }).toEqual({
        isValid: true,
        errors: "",
    });
});

test("the validator would tell", () => {
    const broken = terminatorDefinition() as any;
    broken.States["For each machine"].Next = "Nowhere";
    expect(validate(broken).isValid).toBe(false);
});

// AWS takes a plain reference path here, and refuses wildcards and filters; the emulator takes both.
test("where AWS wants a reference path there is one", () => {
    const paths = FIELDS.filter(({ name }) => /^(Variable|ItemsPath|.+Path)$/.test(name));
    expect(paths.length).toBeGreaterThanOrEqual(5);
    for (const { path, name, value } of paths.filter((field) => field.value !== null)) {
        expect(`${path}.${name}: ${value}`).toMatch(/: \$(\.\w+|\[\d+\])+$/);
    }
});

test("nothing of ours runs in it: AWS's own calls only, one that looks and one that ends", () => {
    const resources = FIELDS.filter(({ name }) => name === "Resource").map(({ value }) => value);
    expect(resources.sort()).toEqual([
        "arn:aws:states:::aws-sdk:ec2:describeInstances",
        "arn:aws:states:::aws-sdk:ec2:terminateInstances",
    ]);
});

test("every call that can fail is tried again, and ending one machine never fails the rest", () => {
    const tasks = FIELDS.map(({ value }) => value as any).filter((state) => state?.Type === "Task");
    expect(tasks).toHaveLength(2);
    for (const task of tasks) {
        expect(task.Retry[0].ErrorEquals).toEqual(["States.ALL"]);
    }
    const end = tasks.find(({ Resource }) => Resource.endsWith("terminateInstances"));
    expect(end.Catch[0].ErrorEquals).toEqual(["States.ALL"]);
});
