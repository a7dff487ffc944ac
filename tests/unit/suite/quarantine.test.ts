import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCases } from "../../../suite/cases";
import { isQuarantined, loadQuarantine, quarantineOf } from "../../../suite/quarantine";

const folder = mkdtempSync(join(tmpdir(), "suite-quarantine-"));
const file = join(folder, "quarantine.yaml");
afterAll(() => rmSync(folder, { recursive: true }));

const entry = "  - { case: a-case, reason: tie of two tokens, expires: 2026-12-31 }\n";
const load = (text: string) => {
    writeFileSync(file, text);
    return loadQuarantine(file, ["a-case", "b-case"]);
};

it("holds until the end of its last day, UTC", () => {
    const entries = load(`quarantine:\n${entry}`);
    const on = (time: string) => quarantineOf(entries, "a-case", new Date(time));
    expect(on("2026-12-31T23:59:59Z")).toMatchObject({ expired: false, expires: "2026-12-31" });
    expect(on("2027-01-01T00:00:00Z")).toMatchObject({ expired: true });
    expect(quarantineOf(entries, "b-case", new Date())).toBeUndefined();
    expect(isQuarantined({ quarantine: on("2026-12-31T12:00:00Z") })).toBe(true);
    expect(isQuarantined({ quarantine: on("2027-01-01T00:00:00Z") })).toBe(false);
    expect(isQuarantined({})).toBe(false);
});

test.each<[string, string, RegExp]>([
    ["no date", entry.replace(", expires: 2026-12-31", ""), /quarantine\.yaml:2: .*expires: /],
    [
        "a date that is none",
        entry.replace("-12-31", "-13-31"),
        /:2: .*\[0\]\.expires: Invalid ISO date/,
    ],
    ["no reason", entry.replace("tie of two tokens", '""'), /:2: .*\[0\]\.reason: /],
    [
        "a key too many",
        entry.replace("case:", "until: x, case:"),
        /until.*allowed: case, reason, expires/,
    ],
    [
        "an unknown case",
        entry.replace("a-case", "c-case"),
        /quarantine\[0\]\.case: no case has the id "c-case"/,
    ],
    ["a case twice", entry + entry, /quarantine\[1\]\.case: "a-case" is there twice/],
])("a file with %s is refused", (_, entries, message) => {
    expect(() => load(`quarantine:\n${entries}`)).toThrow(message);
});

it("a file that is not there is refused", () => {
    expect(() => loadQuarantine(join(folder, "none.yaml"), [])).toThrow(/no quarantine file at/);
});

it("is no case file, but is checked with the cases", () => {
    const cases = `dimension: boundary
cases:
  - id: a-case
    title: A case
    language: en
    tags: []
    turns: [{ prompt: Hello?, maxTokens: 5, checks: [{ kind: length, min: 1 }] }]
`;
    writeFileSync(join(folder, "a.yaml"), cases);
    load(`quarantine:\n${entry}`);
    expect(loadCases(folder).map(({ id }) => id)).toEqual(["a-case"]);
    writeFileSync(file, `quarantine:\n${entry.replace("a-case", "c-case")}`);
    expect(() => loadCases(folder)).toThrow(/no case has the id "c-case"/);
});
