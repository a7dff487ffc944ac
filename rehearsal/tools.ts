import * as path from "node:path";

/** What a rehearsal and the tests need beside Node: where it is, and what is a stand-in. */
export interface Tools {
    /** Where set-up keeps everything; outside the work tree. */
    readonly cacheDir: string;
    /** The engine's executable, an absolute path. */
    readonly pulumi: string;
    /** Folders to put in front of PATH: engine, language host, stand-in providers. */
    readonly binDirs: readonly string[];
    /** Python of the emulated cloud's own virtual environment, an absolute path. */
    readonly python: string;
    /** For DOCKER_HOST, for example `unix:///run/.../docker.sock`. */
    readonly dockerHost: string;
    /** The image that an emulated machine boots from. */
    readonly machineImage: string;
    /** The volume with the images that a machine runs, to be mounted read-only at /opt/images. */
    readonly imageStoreVolume: string;
    /** Names of the providers that are stand-ins: any of aws, command, random. */
    readonly standIns: readonly string[];
}

/**
 * The environment in which the engine finds the tools that set-up chose.
 *
 * @example spawn(tools.pulumi, ["up"], { env: toolsEnvironment(tools) });
 */
export function toolsEnvironment(
    tools: Tools,
    env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
    return {
        ...env,
        PATH: [...tools.binDirs, env.PATH].filter(Boolean).join(path.delimiter),
        DOCKER_HOST: tools.dockerHost,
        ...(tools.standIns.length > 0 && {
            // A stand-in is on PATH: a failing download of the real one only costs time.
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        }),
    };
}
