import { CaseResult } from "../results";
import { JunitTest } from "./parseJunit";

const MOST_TITLE_CHARACTERS = 200;

/**
 * Tests of an own suite as cases of dimension `own`. A test's id is its class and name; where two have
 * the same, the later ones are numbered.
 *
 * @example foldTests([test])[0].id // "tests.test_colour.test_red"
 */
export function foldTests(tests: readonly JunitTest[]): CaseResult[] {
    const seen = new Map<string, number>();
    return tests.map((test) => {
        const plain =
            [test.className, test.name].filter(Boolean).join(".") || "a test without name";
        const times = (seen.get(plain) ?? 0) + 1;
        seen.set(plain, times);
        return foldTest(test, times === 1 ? plain : `${plain}#${times}`);
    });
}

function foldTest(test: JunitTest, id: string): CaseResult {
    const { outcome, messages, seconds, properties } = test;
    const numbers = properties.filter(([, value]) => isNumber(value));
    const words = properties.filter(([, value]) => !isNumber(value));
    const said = words.map(([name, value]) => `${name} = ${value}`).join("\n");
    const output = [said, test.output].filter(Boolean).join("\n\n");
    return {
        id,
        dimension: "own",
        title: (test.name || id).slice(0, MOST_TITLE_CHARACTERS),
        language: "en",
        status: outcome,
        seconds,
        checks:
            outcome === "failed" || outcome === "flaky"
                ? messages.map((message) => ({ kind: "failure", passed: false, message }))
                : [],
        ...{ prompt: "", answer: "", turns: [], images: [] },
        ...(output && { output }),
        ...(outcome === "errored" && {
            problem: { kind: "test-error", message: messages[0] ?? "error" },
        }),
        ...(outcome === "skipped" && {
            problem: { kind: "not-run", message: messages[0] ?? "skipped" },
        }),
        ...(numbers.length > 0 && {
            metrics: Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)])),
        }),
    };
}

function isNumber(text: string): boolean {
    return text.trim() !== "" && Number.isFinite(Number(text));
}
