import { resolve } from "node:path";

import { readCheckpoint } from "./common/readCheckpoint";
import { historyPath, readHistory } from "./common/historyFile";
import type { Settings } from "./settings";
import { checkpointModel, type PlanRequest } from "./sizing";

/**
 * What is planned for these settings, with the files that they name. Of a plain `pulumi up` this is
 * all: it plans from the tables alone, so that a second one finds the same machine.
 *
 * @param projectDir Folder that paths in the settings are relative to.
 * @param region Where the run will be; undefined: not known, and prices are the table's.
 * @throws UserError for a model's files that are missing or not understood.
 */
export function planRequest(
    settings: Settings,
    projectDir: string,
    region: string | undefined,
): PlanRequest {
    const { modelConfig, model, precision } = settings;
    if (modelConfig === undefined) {
        return { ...settings, region };
    }
    const files = readCheckpoint(resolve(projectDir, modelConfig));
    return {
        ...settings,
        region,
        checkpoint: checkpointModel({ ...files, name: model, precision }),
    };
}

/** The same, with the minutes of earlier runs on this computer: what `gpu-ci` plans by. */
export function planRequestFromHistory(
    settings: Settings,
    projectDir: string,
    region: string | undefined,
    env: NodeJS.ProcessEnv,
): PlanRequest {
    return {
        ...planRequest(settings, projectDir, region),
        history: readHistory(historyPath(projectDir, env)),
        emulated: Boolean(env.AWS_ENDPOINT_URL),
    };
}
