import { compareServer, compareStored, errorPercent } from "../../../sizing/comparePoints";
import { SERVER_POINTS, STORED_POINTS } from "../../../sizing/points";

const WITH_GPU = SERVER_POINTS.filter(({ allowed }) => allowed.gpuGiB !== null);

describe("what servers printed", () => {
    test.each(SERVER_POINTS)("$id, $what: load and KV cache within 1 %", (point) => {
        const { load, kvBytesPerToken } = compareServer(point);
        expect(Math.abs(errorPercent(load))).toBeLessThan(1);
        expect(Math.abs(errorPercent(kvBytesPerToken))).toBeLessThan(1);
    });

    test.each(WITH_GPU)("$id, $what: total within 5 % and in its interval", (point) => {
        const { reserve, total } = compareServer(point).whole!;
        expect(Math.abs(errorPercent(total))).toBeLessThan(5);
        expect(total.measured).toBeGreaterThanOrEqual(total.range[0]);
        expect(total.measured).toBeLessThanOrEqual(total.range[1]);
        expect(reserve.measured).toBeGreaterThanOrEqual(reserve.range[0]);
        expect(reserve.measured).toBeLessThanOrEqual(reserve.range[1]);
    });

    test("P10 and P11, one machine of unknown memory: their ranges allow a memory for both", () => {
        const [first, second] = ["P10", "P11"].map((id) => {
            const point = SERVER_POINTS.find((each) => each.id === id)!;
            // Any memory will do to learn the range.
            const gpuGiB = 120;
            const { whole } = compareServer({ ...point, allowed: { ...point.allowed, gpuGiB } });
            const used = point.loadGiB + point.kvGiB;
            const { utilization } = point.allowed;
            return whole!.reserve.range.map((reserve) => (used + reserve) / utilization);
        });
        expect(Math.max(first[0], second[0])).toBeLessThanOrEqual(Math.min(first[1], second[1]));
    });

    test("every error is smaller than that of the weights alone", () => {
        for (const point of SERVER_POINTS) {
            const { load, weightsOnly } = compareServer(point);
            const alone = Math.abs(errorPercent({ ...load, estimated: weightsOnly }));
            expect(Math.abs(errorPercent(load))).toBeLessThan(alone);
        }
    });
});

test.each(STORED_POINTS)("$id, $what: within 1 %", (point) => {
    expect(Math.abs(errorPercent(compareStored(point)))).toBeLessThan(1);
});
