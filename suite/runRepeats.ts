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
/** How often a case that failed is asked again, of lane deterministic where that was its only try. */
const TRIES_AGAIN = 2;
/** pass^k is shown up to this k. */
const LARGEST_K = 8;

/**
 * Asks a case as often as its lane and tier want.
 *
 * Lanes deterministic and greedy: the same request every time. It passes when every repeat passes and
 * fails when none does; what passes and fails is flaky. A single try of lane deterministic that fails is
 * followed by two more, which can turn "failed" into "flaky" and never into "passed"; those of lane greedy
 * are made when nothing else is asked (`tryAlone`).
 *
 * Lane sampled: a temperature, and a seed of its own for each repeat. It fails when the interval of its
 * pass rate lies below the rate that is wanted.
 *
 * A repeat without an answer ends the case: it is the server's doing.
 *
 * @param tierRepeats of the lanes deterministic and greedy, where the case does not say.
 * @param seed of the first sampled repeat; each further one adds 1.
 */
export async function tryCase(
    testCase: TestCase,
    tierRepeats: number,
    seed: number,
    context: CaseContext,
): Promise<CaseOutcome[]> {
    const isSampled = testCase.lane === "sampled";
    const wanted = repeatsWanted(testCase, tierRepeats);
    const tries: CaseOutcome[] = [];
    const ask = async (times: number): Promise<void> => {
        for (let repeat = 0; repeat < times && !isOver(tries); repeat++) {
            const sampling = isSampled ? samplingOf(testCase, seed + repeat) : undefined;
            tries.push(await runCase(testCase, { ...context, sampling }));
        }
    };
    await ask(wanted);
    if (testCase.lane === "deterministic" && wanted === 1 && tries[0]?.result.status === "failed") {
        await ask(TRIES_AGAIN);
    }
    return tries;
}

/** How often a case is asked while nothing goes wrong. */
export function repeatsWanted({ lane, repeats }: TestCase, tierRepeats: number): number {
    return repeats ?? (lane === "sampled" ? SAMPLED_REPEATS : tierRepeats);
}

/**
 * True where a case of lane greedy never passed side by side with others: a server adds up in another
 * order then, and alone the answer may be another one.
 */
export function isToTryAlone({ lane }: TestCase, tries: readonly CaseOutcome[]): boolean {
    return lane === "greedy" && tries.every(({ result }) => result.status === "failed");
}

/** Asks such a case again; to be called while nothing else is asked. */
export async function tryAlone(testCase: TestCase, context: CaseContext): Promise<CaseOutcome[]> {
    const tries: CaseOutcome[] = [];
    while (tries.length < TRIES_AGAIN && !isOver(tries)) {
        tries.push(await runCase(testCase, context));
    }
    return tries;
}

function isOver(outcomes: readonly CaseOutcome[]): boolean {
    const status = outcomes.at(-1)?.result.status;
    return status === "errored" || status === "skipped";
}

function samplingOf({ sampling }: TestCase, seed: number): Sampling {
    return { ...MODEL_SAMPLING, ...sampling, seed };
}

/**
 * One result of all tries of a case. What is shown is the first that failed; of a sampled case that
 * passes, the first that passed.
 *
 * @param alone how many of the last tries were made alone, after the case had failed side by side.
 */
export function summariseTries(
    testCase: TestCase,
    outcomes: readonly CaseOutcome[],
    alone = 0,
): CaseOutcome {
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
    const repeats =
        outcomes.length > 1
            ? { ...repeatsOf(judged, passed, outcomes.length), ...(alone > 0 && { alone }) }
            : undefined;
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
): NonNullable<CaseResult["repeats"]> {
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
