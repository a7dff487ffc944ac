import { rmSync } from "node:fs";

import { EmulatedMachine } from "./emulatedMachine";

const STATE = "var/lib/ephemeral-gpu-ci";
const RUN = "run/ephemeral-gpu-ci";

let machine: EmulatedMachine;

/** A machine that was armed when its clock said 1,000,000, with 600 s to live. */
beforeEach(() => {
    machine = new EmulatedMachine();
    machine.state("power-off-at", "1000600");
    machine.state("seconds-left", "600");
    machine.state("boot-budget-seconds", "100");
    machine.state("phases/booted", "1000010");
});
afterEach(() => machine.remove());

/** A look at this time; gives why the machine is powered off, if it is. */
function look(wall: number, uptime: number): string | undefined {
    machine.clocks({ wall, uptime });
    // A guard that is at work.
    machine.put(`${RUN}/guard-looked-at`, `${uptime}\n`);
    expect(machine.run("watchdog.sh").stderr).toBe("");
    return machine.powerOff;
}

test("before the deadline nothing happens, at it the machine powers off", () => {
    expect(look(1_000_000, 50)).toBeUndefined();
    expect(look(1_000_599, 649)).toBeUndefined();
    expect(look(1_000_600, 650)).toMatch(/^the deadline is near \(1000600 >= 1000600/);
});

describe("a clock that is wrong does not prolong the machine", () => {
    test.each([
        ["set back by 10 minutes", -600],
        ["set back by a year", -31_536_000 / 365],
        ["stopped", undefined],
    ])("%s", (_, jump) => {
        expect(look(1_000_000, 50)).toBeUndefined();
        const wall = (seconds: number) =>
            jump === undefined ? 1_000_100 : 1_000_000 + seconds + jump;
        expect(look(wall(300), 350)).toBeUndefined();
        expect(look(wall(599), 649)).toBeUndefined();
        expect(look(wall(600), 650)).toMatch(/although the clock says otherwise \(600 s since/);
    });

    test("behind from the start: no longer than the whole budget", () => {
        expect(look(400_000, 50)).toBeUndefined();
        expect(look(400_600, 650)).toMatch(/although the clock says otherwise/);
    });

    test("set back, then rebooted: what was left before is left after", () => {
        expect(look(1_000_000, 50)).toBeUndefined();
        expect(look(999_800, 450)).toBeUndefined();
        machine.reboot();
        expect(look(999_810, 5)).toBeUndefined();
        expect(look(1_000_000, 204)).toBeUndefined();
        expect(look(1_000_001, 205)).toMatch(/although the clock says otherwise \(200 s since/);
    });
});

test("a clock that is set forward past the deadline ends the machine: early is safe", () => {
    expect(look(1_000_000, 50)).toBeUndefined();
    expect(look(1_000_601, 60)).toMatch(/^the deadline is near/);
});

test("a reboot takes nothing from the deadline, and adds nothing to it", () => {
    expect(look(1_000_100, 150)).toBeUndefined();
    machine.reboot();
    expect(look(1_000_160, 5)).toBeUndefined();
    expect(look(1_000_599, 444)).toBeUndefined();
    expect(look(1_000_600, 445)).toMatch(/^the deadline is near/);
});

describe("what cannot be read counts as past", () => {
    test.each(["power-off-at", "seconds-left", "boot-budget-seconds"])("%s", (name) => {
        for (const content of ["", "soon", "12x", "-5", "99999999999999999999999"]) {
            machine.state(name, content);
            expect(look(1_000_000, 50)).toMatch(new RegExp(`${name} cannot be read$`));
            rmSync(machine.path(`${RUN}/power-off-reason`));
            rmSync(machine.path("systemctl.log"));
        }
        rmSync(machine.path(`${STATE}/${name}`));
        expect(look(1_000_000, 50)).toMatch(new RegExp(`${name} cannot be read$`));
    });

    test.each(["boot-left", "boot-uptime"])("%s of this boot", (name) => {
        expect(look(1_000_000, 50)).toBeUndefined();
        machine.put(`${RUN}/${name}`, "x");
        expect(look(1_000_003, 53)).toMatch(new RegExp(`${name} cannot be read$`));
    });
});

test("a cloud-init that has not finished within its budget ends the machine", () => {
    rmSync(machine.path(`${STATE}/phases/booted`));
    expect(look(1_000_000, 50)).toBeUndefined();
    expect(look(1_000_099, 149)).toBeUndefined();
    // The clock is set back: it does not count here.
    expect(look(999_000, 150)).toBe("phase boot: cloud-init did not finish within 100 s");
});

describe("a guard that does not look ends the machine", () => {
    test.each(["stopped looking", "never looked"])("%s", (what) => {
        const at = (uptime: number) => {
            machine.clocks({ wall: 1_000_000, uptime });
            machine.run("watchdog.sh");
            return machine.powerOff;
        };
        if (what === "stopped looking") {
            machine.put(`${RUN}/guard-looked-at`, "50\n");
        }
        expect(at(50)).toBeUndefined();
        expect(at(229)).toBeUndefined();
        expect(at(230)).toBe("the guard has not looked for 180 s");
    });
});

test("why it powers off is on the console, in the log and first of all in the reason", () => {
    look(1_000_600, 50);
    const line = /^ephemeral-gpu-ci: power off: the deadline is near .*\n$/;
    expect(machine.read("dev/console")).toMatch(line);
    expect(machine.read(`${STATE}/power-off.log`)).toMatch(line);
});

test("a power-off that does not come to its end is asked for again, and said once", () => {
    look(1_000_600, 50);
    expect(look(900_000, 53)).toMatch(/^the deadline is near/);
    expect(machine.read(`${STATE}/power-off.log`).trimEnd().split("\n")).toHaveLength(1);
    expect(machine.read("systemctl.log").trimEnd().split("\n")).toEqual([
        "poweroff --no-block",
        "poweroff --force --force",
        "poweroff --no-block",
        "poweroff --force --force",
    ]);
});

test("a full disk does not keep it from looking", () => {
    expect(look(1_000_000, 50)).toBeUndefined();
    machine.command("mv", "exit 1");
    expect(look(1_000_100, 150)).toBeUndefined();
    expect(look(1_000_600, 650)).toMatch(/^the deadline is near/);
});

describe("with a report bucket", () => {
    const PUSH = "opt/ephemeral-gpu-ci/push.py";
    const asked = () => machine.read("systemctl.log").trimEnd().split("\n");

    test("the report is pushed with the reason before the power-off, once", () => {
        machine.put(PUSH, `#!/bin/sh\ncat /${STATE}/power-off.log >>/${RUN}/pushed\n`);
        look(1_000_600, 50);
        look(1_000_603, 53);
        expect(machine.read(`${RUN}/pushed`)).toMatch(/^.*power off: the deadline is near.*\n$/);
        // An earlier push could otherwise end after this one.
        expect(asked()[0]).toBe("kill -s KILL gpu-ci-push");
    });

    test("a push that hangs is left alone after 15 s", () => {
        machine.command("sleep", `echo "$1" >>${machine.path("slept")}`);
        machine.put(PUSH, `#!/bin/sh\nexec /bin/sleep 20\n`);
        expect(look(1_000_600, 50)).toMatch(/^the deadline is near/);
        expect(machine.read("slept").trimEnd().split("\n")).toEqual([...Array(15).fill("1"), "10"]);
        expect(asked()).toContain("poweroff --no-block");
    });

    test("a push that cannot run at all holds nothing up", () => {
        machine.command("sleep", `/bin/sleep 0.1`);
        machine.put(PUSH, "#!/nowhere\n");
        expect(look(1_000_600, 50)).toMatch(/^the deadline is near/);
        expect(machine.read(`${RUN}/pushing`)).toBe("");
    });
});
