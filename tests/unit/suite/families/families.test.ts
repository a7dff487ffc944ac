import { parseCaseFile } from "../../../../suite/cases";
import { FAMILIES, FAMILY_NAMES } from "../../../../suite/families";

function made(family: string, language: string, cases: number): ReturnType<typeof parseCaseFile> {
    const text = `dimension: multimodal
families:
  - { family: ${family}, id: made, language: ${language}, seed: 7, cases: ${cases}, core: 2, smoke: 1 }
`;
    return parseCaseFile(text, "f.yaml");
}

const each = FAMILY_NAMES.flatMap((family) =>
    FAMILIES[family].languages.map((language) => [family, language] as const),
);

describe.each(each)("family %s in %s", (family, language) => {
    it("makes cases that a case file could hold, each with its own digest", () => {
        const cases = made(family, language, 60);
        expect(cases).toHaveLength(60);
        expect(new Set(cases.map(({ digest }) => digest)).size).toBeGreaterThan(50);
        expect(cases[0]).toMatchObject({ id: "made-001", family, lane: "greedy" });
    });

    it("leaves the first cases as they are when more are wanted", () => {
        expect(made(family, language, 5)).toEqual(made(family, language, 60).slice(0, 5));
    });

    it("is in the small tiers with its first cases", () => {
        expect(made(family, language, 3).map(({ tags }) => tags)).toEqual([
            ["smoke", "core"],
            ["core"],
            [],
        ]);
    });
});

it.each([
    ["family: count-shapes", "family: count-sheep", /families\[0\]\.family/],
    ["core: 2", "core: 61", /families\[0\]\.core: more than its 60 cases/],
    ["smoke: 1", "smoke: 3", /families\[0\]\.smoke: more than the 2 in core/],
])("a family with %s instead of %s is refused with its key", (right, wrong, message) => {
    const text = `dimension: multimodal
families:
  - { family: count-shapes, id: made, language: en, cases: 60, core: 2, smoke: 1 }
`;
    expect(() => parseCaseFile(text.replace(right, wrong), "f.yaml")).toThrow(message);
});
