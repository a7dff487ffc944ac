import { parseJunit } from "../../../../suite/ownSuite/parseJunit";

const outcomes = (xml: string) =>
    parseJunit(xml)?.map(({ className, name, outcome, seconds }) => [
        ...[className, name, outcome, seconds],
    ]);

describe("what test runners write", () => {
    // pytest 9.2.0 with junit_family=xunit1
    test("pytest: a failure with its stack trace, an error in a fixture, properties", () => {
        const tests = parseJunit(`<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.406" timestamp="2026-11-24T17:24:17.474580+00:00" hostname="vm">
<testcase classname="test_a" name="test_one[&lt;red&gt;]" file="test_a.py" line="9" time="0.027" />
<testcase classname="test_a" name="test_two" time="0.109"><properties><property name="pieces" value="7" /></properties>
<failure message="AssertionError: assert 'lyon' in 'paris'&#10;  where">def test_two():
&gt;   assert 'lyon' in answer</failure><system-out>asked &amp; answered</system-out></testcase>
<testcase classname="test_a" name="test_three" time="0.002"><error message="failed on setup with &quot;x&quot;">trace</error></testcase>
<testcase classname="test_a" name="test_four" time="0.000"><skipped type="pytest.skip" message="no GPU">test_a.py:3: no GPU</skipped></testcase>
</testsuite></testsuites>`);
        expect(tests).toEqual([
            {
                ...{ className: "test_a", name: "test_one[<red>]", seconds: 0.027 },
                ...{ outcome: "passed", messages: [], output: "", properties: [] },
            },
            {
                ...{ className: "test_a", name: "test_two", seconds: 0.109, outcome: "failed" },
                messages: ["AssertionError: assert 'lyon' in 'paris'"],
                output: "def test_two():\n>   assert 'lyon' in answer\n\nsystem-out:\nasked & answered",
                properties: [["pieces", "7"]],
            },
            expect.objectContaining({
                ...{ outcome: "errored", messages: ['failed on setup with "x"'], output: "trace" },
            }),
            expect.objectContaining({ outcome: "skipped", messages: ["no GPU"] }),
        ]);
    });

    // https://github.com/jest-community/jest-junit, "Example"
    test("jest-junit: a failure whose message is its text, a suite in error", () => {
        const xml = `<testsuites name="jest tests" tests="2" failures="1" errors="0" time="1.3">
<testsuite name="math" errors="0" failures="1" skipped="0" timestamp="2026-11-24T17:00:00" time="0.9" tests="2">
<testcase classname="math adds" name="math adds" time="0.004"></testcase>
<testcase classname="math divides" name="math divides" time="0.002"><failure>Error: expect(received).toBe(expected)
    at Object.&lt;anonymous&gt; (math.test.js:5:9)</failure></testcase>
</testsuite></testsuites>`;
        expect(outcomes(xml)).toEqual([
            ["math adds", "math adds", "passed", 0.004],
            ["math divides", "math divides", "failed", 0.002],
        ]);
        expect(parseJunit(xml)?.[1].messages).toEqual(["Error: expect(received).toBe(expected)"]);
    });

    // https://google.github.io/googletest/advanced.html, "Generating an XML Report"
    test("GoogleTest: several failures of a test in CDATA, a disabled test", () => {
        const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" disabled="1" errors="0" time="0.035" timestamp="2026-11-24T17:00:00" name="AllTests">
  <testsuite name="MathTest" tests="2" failures="1" disabled="1" errors="0" time="0.015">
    <testcase name="Addition" file="test.cpp" line="1" status="run" result="completed" time="0.007" classname="MathTest">
      <failure message="Value of: add(1, 1)&#x0A;  Actual: 3&#x0A;Expected: 2" type=""><![CDATA[Value of: add(1, 1) <3>]]></failure>
      <failure message="Value of: add(1, -1)" type="">...</failure>
    </testcase>
    <testcase name="DISABLED_Later" status="notrun" result="suppressed" time="0." classname="MathTest" />
    <testcase name="Skipped" status="run" result="skipped" time="0" classname="MathTest"><skipped message="here"/></testcase>
  </testsuite>
</testsuites>`;
        expect(outcomes(xml)?.map(([, name, outcome]) => [name, outcome])).toEqual([
            ["Addition", "failed"],
            ["DISABLED_Later", "skipped"],
            ["Skipped", "skipped"],
        ]);
        const [addition] = parseJunit(xml) ?? [];
        expect(addition.messages).toEqual(["Value of: add(1, 1)", "Value of: add(1, -1)"]);
        expect(addition.output).toContain("add(1, 1) <3>");
    });

    // https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html
    test("Surefire: a test that passed when it was run again is flaky; times with a comma", () => {
        const xml = `<testsuite name="A"><testcase name="t" classname="A" time="1,234.5"><flakyFailure message="m">s</flakyFailure></testcase></testsuite>`;
        expect(outcomes(xml)).toEqual([["A", "t", "flaky", 1234.5]]);
    });

    test("suites in each other; no class, no time, a time that is none", () => {
        const xml = `<testsuites><testsuite><properties><property name="a" value="b"/></properties><testsuite><testcase name="deep"/></testsuite><testcase name="less" time="soon"/></testsuite></testsuites>`;
        expect(outcomes(xml)).toEqual([
            ["", "deep", "passed", 0],
            ["", "less", "passed", 0],
        ]);
    });

    test("a suite without tests is JUnit, a coverage report is not", () => {
        expect(parseJunit("<testsuites/>")).toEqual([]);
        expect(parseJunit('<coverage><testcase name="x"/></coverage>')).toBeUndefined();
    });
});

describe("what a hostile machine may send", () => {
    test.each([
        ["nothing", "", /root element/],
        ["no XML", "Traceback (most recent call last)", /outside of root/],
        ["a file that breaks off", "<testsuite><testcase name='a'>", /unclosed tag/],
        [
            "entities that grow",
            `<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>`,
            /undefined entity/,
        ],
        [
            "an entity that reads a file",
            `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="a"><failure>&x;</failure></testcase></testsuite>`,
            /undefined entity/,
        ],
        ["depth", `${"<testsuite>".repeat(100_000)}`, /nested more than 32 deep/],
        [
            "very many tests",
            `<testsuite>${'<testcase name="t"/>'.repeat(20_001)}</testsuite>`,
            /more than 20000 tests/,
        ],
    ])("%s is refused", (_, xml, why) => {
        expect(() => parseJunit(xml)).toThrow(why);
    });

    test("of a long text the beginning is kept", () => {
        const xml = `<testsuite><testcase name="a"><failure message="${"m".repeat(9000)}">${"x".repeat(900_000)}</failure></testcase></testsuite>`;
        const [test] = parseJunit(xml) ?? [];
        expect({ message: test.messages[0].length, output: test.output.length }).toEqual({
            ...{ message: 500, output: 20_000 },
        });
    });

    test("names that JavaScript gives a meaning are names", () => {
        const xml = `<testsuite><testcase name="__proto__" classname="constructor"><properties><property name="__proto__" value="1"/></properties></testcase></testsuite>`;
        expect(outcomes(xml)).toEqual([["constructor", "__proto__", "passed", 0]]);
    });
});
