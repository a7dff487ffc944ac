import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isUserError } from "../../common/userError";
import { ownSuite } from "../../suiteRequest";

let project: string;
beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "project-"));
    mkdirSync(join(project, "tests/model"), { recursive: true });
    mkdirSync(join(project, "empty"));
    writeFileSync(join(project, "tests/model/test_a.py"), "");
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const suiteCommand = ["pytest", "/suite"];

test("without a command this package's suite runs", () => {
    expect(ownSuite({ suiteDir: undefined, suiteCommand: undefined }, project)).toBeUndefined();
});

test.each([
    ["tests/model", "tests/model"],
    ["./tests/../tests/model/", "tests/model"],
    [undefined, undefined],
])("folder %s is %s from the project, in whatever checkout", (suiteDir, dir) => {
    expect(ownSuite({ suiteDir, suiteCommand }, project)).toEqual({ dir, command: suiteCommand });
});

test("a folder elsewhere stays a whole path, and so does the project itself", () => {
    const inside = join(project, "empty");
    const elsewhere = join(project, "tests/model");
    expect(ownSuite({ suiteDir: elsewhere, suiteCommand }, inside)?.dir).toBe(elsewhere);
    expect(ownSuite({ suiteDir: ".", suiteCommand }, project)?.dir).toBe(project);
});

test.each([
    ["no/such/folder", suiteCommand, "is not there"],
    ["empty", suiteCommand, "no folder with something in it"],
    ["tests/model/test_a.py", suiteCommand, "no folder with something in it"],
    ["tests/model", undefined, "there is no suiteCommand"],
])("%s with command %s is refused: %s", (suiteDir, command, why) => {
    let refused: unknown;
    try {
        ownSuite({ suiteDir, suiteCommand: command }, project);
    } catch (error) {
        refused = error;
    }
    expect(isUserError(refused)).toBe(true);
    expect((refused as Error).message).toContain(why);
    expect((refused as Error).message).toContain("Next:");
});
