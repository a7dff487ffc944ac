import * as fs from "node:fs";
import * as path from "node:path";
import { cachedFolder } from "./cachedFolder";
import { filesBelow, folderParts, keyOf } from "./cacheKey";
import { CommandError, run } from "./commands";
import type { DockerClient } from "./dockerClient";
import { derive, removeLeftoverContainers, SETUP_LABEL, setupContainer } from "./deriveImage";
import type { MachineImages } from "./machineImage";
import {
    machineScript,
    PROJECT,
    stepLog,
    temporaryFolder,
    type SetupContext,
} from "./setupContext";

/** Node of the suite's image, from the npm registry: there is no image to pull it from. */
const NODE_VERSION = "22.23.3";
const VOLUME_PREFIX = "ephemeral-gpu-ci-images-";
/** Older stores are for going back to another branch; each takes some 400 MB. */
const KEPT_STORES = 3;

const NODE_NAME = "localhost/ephemeral-gpu-ci/node:latest";
const MODEL_NAME = "localhost/ephemeral-gpu-ci/model-stand-in:latest";
const PYTEST_NAME = "localhost/ephemeral-gpu-ci/pytest-suite:latest";

/**
 * The volume with the images that machines run: Node for the suite, the stand-in model server, and
 * Python with pytest for the suite in examples/.
 * It is filled once and then only read, so all machines share it.
 */
export async function ensureImageStore(
    docker: DockerClient,
    images: MachineImages,
    context: SetupContext,
): Promise<string> {
    const log = stepLog(context, "images");
    const model = path.join(PROJECT, "rehearsal/model");
    const populate = machineScript("populateStore.sh");
    const installModel = machineScript("installModelRuntime.sh");
    const nodeKey = keyOf([images.base, NODE_VERSION]);
    const runtimeKey = keyOf([images.base, installModel]);
    const modelKey = keyOf([runtimeKey, ...folderParts(model, isModelSource)]);
    const installPytest = machineScript("installPytest.sh");
    const pytestKey = keyOf([runtimeKey, installPytest]);
    const names = [NODE_NAME, MODEL_NAME, PYTEST_NAME];
    const storeKey = keyOf([nodeKey, modelKey, pytestKey, populate, ...names]);
    const volume = `${VOLUME_PREFIX}${storeKey}`;
    const nodeImage = `ephemeral-gpu-ci/node:${nodeKey}`;
    const modelImage = `ephemeral-gpu-ci/model:${modelKey}`;
    const pytestImage = `ephemeral-gpu-ci/pytest:${pytestKey}`;
    // Put on the daemon when the volume is complete: a volume exists from its first byte on.
    const finished = `ephemeral-gpu-ci/image-store:${storeKey}`;

    if ((await docker.hasImage(finished)) && (await docker.hasVolume(volume))) {
        log.line(`cached: ${volume}`);
        return volume;
    }
    await removeLeftoverContainers(docker, context);
    if (!(await docker.hasImage(nodeImage))) {
        const folder = await nodeFolder(docker, context);
        await derive(docker, context, {
            from: images.base,
            to: nodeImage,
            folder,
            changes: ['CMD ["node"]'],
        });
        log.done(`made ${nodeImage}`);
    }
    const runtimeImage = `ephemeral-gpu-ci/model-runtime:${runtimeKey}`;
    if (!(await docker.hasImage(runtimeImage))) {
        log.line("installing Python and its imaging library for the stand-in model server");
        await derive(docker, context, {
            from: images.base,
            to: runtimeImage,
            script: installModel,
        });
        log.done(`made ${runtimeImage}`);
    }
    if (!(await docker.hasImage(modelImage))) {
        await deriveModel(docker, context, { runtimeImage, modelImage, model });
        log.done(`made ${modelImage}`);
    }
    if (!(await docker.hasImage(pytestImage))) {
        await derive(docker, context, {
            from: runtimeImage,
            to: pytestImage,
            script: installPytest,
            changes: ['CMD ["python3"]'],
        });
        log.done(`made ${pytestImage}`);
    }
    log.line(`filling the volume ${volume}`);
    await fill(docker, context, {
        volume,
        images: [
            [nodeImage, NODE_NAME],
            [modelImage, MODEL_NAME],
            [pytestImage, PYTEST_NAME],
        ],
        machine: images.machine,
        populate,
    });
    await docker.call(["tag", modelImage, finished]);
    log.done(`ready: ${volume}`);
    await removeOldStores(docker, volume);
    return volume;
}

/** Code and its data, without notes for developers. */
function isModelSource(file: string): boolean {
    return !/\.(md|pyc)$/.test(file);
}

/** A folder to be laid over the base: /usr/local/bin/node. */
async function nodeFolder(docker: DockerClient, context: SetupContext): Promise<string> {
    const log = stepLog(context, "images");
    const architecture = (await docker.architecture()) === "arm64" ? "arm64" : "x64";
    const spec = `node-linux-${architecture}@${NODE_VERSION}`;
    return cachedFolder({
        cacheDir: context.cacheDir,
        name: "node",
        key: keyOf([spec]),
        needGiB: 0.5,
        make: async (folder) => {
            log.line(`fetching ${spec} from npm`);
            const options = { cwd: folder, env: context.env, signal: context.signal };
            const packed = await run("npm", ["pack", "--silent", spec], options);
            const archive = packed.trim().split("\n").pop() ?? "";
            fs.mkdirSync(path.join(folder, "usr/local"), { recursive: true });
            await run(
                "tar",
                [
                    ...["-xzf", archive, "-C", "usr/local", "--strip-components=1"],
                    ...["package/bin/node"],
                ],
                options,
            );
            fs.rmSync(path.join(folder, archive));
        },
    });
}

async function deriveModel(
    docker: DockerClient,
    context: SetupContext,
    what: {
        runtimeImage: string;
        modelImage: string;
        model: string;
    },
): Promise<void> {
    const staged = temporaryFolder(context, "model");
    try {
        const target = path.join(staged, "opt/model");
        for (const file of filesBelow(what.model, isModelSource)) {
            fs.mkdirSync(path.dirname(path.join(target, file)), { recursive: true });
            fs.copyFileSync(path.join(what.model, file), path.join(target, file));
        }
        await derive(docker, context, {
            from: what.runtimeImage,
            to: what.modelImage,
            folder: staged,
            // As the image that it stands in for: arguments begin with the model's id.
            changes: ['ENTRYPOINT ["python3", "/opt/model/server.py"]', "CMD []"],
        });
    } finally {
        fs.rmSync(staged, { recursive: true, force: true });
    }
}

/** Copies the images from Docker into podman's format, by the podman of the machine's own image. */
async function fill(
    docker: DockerClient,
    context: SetupContext,
    what: {
        volume: string;
        /** Each with its name in the store. */
        images: readonly (readonly [image: string, name: string])[];
        machine: string;
        populate: string;
    },
): Promise<void> {
    if (await docker.hasVolume(what.volume)) {
        await docker.call(["volume", "rm", what.volume]); // an aborted one
    }
    await docker.call(["volume", "create", "--label", `${SETUP_LABEL}=image-store`, what.volume]);
    const work = temporaryFolder(context, "store");
    const archive = path.join(work, "images.tar");
    try {
        await docker.call(["save", "--output", archive, ...what.images.map(([image]) => image)]);
        await docker.call(
            [
                ...["run", "--rm", "--interactive", ...setupContainer(context)],
                ...["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"],
                ...[
                    "--security-opt",
                    "apparmor=unconfined",
                    "--volume",
                    `${what.volume}:/opt/images`,
                ],
                // The archive is in stdin, so the script has to come as an argument.
                ...[what.machine, "sh", "-c", what.populate, "sh"],
                ...what.images.flat(),
            ],
            { input: { file: archive } },
        );
    } finally {
        fs.rmSync(work, { recursive: true, force: true });
    }
}

/** Stores of earlier versions, but for the latest few; one that a machine uses stays. */
async function removeOldStores(docker: DockerClient, current: string): Promise<void> {
    const names = await docker.call([
        ...["volume", "ls", "--quiet", "--filter", `label=${SETUP_LABEL}=image-store`],
    ]);
    const others = names.split("\n").filter((name) => name && name !== current);
    if (others.length < KEPT_STORES) {
        return;
    }
    const dated = await docker.call([
        ...["volume", "inspect", "--format", "{{.CreatedAt}} {{.Name}}", ...others],
    ]);
    const oldestFirst = dated.split("\n").sort();
    for (const line of oldestFirst.slice(0, oldestFirst.length - (KEPT_STORES - 1))) {
        const name = line.split(" ")[1];
        try {
            await docker.call(["volume", "rm", name]);
            await docker.call([
                "image",
                "rm",
                `ephemeral-gpu-ci/image-store:${name.slice(VOLUME_PREFIX.length)}`,
            ]);
        } catch (error) {
            if (!(error instanceof CommandError)) {
                throw error;
            }
        }
    }
}
