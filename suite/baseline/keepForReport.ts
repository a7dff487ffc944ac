import { levelsOf, SuiteResults } from "../results";
import { Before } from "./comparison";

/** A report with thousands of failures must stay one that a browser opens. */
const MOST_ANSWERS = 1000;
const MOST_CHARACTERS = 4000;
const MOST_SAMPLES = 1000;

/**
 * What the report shows of a baseline, which is not there when the report is made again: the answers of cases
 * that do not pass here or did not there, and the latency of each request, the throughput of each level.
 */
export function keepForReport(before: SuiteResults, now: SuiteResults): Before {
    const statusNow = new Map(now.cases.map(({ id, status }) => [id, status]));
    const isChangedOrBad = ({ id, status }: SuiteResults["cases"][number]): boolean =>
        statusNow.has(id) && (status !== "passed" || statusNow.get(id) !== "passed");
    return {
        answers: before.cases
            .filter(({ dimension }) => dimension !== "performance")
            .filter(isChangedOrBad)
            .slice(0, MOST_ANSWERS)
            .map(({ id, status, answer }) => ({
                caseId: id,
                status,
                answer: answer.slice(0, MOST_CHARACTERS),
            })),
        latency: before.performance.latency.flatMap(({ caseId, samples }) =>
            samples === undefined
                ? []
                : {
                      caseId,
                      ...(samples.timeToFirstTokenSeconds && {
                          timeToFirstTokenSeconds: samples.timeToFirstTokenSeconds.slice(
                              0,
                              MOST_SAMPLES,
                          ),
                      }),
                      endToEndSeconds: samples.endToEndSeconds.slice(0, MOST_SAMPLES),
                  },
        ),
        throughput: levelsOf(before.performance).map(
            ({ caseId, concurrency, outputTokensPerSecond }) => ({
                caseId,
                concurrency,
                outputTokensPerSecond,
            }),
        ),
    };
}
