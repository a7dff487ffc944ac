import { CaseResult, Problem } from "../../../suite/results";
import { decideVerdict } from "../../../suite/verdict";

let number = 0;
function result(status: CaseResult["status"], kind?: Problem["kind"]): CaseResult {
    return {
        id: `case-${++number}`,
        dimension: "boundary",
        title: "",
        language: "en",
        status,
        seconds: 0,
        checks: [],
        prompt: "",
        answer: "",
        turns: [],
        images: [],
        ...(kind && { problem: { kind, message: "a problem" } }),
    };
}
const passed = () => result("passed");
const failed = () => result("failed");
const skipped = () => result("skipped", "not-run");
const flaky = (): CaseResult => ({ ...result("flaky"), repeats: { passed: 2, total: 3 } });
const quarantined = (each: CaseResult, expired = false): CaseResult => ({
    ...each,
    quarantine: { reason: "known", expires: "2026-12-31", expired },
});
const broken = (kind: Problem["kind"]) => result("errored", kind);

test.each<[string, CaseResult[], string | undefined, "passed" | "failed" | "none", RegExp]>([
    ["all passed", [passed(), passed()], undefined, "passed", /^all 2 cases passed$/],
    ["a skipped case is said", [passed(), skipped()], undefined, "passed", /1 skipped/],
    ["one failed", [passed(), failed()], undefined, "failed", /^1 of 2 cases failed: case-/],
    [
        "failed, and the server gone",
        [failed(), skipped()],
        "the server stopped",
        "failed",
        /the server stopped/,
    ],
    [
        "the server gone",
        [passed(), broken("connection"), skipped()],
        "the server stopped",
        "none",
        /1 of 3 cases were judged/,
    ],
    ["a time limit", [passed(), broken("timeout")], undefined, "none", /could not be judged/],
    [
        "5xx on one case only",
        [passed(), broken("server-error")],
        undefined,
        "failed",
        /breaks on case-/,
    ],
    [
        "5xx on everything",
        [broken("server-error"), broken("server-error")],
        undefined,
        "none",
        /2 of 2/,
    ],
    ["nothing run", [], undefined, "none", /no case/],
    ["everything skipped", [skipped()], undefined, "none", /no case/],
    [
        "one flaky",
        [passed(), flaky()],
        undefined,
        "failed",
        /^1 of 2 cases are flaky: case-\d+ \(passed 2 of 3\)$/,
    ],
    [
        "one failed, one flaky",
        [failed(), flaky()],
        undefined,
        "failed",
        /^1 of 2 cases failed: case-\d+; 1 flaky: case-\d+ \(passed 2 of 3\)$/,
    ],
    [
        "what fails is in quarantine",
        [passed(), quarantined(failed()), quarantined(flaky()), quarantined(broken("timeout"))],
        undefined,
        "passed",
        /^1 of 3 cases passed; 3 in quarantine not passed: case-/,
    ],
    ["what passes is in quarantine", [quarantined(passed())], undefined, "passed", /^all 1/],
    [
        "the quarantine has expired",
        [passed(), quarantined(failed(), true)],
        undefined,
        "failed",
        /^1 of 2 cases failed: (case-\d+); quarantine has expired: \1$/,
    ],
    [
        "a quarantine has expired, and its case passes",
        [passed(), quarantined(passed(), true)],
        undefined,
        "passed",
        /^all 2 cases passed; quarantine has expired: case-\d+$/,
    ],
    [
        "all that is left is in quarantine",
        [quarantined(failed())],
        undefined,
        "none",
        /^no case was run; 1 in quarantine not passed/,
    ],
    [
        "a failure outside of quarantine",
        [failed(), quarantined(failed())],
        undefined,
        "failed",
        /^1 of 2 cases failed: (case-\d+); 1 in quarantine not passed: (?!\1)/,
    ],
])("%s", (_, cases, stopped, verdict, why) => {
    const decided = decideVerdict(cases, { stopped });
    expect(decided.verdict).toBe(verdict);
    expect(decided.why).toMatch(why);
});

it("a flaky case does not fail a tier that looks only, but is named", () => {
    const { verdict, why } = decideVerdict([passed(), flaky()], { flakyFails: false });
    expect(verdict).toBe("passed");
    expect(why).toMatch(/^1 of 2 cases passed; 1 flaky: case-\d+ \(passed 2 of 3\)$/);
});
