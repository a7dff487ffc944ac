import { TestCase } from "./caseSchema";
import { Concurrency, SIDE_BY_SIDE } from "./concurrency";
import { SuiteResults } from "./results";

/** A case, and its place among those of the run. */
export interface Placed {
    readonly testCase: TestCase;
    readonly position: number;
}

/** Cases that are asked in the same way; the phases follow one another. */
export interface Phase {
    /** Each queue is worked off by itself, `limit` of its cases at a time. */
    readonly queues: readonly { readonly limit: number; readonly cases: readonly Placed[] }[];
}

/**
 * In which order the cases are asked. What needs a quiet server has it: first lane deterministic, one
 * request at a time; then greedy and sampled side by side; then the edges one at a time, because after each
 * the server has to answer the next; at last what is measured, alone.
 *
 * @param suspects ids of cases that did not pass before; in each phase they come first.
 * @param concurrency absent: everything is asked one at a time.
 */
export function schedule(
    cases: readonly TestCase[],
    suspects: ReadonlySet<string>,
    concurrency?: Concurrency,
): Phase[] {
    const placed = cases.map((testCase, position): Placed => ({ testCase, position }));
    const ordered = likelyFailuresFirst(placed, suspects);
    const of = (want: (testCase: TestCase) => boolean): Placed[] =>
        ordered.filter(({ testCase }) => want(testCase));
    const isMeasured = ({ measure, dimension }: TestCase): boolean =>
        measure !== undefined || dimension === "performance";
    const isOneByOne = (testCase: TestCase): boolean =>
        !isMeasured(testCase) && testCase.dimension !== "boundary";
    const alone = (own: readonly Placed[]): Phase => ({ queues: [{ limit: 1, cases: own }] });
    const together = of((each) => isOneByOne(each) && each.lane !== "deterministic");
    return [
        alone(of((each) => isOneByOne(each) && each.lane === "deterministic")),
        concurrency === undefined
            ? alone(together)
            : {
                  queues: SIDE_BY_SIDE.map((dimension) => ({
                      limit: concurrency[dimension],
                      cases: together.filter(({ testCase }) => testCase.dimension === dimension),
                  })),
              },
        alone(of((each) => !isMeasured(each) && each.dimension === "boundary")),
        alone(of(isMeasured)),
    ];
}

/** Ids of cases that did not pass in earlier results. */
export function suspectsOf(...earlier: readonly (SuiteResults | undefined)[]): Set<string> {
    const suspicious = ["failed", "flaky", "errored"];
    return new Set(
        earlier.flatMap((results) =>
            (results?.cases ?? [])
                .filter(({ status }) => suspicious.includes(status))
                .map(({ id }) => id),
        ),
    );
}

/** The sooner a run fails, the less of it is paid for in vain. */
function likelyFailuresFirst(cases: readonly Placed[], suspects: ReadonlySet<string>): Placed[] {
    const rank = ({ testCase: { id, tags } }: Placed): number =>
        suspects.has(id) ? 0 : tags.length > 0 ? 1 : 2;
    return [...cases].sort((a, b) => rank(a) - rank(b));
}
