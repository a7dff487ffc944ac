import type { BootedMachine } from "./bootedMachine";
import type { Fault } from "./fault";
import type { LayerName } from "./layer";
import type { Step } from "./step";

const ARMED = "systemctl is-active --quiet gpu-ci-watchdog.timer";
const BOOTED = "test -e /var/lib/ephemeral-gpu-ci/phases/booted";
// In brackets, or the shell that looks would find itself.
const SUITE_RUNS = "pgrep -f '[/]suite/suite.js'";

const STATE = "/var/lib/ephemeral-gpu-ci";
const FILL_DISK = [
    `cp -a ${STATE} /run/state`,
    `mount -t tmpfs -o size=1m none ${STATE}`,
    `cp -a /run/state/. ${STATE}`,
    `dd if=/dev/zero of=${STATE}/fill bs=1k 2>/dev/null; true`,
].join(" && ");
/** The kernel's clock is the host's too: only what asks for the date is deceived. */
const CLOCK_BEHIND = [
    "mv /bin/date /bin/date.real",
    `printf '#!/bin/sh\\ncase "$*" in *+%%s*) echo $(($(/bin/date.real +%%s) - 600)) ;; *) exec /bin/date.real "$@" ;; esac\\n' >/bin/date`,
    "chmod 755 /bin/date",
].join(" && ");
const HANG_NVIDIA_SMI = [
    "printf '#!/bin/sh\\nexec sleep 100000\\n' >/usr/local/bin/nvidia-smi.hangs",
    "chmod 755 /usr/local/bin/nvidia-smi.hangs",
    "mv /usr/local/bin/nvidia-smi.hangs /usr/local/bin/nvidia-smi",
].join(" && ");

/** Takes the machine's own layer away, also what of it cloud-init has yet to start. */
const DISARM = [
    "for unit in gpu-ci-watchdog.timer gpu-ci-watchdog.service gpu-ci-guard.service; do",
    "    mkdir -p /etc/systemd/system/$unit.d",
    "    printf '[Unit]\\nConditionPathExists=/never\\n' >/etc/systemd/system/$unit.d/off.conf",
    "done",
    "systemctl daemon-reload",
    "systemctl stop gpu-ci-watchdog.timer gpu-ci-watchdog.service || exit 1",
    "systemctl stop gpu-ci-guard.service 2>/dev/null || true",
].join("\n");

const AWS_SIDE: readonly LayerName[] = ["second job", "schedule", "sweeper"];
const EVERY: readonly LayerName[] = ["driver", ...AWS_SIDE, "watchdog"];

function machineFault(
    name: string,
    layers: readonly LayerName[],
    when: string,
    damage: (machine: BootedMachine) => Promise<void>,
): Fault {
    return {
        ...{ name, layers, kind: "machine", isLater: true },
        fits: isLaunched,
        act: async (context) => {
            const machine = await context.machine();
            await machine.until(when);
            if (context.layer !== "watchdog") {
                await machine.inside(DISARM);
            }
            await damage(machine);
        },
    };
}

function isLaunched({ action, when }: Step): boolean {
    return action === "RunInstances" && when === "after";
}

const inside = (command: string) => (machine: BootedMachine) => machine.inside(command);

/** Faults that only a machine that really boots can have. */
export const MACHINE_FAULTS: readonly Fault[] = [
    machineFault("nothing but a dead driver", ["watchdog"], SUITE_RUNS, async () => undefined),
    machineFault("cloud-init killed", EVERY, ARMED, inside("pkill -KILL -f '[c]loud-init'; true")),
    machineFault("never reachable", EVERY, ARMED, inside("systemctl mask --runtime --now ssh")),
    machineFault("network cut", EVERY, BOOTED, (machine) => machine.cutNetwork()),
    machineFault("disk full", EVERY, BOOTED, inside(FILL_DISK)),
    machineFault("suite hangs", EVERY, SUITE_RUNS, inside("pkill -STOP -f '[/]suite/suite.js'")),
    machineFault("nvidia-smi hangs", EVERY, ARMED, inside(HANG_NVIDIA_SMI)),
    machineFault("machine frozen", ["driver", ...AWS_SIDE], BOOTED, (machine) => machine.freeze()),
    machineFault("clock 10 min behind", ["watchdog"], BOOTED, inside(CLOCK_BEHIND)),
];
