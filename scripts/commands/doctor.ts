import { planRequestFromHistory } from "../../planRequest";
import { ownSuite } from "../../suiteRequest";
import { AwsCloud } from "../awsCloud";
import { doctor } from "../doctor";
import { LocalEngine } from "../engine";
import { readSettings, type RunRequest } from "../readSettings";
import { resolveRegion } from "../region";
import { readStackFile } from "../stackFile";

/** `gpu-ci doctor`: looks at everything that a run needs. */
export function doctorCommand(request: RunRequest, projectDir: string): Promise<number> {
    return doctor({
        readSettings: () => readSettings(request, projectDir, process.env).settings,
        planRequest: (settings, region) =>
            planRequestFromHistory(settings, projectDir, region, process.env),
        ownSuite: (settings) => ownSuite(settings, projectDir),
        resolveRegion: () => resolveRegion(readStackFile(projectDir, request.tier), process.env),
        engine: new LocalEngine(projectDir),
        openCloud: (region) => new AwsCloud({ region }),
        print: console.log,
    });
}
