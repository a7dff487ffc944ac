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
])("%s", (_, cases, stopped, verdict, why) => {
    const decided = decideVerdict(cases, stopped);
    expect(decided.verdict).toBe(verdict);
    expect(decided.why).toMatch(why);
});
