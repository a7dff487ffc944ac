import { compare, comparisonTable, spread } from "../../../rehearsal/bench/figures";

test.each([
    [[3], 3],
    [[3, 1, 2], 2],
    [[10, 9, 1, 2], 5.5],
    [[10, 9, 100], 10],
])("the median of %p is %p", (values, expected) => {
    expect(spread(values).median).toBe(expected);
});

test("nothing measured is no figure", () => {
    expect(() => spread([])).toThrow("nothing was measured");
    expect(() => compare("up", [1, 2], [1], 1.25)).toThrow("2 of ours, 1 of the minimal");
});

test("rounds are compared in pairs: a slow round of both changes no ratio", () => {
    const { ratio, oursSeconds, holds } = compare("up", [12, 120, 11], [10, 100, 10], 1.25);
    expect(ratio).toMatchObject({ median: 1.2, min: 1.1, max: 1.2 });
    expect(oursSeconds).toMatchObject({ median: 12, min: 11, max: 120 });
    expect(holds).toBe(true);
});

test.each([
    [12.5, 1.25, true],
    [12.6, 1.25, false],
    [99, null, true],
])("%p s against 10 s with a limit of %p: %p", (ours, limit, holds) => {
    expect(compare("up", [ours], [10], limit).holds).toBe(holds);
});

test("the table has each limit beside its figure", () => {
    const table = comparisonTable([
        compare("up", [12], [10], 1.25),
        compare("up, no change", [30], [10], null),
        compare("destroy", [13], [10], 1.25),
    ]);
    expect(table.split("\n")).toEqual([
        "               ours                minimal             ratio             limit",
        "up             12.0 (12.0-12.0) s  10.0 (10.0-10.0) s  1.20 (1.20-1.20)  1.25   holds",
        "up, no change  30.0 (30.0-30.0) s  10.0 (10.0-10.0) s  3.00 (3.00-3.00)  none",
        "destroy        13.0 (13.0-13.0) s  10.0 (10.0-10.0) s  1.30 (1.30-1.30)  1.25   BROKEN",
    ]);
});
