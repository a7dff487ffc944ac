import { guardFile, GuardArgs, guardSettings } from "../../../machine/guard";
import { EmulatedMachine } from "./emulatedMachine";

const STATE = "var/lib/ephemeral-gpu-ci";
const HEARTBEAT = "/run/ephemeral-gpu-ci/heartbeat";

let machine: EmulatedMachine;

/** A machine that is well: armed, reachable, with a GPU that works and room on its disk. */
beforeEach(() => {
    machine = new EmulatedMachine();
    machine.unit("gpu-ci-watchdog.timer", true);
    machine.command("nvidia-smi", "echo 37");
    machine.command("bash", "exit 0");
    machine.command("journalctl", ":");
    machine.command("df", "printf 'Filesystem\\ndev 100 1 104857600 1%% /\\n'");
    machine.command("curl", "exit 22");
    settings({});
});
afterEach(() => machine.remove());

function settings(args: GuardArgs): void {
    const { path, content } = guardFile(guardSettings(args, 45));
    machine.put(path.slice(1), content);
}
/** The suite is at work, and somebody waits for it. */
function inSuite(): void {
    machine.state("phases/start", "1000100");
    machine.state("phases/suite", "1000200");
    machine.unit("gpu-ci-suite", true);
}
const beats = () => `: >${machine.path(HEARTBEAT.slice(1))}`;

test("a machine that is well is left alone until its deadline", () => {
    settings({ heartbeatMinutes: 10, phaseMinutes: { test: 45 } });
    inSuite();
    expect(machine.guard(400, beats())).toBeUndefined();
});

describe("a phase past its budget", () => {
    const rung = "ephemeral-gpu-ci: rung as-planned: as planned\n";
    test.each([
        ["pull", { pull: "1" }, ""],
        ["weights", { pull: "1", start: "5" }, rung],
        ["weights", { pull: "1", start: "5" }, `${rung}Model loading took 7 GiB\n${rung}`],
        ["start", { pull: "1", start: "5" }, `${rung}INFO Model loading took 7 GiB\n`],
        ["test", { pull: "1", start: "5", suite: "9" }, rung],
        ["weights", { pull: "1", start: "12", suite: "9" }, rung],
        ["upload", { pull: "1", start: "5", suite: "9", end: "11" }, rung],
    ])("%s, told from %j", (phase, files, log) => {
        settings({ phaseMinutes: { [phase]: 1 } });
        machine.put("var/log/ephemeral-gpu-ci/server.log", log);
        for (const [name, at] of Object.entries(files)) {
            machine.state(`phases/${name}`, at);
        }
        expect(machine.guard(55)).toBeUndefined();
        expect(machine.guard(10)).toBe(`phase ${phase}: more than its 60 s`);
    });

    test("no server at all: only the deadline counts", () => {
        expect(machine.guard(300)).toBeUndefined();
    });

    test("a server that is started again starts its phases again", () => {
        settings({ phaseMinutes: { weights: 1 } });
        machine.put("var/log/ephemeral-gpu-ci/server.log", rung);
        machine.state("phases/start", "5");
        expect(machine.guard(40)).toBeUndefined();
        machine.state("phases/start", "45");
        expect(machine.guard(40)).toBeUndefined();
        expect(machine.guard(25)).toBe("phase weights: more than its 60 s");
    });
});

describe("nobody waits any more", () => {
    beforeEach(() => inSuite());
    const settingsWith = (heartbeatRule: string) =>
        settings({ heartbeatMinutes: 1, heartbeatRule, phaseMinutes: { test: 45 } });

    test("finish: the suite goes on to its end, and the machine has a minute more", () => {
        settingsWith("finish");
        const ends = (at: number) =>
            `[ "$now" -lt ${at} ] || rm -f ${machine.path("active")}/gpu-ci-suite`;
        expect(machine.guard(200, ends(200))).toBeUndefined();
        expect(machine.guard(100, ends(300))).toBe("heartbeat: nobody has waited for 60 s");
    });

    test("stop: the suite is stopped, what there is of the report has a moment to be fetched", () => {
        settingsWith("stop");
        expect(machine.guard(200, `[ "$now" -gt 100 ] || ${beats()}`)).toBe(
            "heartbeat: nobody has waited for 60 s",
        );
        const log = machine.read("systemctl.log");
        expect(log.indexOf("stop gpu-ci-suite")).toBeLessThan(log.indexOf("poweroff"));
        expect(machine.read(`${STATE}/power-off.log`)).toMatch(
            /^ephemeral-gpu-ci: the suite is stopped: heartbeat: .*\nephemeral-gpu-ci: power off: /,
        );
    });
});

describe("the GPU", () => {
    test("each answer is kept for the report, with its instant", () => {
        machine.clocks({ wall: 1_764_000_000 });
        machine.command(
            "nvidia-smi",
            "printf '37, 0, 7100, 23034, 61, 54.20\\n[N/A], 1, 4, 23034, 30, [N/A]\\n'",
        );
        machine.guard(12, "/bin/sleep 0.2");
        const lines = machine.read("var/log/ephemeral-gpu-ci/gpu.csv").split("\n");
        expect(lines.slice(0, 2)).toEqual([
            "1764000000,37,0,7100,23034,61,54.20",
            "1764000000,[N/A],1,4,23034,30,[N/A]",
        ]);
    });

    test("idle in the test phase ends the machine", () => {
        settings({ idleMinutes: 1, phaseMinutes: { test: 45 } });
        inSuite();
        machine.command("nvidia-smi", "printf '0\\n0\\n'");
        expect(machine.guard(200)).toBe("GPU: idle for 60 s in phase test");
    });

    test.each([
        ["one of two is at work", "printf '0\\n3\\n'", true],
        ["the driver does not tell", "echo '[N/A]'", true],
        ["idle while the weights load", "echo 0", false],
    ])("%s: left alone", (_, answer, isInSuite) => {
        settings({ idleMinutes: 1, phaseMinutes: { test: 45 } });
        if (isInSuite) {
            inSuite();
        }
        machine.command("nvidia-smi", answer);
        expect(machine.guard(100)).toBeUndefined();
    });

    test.each([
        ["hangs", "exec tail -f /dev/null"],
        ["fails", "echo 'No devices were found'; exit 9"],
    ])("nvidia-smi that %s ends the machine", (_, script) => {
        machine.command("nvidia-smi", script);
        expect(machine.guard(300)).toBe("GPU: nvidia-smi has not answered for 120 s");
    });

    test.each([
        [48, true],
        [64, true],
        [79, true],
        [92, true],
        [94, true],
        [95, true],
        [13, false],
        [31, false],
    ])("Xid %d in the kernel's log: the hardware's %p", (xid, isHardware) => {
        const line = `NVRM: Xid (PCI:0000:00:1e): ${xid}, pid=79, name=python, words`;
        machine.command("journalctl", `echo '${line}'`);
        expect(machine.guard(60)).toBe(isHardware ? `GPU: ${line}` : undefined);
    });
});

test("a full disk ends the machine after a minute, one that gets room again does not", () => {
    machine.command("df", "printf 'Filesystem\\ndev 100 1 1024 100%% /\\n'");
    expect(machine.guard(40)).toBeUndefined();
    machine.command("df", "printf 'Filesystem\\ndev 100 1 300000 90%% /\\n'");
    expect(machine.guard(100)).toBeUndefined();
    machine.command("df", "printf 'Filesystem\\ndev 100 1 1024 100%% /\\n'");
    expect(machine.guard(100)).toBe(
        `disk: only 1024 KiB free in ${machine.path("var/lib/ephemeral-gpu-ci")}`,
    );
});

test("SSH that is dead ends the machine, but a suite that may finish alone does that first", () => {
    settings({ phaseMinutes: { test: 45 } });
    inSuite();
    machine.command("bash", "exit 1");
    expect(machine.guard(240)).toBeUndefined();
    machine.unit("gpu-ci-suite", false);
    expect(machine.guard(240)).toBe("SSH: no answer for 180 s");
});

describe("a spot notice", () => {
    const answers = (notice: string) =>
        machine.command(
            "curl",
            `case "$*" in
*'PUT --header X-aws-ec2-metadata-token-ttl-seconds: 60 http://169.254.169.254/latest/api/token')
    echo TOKEN ;;
*'--header X-aws-ec2-metadata-token: TOKEN http://169.254.169.254/latest/meta-data/spot/instance-action')
    ${notice} ;;
*) exit 3 ;;
esac`,
        );

    test("ends the machine within seconds, the suite first", () => {
        inSuite();
        answers(`echo '{"action":"terminate"}'`);
        expect(machine.guard(60)).toBe('spot notice: {"action":"terminate"}');
        expect(machine.read("systemctl.log")).toMatch(/^stop gpu-ci-suite\npoweroff/);
    });

    test("that is none (404) leaves it alone", () => {
        answers("exit 22");
        expect(machine.guard(60)).toBeUndefined();
    });
});

test("a watchdog that is no longer armed ends the machine", () => {
    machine.unit("gpu-ci-watchdog.timer", false);
    expect(machine.guard(30)).toBe("the watchdog's timer is not active");
});

test.each(["pull=soon", "test=99999999999999999999"])(
    "settings that cannot be read: %s",
    (line) => {
        machine.put("etc/ephemeral-gpu-ci/guard", line);
        expect(machine.guard(30)).toBe("the guard's settings cannot be read");
    },
);

test("without settings it does not run, which ends the machine after five tries", () => {
    machine.command("sleep", "kill -KILL $PPID");
    machine.removeFile("etc/ephemeral-gpu-ci/guard");
    expect(machine.run("guard.sh").status).toBe(2);
});
