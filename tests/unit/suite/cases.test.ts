import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv/dist/2020";
import { parse } from "yaml";
import { DIMENSIONS } from "../../../suite/caseSchema";
import { loadCases, parseCaseFile } from "../../../suite/cases";
import { selectCases, TIERS } from "../../../suite/tiers";
import { publishedSchemas } from "../../../suite/writeSchemas";

const root = join(__dirname, "..", "..", "..");
const shipped = join(root, "suite", "cases");

const GOOD = `dimension: boundary
cases:
  - id: a-case
    title: A case
    language: en
    tags: [core]
    turns:
      - prompt: Hello?
        maxTokens: 5
        checks:
          - { kind: length, min: 1 }
`;

describe("the shipped cases", () => {
    const cases = loadCases(shipped);

    it.each(DIMENSIONS)("have at least three in %s, in tier commit too", (dimension) => {
        const core = selectCases(cases, "commit");
        expect(core.filter((each) => each.dimension === dimension).length).toBeGreaterThanOrEqual(
            3,
        );
    });

    it("grow from tier to tier", () => {
        const ids = TIERS.map((tier) => selectCases(cases, tier).map(({ id }) => id));
        const [dev = [], commit = [], merge = [], release = []] = ids;
        expect(commit).toEqual(expect.arrayContaining(dev));
        expect(merge).toEqual(expect.arrayContaining(commit));
        expect(release).toEqual(merge);
        expect(dev.length).toBeLessThan(commit.length);
        expect(commit.length).toBeLessThan(merge.length);
    });

    it("ask in Chinese and in English", () => {
        expect(new Set(cases.map(({ language }) => language))).toEqual(new Set(["en", "zh"]));
    });

    it.each(DIMENSIONS.map((dimension) => `${dimension}.yaml`))(
        "%s is valid by the published JSON Schema",
        (name) => {
            const schema = JSON.parse(
                readFileSync(join(root, "schemas", "case.schema.json"), "utf8"),
            ) as object;
            const valid = new Ajv({ strict: false }).compile(schema);
            valid(parse(readFileSync(join(shipped, name), "utf8"), { merge: true }));
            expect(valid.errors).toBeNull();
        },
    );
});

it.each(Object.entries(publishedSchemas()))("schemas/%s is current", (name, text) => {
    const published: unknown = JSON.parse(readFileSync(join(root, "schemas", name), "utf8"));
    expect(published).toEqual(JSON.parse(text));
});

describe("a wrong case file is refused with its line and key", () => {
    test.each<[string, string, RegExp]>([
        [
            "a wrong type",
            GOOD.replace("maxTokens: 5", "maxTokens: many"),
            /^f\.yaml:9: cases\[0\]\.turns\[0\]\.maxTokens: .*number/,
        ],
        ["an unknown key", GOOD.replace("title:", "titel:"), /^f\.yaml:3: cases\[0\]\.title: /],
        [
            "a key too many",
            GOOD.replace("    title", "    colour: red\n    title"),
            /^f\.yaml:4: cases\[0\]\.colour: Unrecognized key.*allowed: id, title, /,
        ],
        [
            "an unknown kind of check",
            GOOD.replace("kind: length", "kind: beauty"),
            /^f\.yaml:11: cases\[0\]\.turns\[0\]\.checks\[0\]\.kind: .*'keywords' \| 'forbidden'/,
        ],
        [
            "an unknown dimension",
            GOOD.replace("boundary", "smell"),
            /^f\.yaml:1: dimension: .*single-modality/,
        ],
        ["an unknown tag", GOOD.replace("core", "nightly"), /^f\.yaml:6: cases\[0\]\.tags\[0\]: /],
        [
            "an empty turn",
            GOOD.replace("prompt: Hello?\n        ", ""),
            /^f\.yaml:8: cases\[0\]\.turns\[0\]: a turn needs a prompt, images or both/,
        ],
        [
            "a limit without a measurement",
            GOOD.replace("length, min: 1", "latency, maxTimeToFirstTokenSeconds: 1"),
            /^f\.yaml:11: .*checks\[0\]\.maxTimeToFirstTokenSeconds: .*allowed without: maxEndToEndSeconds/,
        ],
        [
            "a share of goodput without an objective",
            GOOD.replace("length, min: 1", "throughput, minGoodputShare: 0.9").replace(
                "    turns:",
                "    measure: { kind: load, requests: 4, concurrency: [1] }\n    turns:",
            ),
            /^f\.yaml:\d+: .*minGoodputShare: a share of goodput needs measure\.kind load with an objective/,
        ],
        [
            "an objective without a limit",
            GOOD.replace(
                "    turns:",
                "    measure: { kind: load, requests: 4, concurrency: [1], objective: {} }\n    turns:",
            ),
            /^f\.yaml:\d+: .*objective: an objective has at least one limit/,
        ],
        [
            "a limit of throughput without a measurement",
            GOOD.replace("length, min: 1", "throughput, minOutputTokensPerSecond: 1"),
            /^f\.yaml:11: .*checks\[0\]\.kind: a throughput check needs measure\.kind throughput/,
        ],
        [
            "a check that cannot fail",
            GOOD.replace("length, min: 1", "length"),
            /^f\.yaml:11: .*cannot fail; allowed: min, max or both/,
        ],
        [
            "more groups than there are",
            GOOD.replace("length, min: 1", "keywords, groups: [[a]], atLeast: 2"),
            /^f\.yaml:11: .*atLeast: .*allowed: 1 to the number of groups/,
        ],
        [
            "a JSON Schema with a word that does not exist",
            GOOD.replace("length, min: 1", "json, schema: { requried: [a] }"),
            /^f\.yaml:11: .*schema: no JSON Schema .*requried/,
        ],
        [
            "a regular expression that is none",
            GOOD.replace("length, min: 1", "regex, pattern: '('"),
            /^f\.yaml:11: .*pattern: Invalid regular expression/,
        ],
        [
            "a rate without chance",
            GOOD.replace("    tags", "    minPassRate: 0.5\n    tags"),
            /^f\.yaml:6: cases\[0\]\.minPassRate: minPassRate needs lane sampled/,
        ],
        [
            "an unknown lane",
            GOOD.replace("    tags", "    lane: fast\n    tags"),
            /^f\.yaml:6: cases\[0\]\.lane: .*"deterministic"\|"greedy"\|"sampled"/,
        ],
        ["broken YAML", GOOD.replace("[core]", "[core"), /^f\.yaml:\d+: not valid YAML/],
    ])("%s", (_, text, message) => {
        expect(() => parseCaseFile(text, "f.yaml")).toThrow(message);
    });

    it("also behind an alias", () => {
        const text = `${GOOD.replace("- prompt", "- &turn\n        prompt")}      - *turn\n`;
        expect(parseCaseFile(text, "f.yaml")[0]?.turns).toHaveLength(2);
        const wrong = text.replace("maxTokens: 5", "maxTokens: 0");
        expect(() => parseCaseFile(wrong, "f.yaml")).toThrow(/^f\.yaml:10: /);
    });
});

describe("a case is known again", () => {
    const [one] = parseCaseFile(GOOD, "f.yaml");
    const digest = (text: string) => parseCaseFile(text, "f.yaml")[0]?.digest;

    it("whatever its title and tags, and not when it asks or wants something else", () => {
        expect(digest(GOOD.replace("A case", "Another title"))).toBe(one?.digest);
        expect(digest(GOOD.replace("[core]", "[]"))).toBe(one?.digest);
        expect(digest(GOOD.replace("Hello", "Bye"))).not.toBe(one?.digest);
        expect(digest(GOOD.replace("min: 1", "min: 2"))).not.toBe(one?.digest);
    });

    it("with those that show the same picture", () => {
        const cases = loadCases(shipped);
        const clusterOf = (id: string) => cases.find((each) => each.id === id)?.cluster;
        expect(clusterOf("absent-triangle")).toBe(clusterOf("absent-triangle-zh"));
        expect(clusterOf("absent-triangle")).not.toBe(clusterOf("position-left"));
        expect(clusterOf("text-json")).toBe("text-json");
    });
});

describe("a folder of cases", () => {
    const folder = mkdtempSync(join(tmpdir(), "suite-cases-"));
    afterAll(() => rmSync(folder, { recursive: true }));

    it("that is missing or empty is refused", () => {
        expect(() => loadCases(join(folder, "nothing"))).toThrow(/no folder of cases/);
        expect(() => loadCases(folder)).toThrow(/no case in/);
    });

    it("has each id once", () => {
        writeFileSync(join(folder, "a.yaml"), GOOD);
        expect(loadCases(folder)).toHaveLength(1);
        writeFileSync(join(folder, "b.yml"), GOOD);
        expect(() => loadCases(folder)).toThrow(/two cases .* "a-case"/);
    });
});
