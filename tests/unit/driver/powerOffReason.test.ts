import { isSpotNotice, powerOffReason, withReason } from "../../../scripts/powerOffReason";

test.each([
    [
        "the machine's own words, the first of them",
        "[  9.1] x\r\nephemeral-gpu-ci: power off: phase pull: more than its 1200 s\r\nephemeral-gpu-ci: power off: again\r\n",
        "phase pull: more than its 1200 s",
    ],
    [
        "a suite that was stopped first, as in power-off.log",
        "ephemeral-gpu-ci: the suite is stopped: GPU: idle for 600 s in phase test\n",
        "GPU: idle for 600 s in phase test",
    ],
    [
        "a watchdog that could not run: its unit's words",
        "[  OK  ] Reached target\r\nephemeral-gpu-ci: gpu-ci-watchdog.service failed: exit-code\r\n",
        "gpu-ci-watchdog.service failed: exit-code",
    ],
    ["nothing", "login: \r\n", undefined],
    ["no console at all", "", undefined],
])("%s", (_, console, reason) => {
    expect(powerOffReason(console)).toBe(reason);
});

test("a reason is short, whatever a console holds", () => {
    expect(powerOffReason(`ephemeral-gpu-ci: power off: ${"x".repeat(9000)}`)).toHaveLength(200);
});

test("a spot notice is told from the rest", () => {
    expect(isSpotNotice('spot notice: {"action":"terminate"}')).toBe(true);
    expect(isSpotNotice("phase test: more than its 60 s")).toBe(false);
    expect(isSpotNotice(undefined)).toBe(false);
});

describe("a reason in the report", () => {
    const machines = [{ instanceId: "i-1" }, { instanceId: "i-2" }];

    test("is the last machine's, which wrote it", () => {
        expect(withReason({}, machines, "disk: full")).toEqual({ "i-2": "disk: full" });
    });

    test("gives way to what the console says", () => {
        expect(withReason({ "i-2": "GPU: idle" }, machines, "disk: full")).toEqual({
            "i-2": "GPU: idle",
        });
    });

    test("that is not there changes nothing", () => {
        expect(withReason({}, machines, undefined)).toEqual({});
        expect(withReason({}, [], "disk: full")).toEqual({});
    });
});
