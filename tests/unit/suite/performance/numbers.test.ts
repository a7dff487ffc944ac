import * as fc from "fast-check";
import { Answered, Reply } from "../../../../suite/client";
import { checkLatency, checkThroughput } from "../../../../suite/performance/checks";
import { percentile } from "../../../../suite/performance/distribution";
import { latencyNumbers } from "../../../../suite/performance/latency";
import { levelNumbers } from "../../../../suite/performance/level";
import { sendAll } from "../../../../suite/performance/sendAll";

const answered = (seconds: number, first: number, tokens: number): Answered => ({
    kind: "answered",
    text: "x",
    seconds,
    timeToFirstTokenSeconds: first,
    pieceSeconds: [first, seconds],
    completionTokens: tokens,
});
const refused: Reply = { kind: "refused", status: 503, message: "busy", seconds: 0.1 };

test.each<[number[], number, number]>([
    [[3, 1, 2], 0.5, 2],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[1, 2, 3, 4, 5], 0.95, 4.8],
    [[7], 0.95, 7],
    [[1, 9], 1, 9],
])("percentile of %j at %d is %d", (samples, share, expected) => {
    expect(percentile(samples, share)).toBeCloseTo(expected);
});

it("a percentile lies between the extremes and grows with its share", () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
        fc.property(samples, (values) => {
            const [low, mid, high] = [0.1, 0.5, 0.9].map((share) => percentile(values, share));
            expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6);
            expect(mid).toBeGreaterThanOrEqual((low as number) - 1e-6);
            expect(high).toBeGreaterThanOrEqual((mid as number) - 1e-6);
            expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-6);
        }),
    );
});

it("keeps at most so many requests under way, and sends all of them", async () => {
    let [running, most] = [0, 0];
    const { replies } = await sendAll(10, 3, async (index) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running--;
        return { ...answered(1, 1, 1), text: String(index) };
    });
    expect(most).toBe(3);
    expect(replies.map((reply) => (reply as Answered).text)).toEqual([..."0123456789"]);
});

it("latency is judged by its median, which one slow request does not move", () => {
    const numbers = latencyNumbers("a", [
        answered(1, 0.2, 9),
        answered(1, 0.2, 9),
        answered(90, 60, 9),
    ]);
    expect(numbers.outputTokensPerSecond).toBeCloseTo(10);
    const limits = {
        kind: "latency",
        maxTimeToFirstTokenSeconds: 0.5,
        maxEndToEndSeconds: 2,
    } as const;
    expect(checkLatency(limits, numbers).map(({ passed }) => passed)).toEqual([true, true]);
    const tight = { ...limits, maxTimeToFirstTokenSeconds: 0.1, maxEndToEndSeconds: 0.9 };
    expect(checkLatency(tight, numbers).map(({ passed }) => passed)).toEqual([false, false]);
});

it("a time to first token that nobody measured does not pass", () => {
    const numbers = latencyNumbers("a", [
        { ...answered(1, 1, 1), timeToFirstTokenSeconds: undefined },
    ]);
    const [check] = checkLatency({ kind: "latency", maxTimeToFirstTokenSeconds: 5 }, numbers);
    expect(check).toMatchObject({ passed: false, message: expect.stringMatching(/unknown/) });
});

it("throughput counts the tokens of all answers over the whole span", () => {
    const replies = [answered(1, 0.1, 30), answered(2, 0.1, 50), refused];
    const numbers = levelNumbers(replies, 2, 4);
    expect(numbers).toMatchObject({
        failedRequests: 1,
        outputTokensPerSecond: 20,
        requestsPerSecond: 0.5,
    });
    const check = {
        kind: "throughput",
        minOutputTokensPerSecond: 20,
        maxFailedRequests: 1,
    } as const;
    expect(checkThroughput(check, [numbers]).every(({ passed }) => passed)).toBe(true);
    expect(checkThroughput({ ...check, maxFailedRequests: 0 }, [numbers])[0]?.passed).toBe(false);
    expect(checkThroughput({ ...check, minOutputTokensPerSecond: 21 }, [numbers])[1]?.passed).toBe(
        false,
    );
});
