import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { stringify } from "yaml";

import { UserError } from "../common/userError";
import { guardFile, type GuardSettings } from "./guard";

/** EC2 takes this many bytes of user data, before base64. */
export const USER_DATA_LIMIT_BYTES = 16384;

/** A file to be put on the machine by cloud-init. */
export interface MachineFile {
    readonly path: string;
    readonly content: string;
    /** Octal, such as "0755". */
    readonly permissions: string;
}

export interface UserDataArgs {
    /** The instant at which the machine ends itself, ISO 8601. */
    readonly powerOffAt: string;
    /** It ends itself after so many seconds, too, whatever its clock says. */
    readonly mostSeconds: number;
    /** When it gives up before that. */
    readonly guard: GuardSettings;
    /** The machine's SSH host key, known beforehand so that the caller can verify it. */
    readonly hostKey: { readonly privateKey: string; readonly publicKey: string };
    /** Further files. */
    readonly files: readonly MachineFile[];
    /** Shell commands that run once everything is in place. */
    readonly commands: readonly string[];
}

const INDENTATION = /^( {4})+/;

/**
 * Text of one of the machine's scripts or units, without comments, empty lines and most of the indentation:
 * user data is short.
 */
export function machineText(name: string): string {
    const lines = readFileSync(join(__dirname, "files", name), "utf8").split("\n");
    return lines
        .filter((line) => !/^\s*(#|$)/.test(line) || line.startsWith("#!"))
        .map((line) => `${line.replace(INDENTATION, (spaces) => " ".repeat(spaces.length / 4))}\n`)
        .join("");
}

/** An executable of the machine, in /opt/ephemeral-gpu-ci. */
export function machineScript(name: string): MachineFile {
    return {
        path: `/opt/ephemeral-gpu-ci/${name}`,
        content: machineText(name),
        permissions: "0755",
    };
}

/** A systemd unit of the machine. */
export function machineUnit(name: string): MachineFile {
    return {
        path: `/etc/systemd/system/${name}`,
        content: machineText(name),
        permissions: "0644",
    };
}

function hereDocument(file: MachineFile): string {
    return [
        `cat >${file.path} <<'GPU_CI_END'`,
        file.content.trimEnd(),
        "GPU_CI_END",
        `chmod ${file.permissions} ${file.path}`,
    ].join("\n");
}

function armingHook(args: UserDataArgs): string {
    const powerOffAt = Math.floor(Date.parse(args.powerOffAt) / 1000);
    if (!Number.isSafeInteger(powerOffAt)) {
        throw new Error(`"${args.powerOffAt}" is no ISO 8601 time`);
    }
    const files = [
        machineScript("watchdog.sh"),
        machineUnit("gpu-ci-watchdog.service"),
        machineUnit("gpu-ci-watchdog.timer"),
    ];
    return machineText("arm.sh")
        .replace("@POWER_OFF_AT@", String(powerOffAt))
        .replace("@SECONDS_LEFT@", String(Math.floor(args.mostSeconds)))
        .replace("@BOOT_BUDGET_SECONDS@", String(args.guard.phaseSeconds.boot))
        .replace("@WATCHDOG_FILES@", () => files.map(hereDocument).join("\n"));
}

/**
 * Compressed as a whole, and unpacked by cloud-init: user data is short. The same text gives the
 * same bytes on every platform.
 */
function packed(text: string): string {
    const bytes = gzipSync(text, { level: 9 });
    // The byte that names the operating system; 255 is "unknown" (RFC 1952).
    bytes[9] = 255;
    return bytes.toString("base64");
}

/** A caller whose network is gone is noticed within a minute: its heartbeat must not go on. */
const SSH_SETTINGS: MachineFile = {
    path: "/etc/ssh/sshd_config.d/ephemeral-gpu-ci.conf",
    content: "ClientAliveInterval 15\nClientAliveCountMax 4\n",
    permissions: "0644",
};

const START_GUARD = "systemctl enable --now --no-block gpu-ci-guard.service";
const BOOTED = "date -u +%s >/var/lib/ephemeral-gpu-ci/phases/booted";

function cloudConfig(args: UserDataArgs): string {
    const files = [
        machineScript("guard.sh"),
        machineUnit("gpu-ci-guard.service"),
        guardFile(args.guard),
        machineScript("heartbeat.sh"),
        machineScript("wait-for-boot.sh"),
        machineScript("health.sh"),
        SSH_SETTINGS,
        ...args.files,
    ];
    const config = {
        ssh_deletekeys: true,
        ssh_keys: {
            ed25519_private: args.hostKey.privateKey,
            ed25519_public: args.hostKey.publicKey,
        },
        write_files: files,
        runcmd: [START_GUARD, ...args.commands, BOOTED].map((command) => ["sh", "-c", command]),
    };
    return `#cloud-config\n${stringify(config, { lineWidth: 0, indent: 1 })}`;
}

const PACKED_PART = "Content-Type: application/gzip\nContent-Transfer-Encoding: base64";

/**
 * The machine's user data: a boot hook that arms the watchdog before anything else, then a
 * cloud-config with everything that may fail.
 *
 * @throws UserError when it is longer than the 16 KB that EC2 takes.
 */
export function machineUserData(args: UserDataArgs): string {
    const boundary = "ephemeral-gpu-ci";
    const part = (headers: string, text: string) => `--${boundary}\n${headers}\n\n${text}\n`;
    const text = [
        `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n`,
        part('Content-Type: text/cloud-boothook; charset="utf-8"', armingHook(args)),
        part(PACKED_PART, packed(cloudConfig(args))),
        `--${boundary}--\n`,
    ].join("");
    const bytes = Buffer.byteLength(text);
    if (bytes > USER_DATA_LIMIT_BYTES) {
        throw new UserError(
            `the machine's user data has ${bytes} bytes`,
            `at most ${USER_DATA_LIMIT_BYTES} (EC2's limit)`,
            "pass fewer or shorter files and server arguments; copy large files over SSH instead",
        );
    }
    return text;
}
