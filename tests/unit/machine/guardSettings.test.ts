import { isUserError } from "../../../common/userError";
import { GuardArgs, guardFile, guardSettings, PHASES } from "../../../machine/guard";

function refusal(args: GuardArgs, deadlineMinutes = 45): string {
    try {
        guardSettings(args, deadlineMinutes);
    } catch (error) {
        expect(isUserError(error)).toBe(true);
        return (error as Error).message;
    }
    throw new Error("not refused");
}

describe("a setting that would switch a check off is refused, with the reason", () => {
    test.each<[string, GuardArgs, RegExp]>([
        ["idle window beyond the deadline", { idleMinutes: 46 }, /idle window is 46 minutes/],
        ["phase beyond it", { phaseMinutes: { test: 60 } }, /budget of phase test is 60 minutes/],
        [
            "boot beyond it",
            { phaseMinutes: { boot: 45.1 } },
            /budget of phase boot is 45.1 minutes/,
        ],
        ["heartbeat beyond it", { heartbeatMinutes: 90 }, /heartbeat's window is 90 minutes/],
        [
            "heartbeat 0",
            { heartbeatMinutes: 0 },
            /heartbeat's window is 0 minutes.*cannot be switched/s,
        ],
        ["idle 0", { idleMinutes: 0 }, /idle window is 0 minutes/],
        ["phase below 0", { phaseMinutes: { pull: -1 } }, /phase pull is -1 minutes/],
        ["no number", { idleMinutes: NaN }, /idle window is NaN minutes/],
        ["less than a second", { heartbeatMinutes: 0.001 }, /heartbeat's window is 0.001/],
        ["an unknown rule", { heartbeatRule: "wait" }, /rule is "wait".*finish, stop/s],
    ])("%s", (_, args, message) => {
        expect(refusal(args)).toMatch(message);
    });
});

test("what is not given follows from what is expected, and ends with the deadline", () => {
    const expectedMinutes = { startUp: 30, suite: 40 };
    expect(guardSettings({ expectedMinutes }, 180).phaseSeconds).toEqual({
        boot: 600,
        pull: 3600,
        weights: 3600,
        start: 1800,
        test: 7200,
        upload: 600,
    });
    const { phaseSeconds, idleSeconds } = guardSettings({ expectedMinutes }, 1);
    expect([...PHASES.map((phase) => phaseSeconds[phase]), idleSeconds]).toEqual(Array(7).fill(60));
});

test("nobody is waited for where nobody said so", () => {
    expect(guardSettings({}, 45).heartbeatSeconds).toBeUndefined();
    expect(guardFile(guardSettings({}, 45)).content).toMatch(/^heartbeat=$/m);
    const file = guardFile(guardSettings({ heartbeatMinutes: 0.5, heartbeatRule: "stop" }, 45));
    expect(file.content).toMatch(/^heartbeat=30\nheartbeat_rule=stop$/m);
});
