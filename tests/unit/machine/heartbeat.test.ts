import { spawn } from "node:child_process";
import { copyFileSync, existsSync, realpathSync } from "node:fs";

import { machineScript } from "../../../machine/userData";
import { EmulatedMachine } from "./emulatedMachine";

let machine: EmulatedMachine;
beforeEach(() => {
    machine = new EmulatedMachine();
});
afterEach(() => machine.remove());

/** Waits for a file, 5 s at most. */
async function appears(path: string): Promise<boolean> {
    for (const end = Date.now() + 5_000; Date.now() < end && !existsSync(path);) {
        await new Promise((wake) => setTimeout(wake, 20));
    }
    return existsSync(path);
}

test("the heartbeat ends with the SSH session, although whoever waits goes on without it", async () => {
    machine.put("opt/heartbeat.sh", machineScript("heartbeat.sh").content);
    const ended = machine.path("ended");
    machine.put(
        "opt/wait.sh",
        `. ${machine.path("opt/heartbeat.sh")}\nwhile beat; do /bin/sleep 0.05; done\n: >${ended}\n`,
    );
    // A shell that is called sshd stands for the session's process; sudo is one more in between.
    copyFileSync(realpathSync("/bin/sh"), machine.path("sshd"));
    const wait = `sh -c 'sh ${machine.path("opt/wait.sh")}; :'; :`;
    const session = spawn(machine.path("sshd"), ["-c", wait], { stdio: "ignore" });
    const heartbeat = machine.path("run/ephemeral-gpu-ci/heartbeat");
    expect(await appears(heartbeat)).toBe(true);
    machine.removeFile("run/ephemeral-gpu-ci/heartbeat");
    expect(await appears(heartbeat)).toBe(true);
    expect(existsSync(ended)).toBe(false);

    session.kill("SIGKILL");
    expect(await appears(ended)).toBe(true);
}, 20_000);
