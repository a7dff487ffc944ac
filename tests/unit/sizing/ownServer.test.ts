import fc from "fast-check";

import { compareWithOwnServer } from "../../../sizing";

const inputs = { utilisation: 0.05, ownUsdPerMonth: 600, minutesPerRun: 20, usdPerRun: 0.3 };

test("a server that tests keep busy for 5 % of a month", () => {
    // 730 h x 60 x 0.05 / 20 = 109.5 runs, at 0.30 USD = 32.85 USD against 600.
    expect(compareWithOwnServer(inputs)).toMatchObject({
        runsPerMonth: 110,
        rentedUsdPerMonth: 32.85,
        savedUsdPerMonth: 567.15,
        savedPercent: 94.5,
    });
});

test("at the break-even utilisation both cost the same", () => {
    const whole = fc.record({
        utilisation: fc.double({ min: 0.01, max: 1, noNaN: true }),
        ownUsdPerMonth: fc.double({ min: 100, max: 20_000, noNaN: true }),
        minutesPerRun: fc.double({ min: 5, max: 300, noNaN: true }),
        usdPerRun: fc.double({ min: 0.05, max: 100, noNaN: true }),
    });
    fc.assert(
        fc.property(whole, (given) => {
            const { breakEvenUtilisation, savedUsdPerMonth } = compareWithOwnServer(given);
            expect(savedUsdPerMonth >= 0).toBe(given.utilisation <= breakEvenUtilisation + 0.0005);
            if (breakEvenUtilisation > 1 || breakEvenUtilisation < 0.05) return;
            const even = compareWithOwnServer({ ...given, utilisation: breakEvenUtilisation });
            expect(Math.abs(even.savedPercent)).toBeLessThan(2);
        }),
    );
});

test("a busy own server can be cheaper, and the answer says so", () => {
    const busy = compareWithOwnServer({ ...inputs, utilisation: 1 });
    expect(busy.savedUsdPerMonth).toBeLessThan(0);
});

test.each([
    [{ utilisation: 0 }, /utilisation is 0 %/],
    [{ utilisation: 1.5 }, /utilisation is 150 %.*up to 100/],
    [{ utilisation: NaN }, /above 0/],
    [{ ownUsdPerMonth: 0 }, /0 USD a month/],
    [{ ownUsdPerMonth: NaN }, /above 0/],
])("%p is refused", (change, says) => {
    expect(() => compareWithOwnServer({ ...inputs, ...change })).toThrow(says);
});
