import { DEFAULT_CONCURRENCY, parseConcurrency } from "../../../suite/concurrency";
import { Phase, schedule, suspectsOf } from "../../../suite/schedule";
import { workOff } from "../../../suite/workOff";
import { measuredCase, someCase } from "./someCases";

const idsOf = ({ queues }: Phase): [number, string[]][] =>
    queues
        .filter(({ cases }) => cases.length > 0)
        .map(({ limit, cases }) => [limit, cases.map(({ testCase }) => testCase.id)]);

const cases = [
    measuredCase("speed", "kind: latency, requests: 2"),
    someCase("greedy-a", { lane: "greedy" }),
    someCase("greedy-core", { lane: "greedy", tags: "[core]" }),
    someCase("greedy-suspect", { lane: "greedy" }),
    someCase("sampled-picture", { lane: "sampled", dimension: "multimodal" }),
    someCase("greedy-edge", { lane: "greedy", dimension: "boundary" }),
    someCase("plain-a"),
    someCase("plain-core", { dimension: "multimodal", tags: "[core]" }),
];

it("asks one at a time, side by side, at the edges, and measures alone; likely failures first", () => {
    const phases = schedule(cases, new Set(["greedy-suspect"]), DEFAULT_CONCURRENCY);
    expect(phases.map(idsOf)).toEqual([
        [[1, ["plain-core", "plain-a"]]],
        [
            [16, ["greedy-suspect", "greedy-core", "greedy-a"]],
            [8, ["sampled-picture"]],
        ],
        [[1, ["greedy-edge"]]],
        [[1, ["speed"]]],
    ]);
});

it("asks everything one at a time without a concurrency, and knows each case's place", () => {
    const phases = schedule(cases, new Set());
    expect(phases.flatMap(idsOf).every(([limit]) => limit === 1)).toBe(true);
    const places = phases.flatMap(({ queues }) => queues.flatMap((queue) => queue.cases));
    expect(places).toHaveLength(cases.length);
    places.forEach(({ testCase, position }) => expect(cases[position]).toBe(testCase));
});

it("suspects what did not pass before", () => {
    const results = (status: string) => ({ cases: [{ id: status, status }] }) as never;
    const all = ["passed", "failed", "flaky", "errored", "skipped"].map(results);
    expect([...suspectsOf(undefined, ...all)]).toEqual(["failed", "flaky", "errored"]);
});

describe("--concurrency", () => {
    it("keeps the default of what is not named", () => {
        expect(parseConcurrency("multimodal=4")).toEqual({ "single-modality": 16, multimodal: 4 });
        expect(parseConcurrency("multimodal=1, single-modality=256")).toEqual({
            "single-modality": 256,
            multimodal: 1,
        });
    });

    it.each([
        "multimodal=0",
        "multimodal=1.5",
        "multimodal",
        "multimodal=",
        "x=2",
        "boundary=2",
        "",
    ])("refuses %j and says what is allowed", (text) =>
        expect(() => parseConcurrency(text)).toThrow(/from 1 to 256.*Next: such as/),
    );
});

describe("queues side by side", () => {
    const waitABit = () => new Promise((resolve) => setTimeout(resolve, 2));

    it("keep each to its limit", async () => {
        const underWay = { a: 0, b: 0 };
        const most = { a: 0, b: 0 };
        const queue = (name: "a" | "b", limit: number) => ({
            limit,
            cases: Array.from({ length: 20 }, () => name),
        });
        const ask = async (name: "a" | "b"): Promise<void> => {
            most[name] = Math.max(most[name], ++underWay[name]);
            await waitABit();
            underWay[name]--;
        };
        const left = await workOff([queue("a", 3), queue("b", 1)], ask, () => false);
        expect(most).toEqual({ a: 3, b: 1 });
        expect(left.map((each) => each.cases)).toEqual([[], []]);
    });

    it("end what is under way when they pause, and say what is left", async () => {
        const ended: number[] = [];
        const [left] = await workOff(
            [{ limit: 2, cases: [1, 2, 3, 4, 5] }],
            async (one) => {
                await waitABit();
                ended.push(one);
            },
            () => ended.length > 0,
        );
        expect(ended).toEqual([1, 2]);
        expect(left).toEqual({ limit: 2, cases: [3, 4, 5] });
    });
});
