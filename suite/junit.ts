import junitReportBuilder from "junit-report-builder";
import { isExcused } from "./baseline/standing";
import { RESULT_DIMENSIONS } from "./caseSchema";
import { CaseResult, SuiteResults } from "./results";
import { TIER_RULES } from "./tiers";

/**
 * The results as JUnit XML, for the test view of a CI: a suite a dimension, and one for a verdict
 * that no case explains (a server that was never there), so that a CI never shows green by silence.
 */
export function renderJunit(results: SuiteResults): string {
    const builder = junitReportBuilder.newBuilder();
    const { flakyFails } = TIER_RULES[results.tier];
    for (const dimension of RESULT_DIMENSIONS) {
        const cases = results.cases.filter((each) => each.dimension === dimension);
        if (cases.length === 0) {
            continue;
        }
        const suite = builder
            .testSuite()
            .name(dimension)
            .timestamp(results.startedAt)
            .time(sum(cases))
            .property("tier", results.tier)
            .property("model", results.model)
            .property("server", results.server.version ?? "unknown")
            .property("standIn", String(results.server.standIn))
            .property("rung", results.server.rung?.name ?? "unknown")
            .property("rungNote", results.server.rung?.note ?? "unknown");
        for (const [name, value] of comparisonProperties(results)) {
            suite.property(name, value);
        }
        for (const each of cases) {
            const testCase = suite
                .testCase()
                .className(`suite.${dimension}`)
                .name(each.dimension === "own" ? each.id : `${each.id}: ${each.title}`)
                .time(each.seconds);
            for (const [name, value] of propertiesOf(each)) {
                testCase.property(name, value);
            }
            if (each.status === "skipped" || (isExcused(each) && each.status !== "passed")) {
                testCase.skipped();
            } else if (each.status === "errored") {
                testCase.error(each.problem?.message ?? "no answer", each.problem?.kind);
            } else if (each.status === "failed" || (each.status === "flaky" && flakyFails)) {
                testCase.failure(
                    failureText(each.checks),
                    each.status === "flaky" ? "flaky" : "check",
                );
                testCase.stacktrace(wantedAndGot(each));
            }
            const printed =
                each.dimension === "own"
                    ? each.output
                    : `asked: ${each.prompt}\nanswered: ${each.answer}`;
            if (printed !== undefined) {
                testCase.standardOutput(printed);
            }
        }
    }
    if (results.comparison) {
        const testCase = builder
            .testSuite()
            .name("baseline")
            .testCase()
            .className("suite.baseline")
            .name(`no regression against ${results.comparison.baseline.name}`);
        const { outcome, why } = results.comparison;
        if (outcome === "regression") {
            testCase.failure(why, outcome);
        } else if (outcome === "infrastructure-failure") {
            testCase.error(why, "infrastructure");
        }
    }
    if (results.verdict === "none") {
        builder
            .testSuite()
            .name("verdict")
            .testCase()
            .className("suite.verdict")
            .name("the suite could judge the model")
            .error(results.why, "infrastructure");
    }
    return withoutControls(builder.build());
}

function comparisonProperties({ comparison }: SuiteResults): [string, string][] {
    return comparison
        ? [
              ["baseline", comparison.baseline.name],
              ["comparison", comparison.outcome],
              ["comparisonWhy", comparison.why],
          ]
        : [];
}

/** What a CI's own three statuses cannot say. */
function propertiesOf({
    status,
    lane,
    repeats,
    quarantine,
    standing,
    problem,
    checks,
}: CaseResult): [string, string][] {
    const said = (name: string, value: string | false | undefined): [string, string][] =>
        value ? [[name, value]] : [];
    const failed = failureText(checks);
    return [
        ...said("lane", lane),
        ...said("passed", repeats && `${repeats.passed} of ${repeats.total}`),
        ...said("baseline", standing && `${standing}: ${status}: ${failed || problem?.message}`),
        ...said("flaky", status === "flaky" && failed),
        ...said(
            "quarantine",
            quarantine &&
                `${quarantine.expired ? "expired" : "until"} ${quarantine.expires}: ${quarantine.reason}; ${status}${failed && `: ${failed}`}`,
        ),
    ];
}

function failureText(checks: CaseResult["checks"]): string {
    return checks
        .filter(({ passed }) => !passed)
        .map(({ kind, message }) => `${kind}: ${message}`)
        .join("; ");
}

const LONGEST_ANSWER = 4000;

/** Each check that failed, with what it asks for and what the model said. */
function wantedAndGot({ checks, turns, answer }: CaseResult): string {
    return checks
        .filter(({ passed }) => !passed)
        .map(({ kind, message, wanted, turn }) => {
            const { answer: got = answer, refusal } = turns[(turn ?? 1) - 1] ?? {};
            const said = refusal ? `HTTP ${refusal.status}: ${refusal.message}` : got;
            return [
                `${kind}: ${message}`,
                ...(wanted === undefined ? [] : [`wanted: ${wanted}`]),
                `got: ${said.slice(0, LONGEST_ANSWER)}`,
            ].join("\n");
        })
        .join("\n\n");
}

function sum(cases: readonly CaseResult[]): number {
    return Number(cases.reduce((total, { seconds }) => total + seconds, 0).toFixed(3));
}

/** Control characters that a model may write and XML 1.0 does not allow. */
function withoutControls(text: string): string {
    // eslint-disable-next-line no-control-regex -- they are what is taken out
    return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
}
