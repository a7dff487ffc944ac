import { foldTests } from "../../../../suite/ownSuite/foldTests";
import { decideOwnVerdict, OwnVerdictArgs } from "../../../../suite/ownSuite/ownVerdict";
import { parseJunit } from "../../../../suite/ownSuite/parseJunit";

const PASS = '<testcase classname="t" name="a"/>';
const FAIL = '<testcase classname="t" name="b"><failure message="m"/></testcase>';
const ERROR = '<testcase classname="t" name="c"><error message="m"/></testcase>';
const SKIP = '<testcase classname="t" name="d"><skipped/></testcase>';
const FLAKY = '<testcase classname="t" name="e"><flakyFailure message="m"/></testcase>';

const ENDS = {
    0: { verdict: "passed", exitStatus: "0" },
    1: { verdict: "failed", exitStatus: "1" },
    5: { verdict: "none", exitStatus: "5" },
    TERM: { verdict: "none", exitStatus: "TERM" },
} as const;

/** `junit`: elements of the one file; undefined: there is none. */
function decide(
    status: keyof typeof ENDS | undefined,
    junit: string | undefined,
    more: Partial<OwnVerdictArgs> = {},
) {
    const tests = parseJunit(`<testsuite>${junit ?? ""}</testsuite>`) ?? [];
    const { verdict, why } = decideOwnVerdict({
        end: status === undefined ? undefined : ENDS[status],
        isServerThere: true,
        cases: foldTests(tests),
        junitFiles: junit === undefined ? 0 : 1,
        unreadable: [],
        flakyFails: true,
        ...more,
    });
    return `${verdict}: ${why}`;
}

test.each([
    [0, PASS, "passed: all 1 tests passed"],
    [0, PASS + SKIP, "passed: all 1 tests passed; 1 skipped"],
    [1, PASS + FAIL, "failed: 1 of 2 tests failed: t.b"],
    [1, PASS + ERROR, "failed: 1 of 2 tests failed: t.c"],
    [1, FAIL.repeat(5), "failed: 5 of 5 tests failed: t.b, t.b#2, t.b#3 and 2 more"],
    // The two do not agree: the worse counts.
    [
        0,
        PASS + FAIL,
        "failed: 1 of 2 tests failed: t.b, although the suite ended with exit status 0",
    ],
    [0, ERROR, "failed: 1 of 1 tests failed: t.c, although the suite ended with exit status 0"],
    [
        1,
        PASS,
        "failed: the suite ended with exit status 1; none of 1 tests in its JUnit has failed",
    ],
    [0, "", "none: no test was run"],
    [0, SKIP, "none: no test was run, all are skipped"],
    [5, PASS, "none: the suite ended with exit status 5, which is neither 0 nor 1"],
    [
        "TERM",
        FAIL,
        "none: the suite ended with exit status TERM, which is neither 0 nor 1; 1 of 1 tests failed in its JUnit",
    ],
    // No JUnit: the exit status alone.
    [0, undefined, "passed: the suite ended with exit status 0; it left no JUnit"],
    [1, undefined, "failed: the suite ended with exit status 1; it left no JUnit"],
    [5, undefined, "none: the suite ended with exit status 5, which is neither 0 nor 1"],
    [undefined, PASS, "none: the suite did not come to its end"],
] as const)("exit status %s and %s: %s", (status, junit, expected) => {
    expect(decide(status, junit)).toBe(expected);
});

describe("XML that cannot be read", () => {
    const unreadable = [{ file: "b.xml", why: "1:4: unclosed tag" }];

    test("takes the verdict, where the exit status is 0", () => {
        expect(decide(0, PASS, { unreadable })).toBe(
            "none: b.xml cannot be read (1:4: unclosed tag); the suite ended with exit status 0",
        );
        expect(decide(0, undefined, { unreadable })).toMatch(/^none/);
    });

    test("changes nothing in a failure", () => {
        expect(decide(1, undefined, { unreadable })).toBe(
            "failed: the suite ended with exit status 1; b.xml cannot be read (1:4: unclosed tag)",
        );
        expect(decide(0, FAIL, { unreadable })).toMatch(/^failed: 1 of 1 tests failed.*cannot/);
    });
});

test("a flaky test fails the suite in the tiers in which it does so in this package's", () => {
    expect(decide(0, PASS + FLAKY, { flakyFails: false })).toBe(
        "passed: 1 of 2 tests passed; 1 flaky: t.e",
    );
    expect(decide(0, PASS + FLAKY)).toMatch(/^failed: 1 of 2 tests failed: t.e, although/);
});

test("a server that has ended leaves no verdict", () => {
    expect(decide(1, PASS + FAIL, { isServerThere: false })).toBe(
        "none: the server ended before the suite did, which ended with exit status 1; 1 of 2 tests failed in its JUnit",
    );
    expect(decide(0, PASS, { isServerThere: false })).toMatch(/^none: the server ended/);
});

test("the machine's own words explain a suite that could not run", () => {
    expect(decide(5, undefined, { machineSays: "the server ended before it was ready" })).toBe(
        "none: the server ended before it was ready",
    );
});
