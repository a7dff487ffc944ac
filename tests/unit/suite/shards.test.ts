import fc from "fast-check";
import { mergeShards } from "../../../suite/mergeShards";
import { CaseResult, countStatuses, SuiteResults } from "../../../suite/results";
import { parseShard } from "../../../suite/shard";
import { positionsOfShard, weightsOf } from "../../../suite/shards";
import { decideVerdict } from "../../../suite/verdict";
import { measuredCase, someCase, someResult } from "./someCases";

const cases = [
    ...Array.from({ length: 20 }, (_, index) =>
        someCase(`greedy-${index}`, { lane: "greedy", maxTokens: 8 + 10 * (index % 5) }),
    ),
    ...Array.from({ length: 10 }, (_, index) => someCase(`plain-${index}`, { maxTokens: 32 })),
    measuredCase("latency", "kind: latency, requests: 8, warmUp: 1"),
    measuredCase("throughput", "kind: throughput, requests: 64, concurrency: 16"),
];
const shardsOf = (of: number): number[][] =>
    Array.from({ length: of }, (_, index) => positionsOfShard(cases, { index: index + 1, of }, 1));

it.each([1, 2, 3, 7, cases.length])("deals every case to one of %i shards", (of) => {
    const all = shardsOf(of);
    expect(all.flat().sort((a, b) => a - b)).toEqual(cases.map((_, index) => index));
    all.forEach((one) => expect(one).toEqual([...one].sort((a, b) => a - b)));
    expect(all.every((one) => one.length > 0)).toBe(true);
});

it("makes shards about as heavy as one another", () => {
    const weights = weightsOf(cases, 1);
    const sums = shardsOf(3).map((one) =>
        one.reduce((sum, position) => sum + (weights[position] as number), 0),
    );
    const heaviestCase = Math.max(...weights);
    expect(Math.max(...sums) - Math.min(...sums)).toBeLessThanOrEqual(heaviestCase);
});

it("weighs a case by its requests, its tokens and how many are asked at once", () => {
    const weights = weightsOf(cases, 1);
    const of = (id: string) => weights[cases.findIndex((each) => each.id === id)] as number;
    expect(of("greedy-4")).toBeGreaterThan(of("greedy-0"));
    expect(of("plain-0") / of("greedy-0")).toBeGreaterThan(16);
    expect(of("latency")).toBeGreaterThan(of("throughput"));
    expect(weightsOf(cases, 3)[0]).toBeCloseTo(3 * (weights[0] as number));
});

it("refuses more shards than cases", () => {
    expect(() => positionsOfShard(cases, { index: 1, of: 33 }, 1)).toThrow(
        /has 32 cases.*up to 32/,
    );
});

it.each(["2", "0/4", "5/4", "1/0", "a/b", "-1/4", "1/4/2", ""])("refuses the shard %j", (text) => {
    expect(() => parseShard(text)).toThrow(/NUMBER\/COUNT/);
});

describe("merging", () => {
    type Status = [CaseResult["status"], NonNullable<CaseResult["problem"]>["kind"]?];
    const passed: Status[] = cases.map(() => ["passed"]);

    function runOf(statuses: readonly Status[], positions: number[], index: number, of: number) {
        const own = positions.map((position) => {
            const [status, kind] = statuses[position] as Status;
            return someResult(cases[position] as (typeof cases)[number], status, kind);
        });
        const results: SuiteResults = {
            schemaVersion: 2,
            tier: "merge",
            model: "m",
            seed: 7,
            server: { url: `http://machine-${index}`, standIn: false, version: "1" },
            startedAt: `2026-11-24T10:0${index % 10}:00.000Z`,
            endedAt: `2026-11-24T11:0${index % 10}:00.000Z`,
            seconds: 3600,
            ...decideVerdict(own, { flakyFails: true }),
            suite: { version: "1", cases: "digest" },
            shard: { index, of, positions, tierCases: statuses.length },
            totals: countStatuses(own),
            cases: own,
            performance: { latency: [], throughput: [] },
        };
        return results;
    }
    const split = (statuses: readonly Status[], shardOfCase: readonly number[]): SuiteResults[] => {
        const used = [...new Set(shardOfCase)];
        return used.map((shard, index) =>
            runOf(
                statuses,
                shardOfCase.flatMap((each, position) => (each === shard ? position : [])),
                index + 1,
                used.length,
            ),
        );
    };
    const merge = (all: readonly SuiteResults[]): SuiteResults =>
        mergeShards(all.map((results, index) => ({ path: `dir-${index}`, results })));

    const status = fc.oneof(
        { weight: 12, arbitrary: fc.constant<Status>(["passed"]) },
        fc.constant<Status>(["failed"]),
        fc.constant<Status>(["flaky"]),
        fc.constant<Status>(["skipped", "not-run"]),
        fc.constant<Status>(["errored", "timeout"]),
        fc.constant<Status>(["errored", "server-error"]),
    );
    const anySplit = fc.tuple(
        fc.oneof(
            fc.array(status, { minLength: cases.length, maxLength: cases.length }),
            fc.constant(passed),
        ),
        fc.array(fc.nat({ max: 4 }), { minLength: cases.length, maxLength: cases.length }),
    );

    it("gives the verdict, totals and cases of one run of everything, however it is split", () => {
        fc.assert(
            fc.property(anySplit, fc.integer(), ([statuses, shardOfCase], order) => {
                const whole = runOf(
                    statuses,
                    cases.map((_, position) => position),
                    1,
                    1,
                );
                const shards = split(statuses, shardOfCase);
                // A shard alone without an answer says that its machine was not there.
                const isGone = ({ cases: own }: SuiteResults) =>
                    own.every((each) => each.status === "errored");
                fc.pre(!shards.some(isGone));
                const merged = merge(order % 2 === 0 ? shards : [...shards].reverse());
                expect(merged.verdict).toBe(whole.verdict);
                expect(merged.why).toBe(whole.why);
                expect(merged.totals).toEqual(whole.totals);
                expect(merged.cases.map(({ id }) => id)).toEqual(whole.cases.map(({ id }) => id));
                expect(merged).toMatchObject({ seconds: expect.any(Number), seed: 7 });
                expect(JSON.parse(JSON.stringify(merged))).not.toHaveProperty("shard");
            }),
            { numRuns: 300 },
        );
    });

    it("gives none where a shard's server was gone, unless a case failed", () => {
        fc.assert(
            fc.property(anySplit, fc.nat({ max: 4 }), ([statuses, shardOfCase], gone) => {
                const shards = split(statuses, shardOfCase).map((each, index) =>
                    index === gone
                        ? { ...each, verdict: "none" as const, stopped: "the server is not there" }
                        : each,
                );
                fc.pre(gone < shards.length);
                const merged = merge(shards);
                const isBad = statuses.some(([each]) => each === "failed");
                const isFlaky = statuses.some(
                    ([each], index) => each === "flaky" && cases[index]?.lane !== "greedy",
                );
                expect(merged.verdict).toBe(isBad || isFlaky ? "failed" : "none");
                expect(merged.why).toContain(`shard ${gone + 1}/${shards.length}: the server is`);
            }),
        );
    });

    const three = (): SuiteResults[] =>
        split(
            passed,
            cases.map((_, index) => index % 3),
        );
    const changed = (change: Partial<SuiteResults>): SuiteResults[] => {
        const [first, ...others] = three() as [SuiteResults, ...SuiteResults[]];
        return [...others, { ...first, ...change }];
    };

    it.each<[string, SuiteResults[], RegExp]>([
        ["model", changed({ model: "n" }), /dir-2 has another model \(n\) than dir-0 \(m\)/],
        ["tier", changed({ tier: "commit" }), /another tier \(commit\)/],
        ["seed", changed({ seed: 8 }), /another seed \(8\)/],
        ["version", changed({ suite: { version: "2", cases: "digest" } }), /another suite version/],
        ["cases", changed({ suite: { version: "1", cases: "other" } }), /another set of cases/],
        [
            "stand-in",
            changed({ server: { url: "", standIn: true, version: "1" } }),
            /another kind of server \(stand-in\)/,
        ],
        ["missing shard", three().slice(1), /shard 1\/3 is missing/],
        [
            "double shard",
            [...three(), three()[1] as SuiteResults],
            /2\/3 is there twice: dir-1 and dir-3/,
        ],
        ["whole run", changed({ shard: undefined }), /dir-2 is not of a shard/],
    ])("refuses what does not belong together: %s", (_, shards, message) => {
        expect(() => merge(shards)).toThrow(message);
    });

    it("forgets what a shard alone was compared with", () => {
        const [first, ...others] = three() as [SuiteResults, ...SuiteResults[]];
        const excused = first.cases.map((each) => ({
            ...each,
            status: "failed" as const,
            standing: "within-chance" as const,
        }));
        const merged = merge([{ ...first, cases: excused, verdict: "passed" }, ...others]);
        expect(merged.verdict).toBe("failed");
    });
});
