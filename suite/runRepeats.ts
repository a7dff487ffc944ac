import { MODEL_SAMPLING, TestCase } from "./caseSchema";
import { comparable } from "./checks/editDistance";
import { Sampling } from "./client";
import { CaseResult } from "./results";
import { CaseContext, CaseOutcome, runCase } from "./runCase";
import { clopperPearson } from "./statistics/clopperPearson";
import { consistency } from "./statistics/consistency";
import { passPower } from "./statistics/passPower";

/** How often a case of lane sampled is asked where it does not say. */
const SAMPLED_REPEATS = 5;
/** How often a case of lane deterministic that failed its only try is asked again. */
const TRIES_AGAIN = 2;
/** pass^k is shown up to this k. */
const LARGEST_K = 8;

/**
 * Asks a case as often as its lane and tier want, and makes one result of it.
 *
 * Lane deterministic: the same request every time. It passes when every repeat passes and fails when
 * none does; what passes and fails is flaky. A single try that fails is followed by two more, which can
 * turn "failed" into "flaky" and never into "passed".
 *
 * Lane sampled: a temperature, and a seed of its own for each repeat. It fails when the interval of its
 * pass rate lies below the rate that is wanted.
 *
 * What is shown is the first repeat that failed; of a sampled case that passes, the first that passed. A
 * repeat without an answer ends the case: it is the server's doing.
 *
 * @param tierRepeats of lane deterministic, where the case does not say.
 * @param seed of the first sampled repeat; each further one adds 1.
 */
export async function runRepeats(
    testCase: TestCase,
    tierRepeats: number,
    seed: number,
    context: CaseContext,
): Promise<CaseOutcome> {
    const isSampled = testCase.lane === "sampled";
    const wanted = testCase.repeats ?? (isSampled ? SAMPLED_REPEATS : tierRepeats);
    const outcomes: CaseOutcome[] = [];
    const ask = async (times: number): Promise<void> => {
        for (let repeat = 0; repeat < times && !isOver(outcomes); repeat++) {
            const sampling = isSampled ? samplingOf(testCase, seed + repeat) : undefined;
            outcomes.push(await runCase(testCase, { ...context, sampling }));
        }
    };
    await ask(wanted);
    if (!isSampled && wanted === 1 && outcomes[0]?.result.status === "failed") {
        await ask(TRIES_AGAIN);
    }
    return summarise(testCase, outcomes);
}

function isOver(outcomes: readonly CaseOutcome[]): boolean {
    const status = outcomes.at(-1)?.result.status;
    return status === "errored" || status === "skipped";
}

function samplingOf({ sampling }: TestCase, seed: number): Sampling {
    return { ...MODEL_SAMPLING, ...sampling, seed };
}

function summarise(testCase: TestCase, outcomes: readonly CaseOutcome[]): CaseOutcome {
    const last = outcomes.at(-1) as CaseOutcome;
    const results = outcomes.map(({ result }) => result);
    const judged = results.filter(({ status }) => status === "passed" || status === "failed");
    const passed = judged.filter(({ status }) => status === "passed").length;
    const status = isOver(outcomes)
        ? last.result.status
        : statusOf(testCase, passed, judged.length);
    const shown = isOver(outcomes)
        ? last
        : ((status === "passed"
              ? outcomes.find(({ result }) => result.status === "passed")
              : outcomes.find(({ result }) => result.status === "failed")) ?? last);
    const seconds = results.reduce((sum, each) => sum + each.seconds, 0);
    const repeats = outcomes.length > 1 ? repeatsOf(judged, passed, outcomes.length) : undefined;
    return { ...shown, result: { ...shown.result, status, seconds, ...(repeats && { repeats }) } };
}

function statusOf(
    { lane, minPassRate = 1 }: TestCase,
    passed: number,
    total: number,
): CaseResult["status"] {
    if (lane === "sampled") {
        return clopperPearson(passed, total).high < minPassRate ? "failed" : "passed";
    }
    return passed === total ? "passed" : passed === 0 ? "failed" : "flaky";
}

function repeatsOf(
    judged: readonly CaseResult[],
    passed: number,
    total: number,
): CaseResult["repeats"] {
    const alike = consistency(judged.map(({ answer }) => comparable(answer)));
    const largest = Math.min(judged.length, LARGEST_K);
    return {
        passed,
        total,
        outcomes: judged.map(({ status }) => status === "passed"),
        ...(judged.length > 0 && { passRate: clopperPearson(passed, judged.length) }),
        passPower: Array.from({ length: largest }, (_, index) =>
            passPower(passed, judged.length, index + 1),
        ),
        ...(alike !== undefined && { consistency: alike }),
    };
}
