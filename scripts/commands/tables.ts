import { parseRegion } from "../../sizing";
import { AwsCloud } from "../awsCloud";
import { checkTables, tableCheckText } from "../checkTables";
import { credentialsCheck, runChecks } from "../checks";
import { resolveRegion } from "../region";

/**
 * `gpu-ci tables`: compares the tables of machines, prices and quotas with what the cloud says.
 *
 * @returns 0 when nothing differs, else 1.
 */
export async function tablesCommand(options: { readonly region?: string }): Promise<number> {
    const region = parseRegion(options.region ?? (await resolveRegion({}, process.env)));
    const cloud = new AwsCloud({ region });
    const [credentials] = await runChecks([credentialsCheck(cloud)]);
    if (credentials.error) {
        throw credentials.error;
    }
    const check = await checkTables(cloud);
    console.log(tableCheckText(check));
    return check.differences.length === 0 ? 0 : 1;
}
