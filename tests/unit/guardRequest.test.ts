import { isUserError } from "../../common/userError";
import { guardRequest, guardSettingsWithin } from "../../guardRequest";
import { parseSettings } from "../../settings";

const settings = (given: Record<string, string>) => parseSettings({ tier: "commit", ...given }, {});

test("phases and windows are read from the stack's settings", () => {
    expect(
        guardRequest(
            settings({
                phaseMinutes: " weights=40, test = 7.5 ,",
                heartbeatMinutes: "5",
                heartbeatRule: "stop",
                idleMinutes: "3",
            }),
        ),
    ).toEqual({
        phaseMinutes: { weights: 40, test: 7.5 },
        heartbeatMinutes: 5,
        heartbeatRule: "stop",
        idleMinutes: 3,
    });
});

test.each(["download=3", "test", "test=", "test=soon", "test=-1", "test=5 weights=3"])(
    "phaseMinutes %p is refused, with the phases that there are",
    (phaseMinutes) => {
        let refused: unknown;
        try {
            guardRequest(settings({ phaseMinutes }));
        } catch (error) {
            refused = error;
        }
        expect(isUserError(refused)).toBe(true);
        expect((refused as Error).message).toMatch(/boot, pull, weights, start, test, upload/);
    },
);

test.each([
    ["heartbeatMinutes", "0"],
    ["heartbeatMinutes", "1441"],
    ["idleMinutes", "0"],
    ["heartbeatRule", "wait"],
])("%s %s is refused as it is read", (key, value) => {
    expect(() => settings({ [key]: value })).toThrow(`${key} is "${value}"`);
});

test("an attempt that has less time left cuts them short, and sets nothing that was not given", () => {
    const given = { phaseMinutes: "pull=10,test=60", heartbeatMinutes: "40", idleMinutes: "5" };
    expect(guardSettingsWithin(settings(given), 20)).toEqual({
        phaseMinutes: "pull=10,test=20",
        heartbeatMinutes: "20",
        idleMinutes: "5",
    });
    expect(guardSettingsWithin(settings({}), 20)).toEqual({});
});
