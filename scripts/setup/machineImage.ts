import * as path from "node:path";
import { baseImageName, makeBaseImage } from "./baseImage";
import { folderParts, keyOf } from "./cacheKey";
import { derive, removeLeftoverContainers } from "./deriveImage";
import type { DockerClient } from "./dockerClient";
import { machineScript, PROJECT, stepLog, type SetupContext } from "./setupContext";

export interface MachineImages {
    /** The image that a machine boots from. */
    readonly machine: string;
    /** The small image that everything else stands on. */
    readonly base: string;
}

/** The image of the emulated cloud's machines, in three layers: base, packages, our own files. */
export async function ensureMachineImage(
    docker: DockerClient,
    context: SetupContext,
): Promise<MachineImages> {
    const log = stepLog(context, "machine");
    const base = baseImageName(await docker.architecture());
    const install = machineScript("installMachine.sh");
    const packagesKey = keyOf([base, install]);
    const files = path.join(PROJECT, "rehearsal/machines/files");
    const machineKey = keyOf([packagesKey, ...folderParts(files)]);
    const packages = `ephemeral-gpu-ci/machine-packages:${packagesKey}`;
    const machine = `ephemeral-gpu-ci/machine:${machineKey}`;
    if ((await docker.hasImage(machine)) && (await docker.hasImage(base))) {
        log.line(`cached: ${machine}`);
        return { machine, base };
    }
    await removeLeftoverContainers(docker, context);
    if (!(await docker.hasImage(base))) {
        await makeBaseImage(docker, base, context);
    }
    if (!(await docker.hasImage(packages))) {
        log.line("installing systemd, cloud-init, sshd and podman into the machine's image");
        await derive(docker, context, {
            from: base,
            to: packages,
            script: install,
            // A layer that deletes keeps what it deleted; a flat image does not.
            flat: true,
        });
        log.done(`made ${packages}`);
    }
    await derive(docker, context, {
        from: packages,
        to: machine,
        folder: files,
        changes: ['CMD ["/sbin/init"]', "ENV container=docker"],
    });
    log.done(`made ${machine}`);
    return { machine, base };
}
