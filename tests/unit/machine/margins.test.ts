import fc from "fast-check";

import { deadlineMargins } from "../../../machine/margins";

test("for every deadline, the machine acts first, then AWS, and both before it", () => {
    fc.assert(
        fc.property(fc.integer({ min: 1, max: 1440 }), (minutes) => {
            const { watchdogSeconds, scheduleSeconds } = deadlineMargins(minutes);
            expect(scheduleSeconds).toBeGreaterThanOrEqual(15);
            expect(watchdogSeconds).toBeGreaterThan(scheduleSeconds);
            expect(watchdogSeconds).toBeLessThanOrEqual(minutes * 30);
        }),
    );
});

test("a usual deadline leaves AWS more than the 60 s by which a schedule may be late", () => {
    expect(deadlineMargins(45)).toEqual({ watchdogSeconds: 120, scheduleSeconds: 90 });
});
