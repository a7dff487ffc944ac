import * as fs from "node:fs";
import * as path from "node:path";
import { isAtLeast, parseVersion, pinnedGoModule } from "../../../scripts/setup/versions";

test.each([
    ["v3.259.0", [3, 259, 0]],
    ["go1.26.8", [1, 26, 8]],
    ["go1.21", [1, 21, 0]],
    ["3.12.0rc1", [3, 12, 0]],
    ["", undefined],
])("the version in %j", (text, expected) => {
    expect(parseVersion(text)).toEqual(expected);
});

test.each([
    ["v3.200.0", "3.200.0", true],
    ["v3.199.9", "3.200.0", false],
    ["v4.0.0", "3.200.0", true],
    ["v3.1000.0", "3.200.0", true],
    ["3.9.2", "3.10.0", false],
    ["nonsense", "3.200.0", false],
])("%s is at least %s: %s", (text, minimum, expected) => {
    expect(isAtLeast(text, minimum)).toBe(expected);
});

const project = path.resolve(__dirname, "../../..");

test.each([
    ["engine", "github.com/pulumi/pulumi/pkg/v3", "v3.259.0"],
    ["languageHost", "github.com/pulumi/pulumi/sdk/v3", "v3.60.0"],
])("the committed module %s pins %s", (folder, module, version) => {
    const goMod = fs.readFileSync(path.join(project, "rehearsal", folder, "go.mod"), "utf8");
    expect(pinnedGoModule(goMod, module)).toBe(version);
    expect(() => pinnedGoModule(goMod, "github.com/pulumi/pulumi")).toThrow("pins no version");
});
