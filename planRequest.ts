import { resolve } from "node:path";

import { readCheckpoint } from "./common/readCheckpoint";
import { historyPath, readHistory } from "./common/historyFile";
import type { Settings } from "./settings";
import { checkpointModel, type PlanRequest } from "./sizing";

/**
 * What is planned for these settings: with the files that they name and the minutes of earlier runs.
 * The driver and a plain `pulumi up` both plan by this, so that they plan the same.
 *
 * @param projectDir Folder that paths in the settings are relative to.
 * @param region Where the run will be; undefined: not known, and prices are the table's.
 * @throws UserError for a model's files that are missing or not understood.
 */
export function planRequest(
    settings: Settings,
    projectDir: string,
    region: string | undefined,
    env: NodeJS.ProcessEnv = process.env,
): PlanRequest {
    const { modelConfig, model, precision } = settings;
    return {
        ...settings,
        region,
        ...(modelConfig !== undefined && {
            checkpoint: checkpointModel({
                ...readCheckpoint(resolve(projectDir, modelConfig)),
                name: model,
                precision,
            }),
        }),
        history: readHistory(historyPath(projectDir, env)),
        emulated: Boolean(env.AWS_ENDPOINT_URL),
    };
}
