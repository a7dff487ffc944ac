import { checkSchema } from "../../../suite/checks";
import { sayWanted, withWanted } from "../../../suite/checks/wanted";

it.each([
    [{ kind: "keywords", groups: [["red", "crimson"], ["door"]] }, "red / crimson, door"],
    [{ kind: "keywords", groups: [["a"], ["b"]], atLeast: 1 }, "1 of a, b"],
    [{ kind: "keywords", groups: [["dog"]], polarity: "denied" }, "dog, denied"],
    [{ kind: "forbidden", words: ["cat", "dog"] }, "none of cat, dog"],
    [{ kind: "regex", pattern: "^a" }, "/^a/u"],
    [{ kind: "length", min: 3, max: 9 }, "min 3, max 9"],
    [{ kind: "edit-distance", to: ["STOP"], atMost: 0.2 }, "STOP, but for 0.2 of its characters"],
    [{ kind: "finish", reason: "stop" }, "reason stop"],
    [{ kind: "error", status: "4xx", message: "too long" }, "status 4xx, message too long"],
])("%j wants %j", (check, wanted) => {
    expect(sayWanted(checkSchema.parse(check))).toBe(wanted);
});

it("is told of a check that failed only", () => {
    const check = checkSchema.parse({ kind: "length", min: 3 });
    const result = { kind: "length", passed: true, message: "4 characters" };
    expect(withWanted(check, result)).toEqual(result);
    expect(withWanted(check, { ...result, passed: false })).toMatchObject({ wanted: "min 3" });
});
