import type { Settings } from "../settings";
import type { Plan, PlanRequest } from "../sizing";
import { offeringCheck, quotaCheck } from "./capacityChecks";
import { foundationChecks, imageCheck, runChecks, throwFirst } from "./checks";
import type { Cloud } from "./cloud";
import { gatherFacts } from "./facts";
import type { Progress } from "./progress";

export interface LookAroundOptions {
    readonly openCloud: (region: string) => Cloud;
    readonly progress: Progress;
}

/**
 * What the clouds of the run's region and its fallbacks say of the plan's machines: to plan again
 * with. A fallback without a foundation or an image is left out, and said so.
 *
 * @throws UserError when no region can launch any of them: what to ask AWS for.
 */
export async function lookAround(
    settings: Settings,
    plan: Plan,
    home: Cloud,
    { openCloud, progress }: LookAroundOptions,
): Promise<Pick<PlanRequest, "facts" | "fallbackRegions">> {
    const types = [...new Set(plan.candidates.map(({ instanceType }) => instanceType))];
    const named = new Set(plan.candidates.flatMap(({ region }) => region ?? []));
    const fallbacks = await Promise.all(
        [...named].map(async (region) => {
            const cloud = openCloud(region);
            // An image id of the settings is one of the run's own region.
            const checks = [...foundationChecks(cloud, settings), imageCheck(cloud, undefined)];
            const failed = (await runChecks(checks)).find(({ error }) => error !== undefined);
            if (failed === undefined) {
                return [cloud];
            }
            progress.line(`note: ${region} is no fallback: ${failed.detail}`);
            return [];
        }),
    );
    const usable = fallbacks.flat();
    const answers = await Promise.all([home, ...usable].map((cloud) => gatherFacts(cloud, types)));
    const capacity = answers.flatMap(({ facts }) => [
        offeringCheck(facts, plan.candidates),
        quotaCheck(facts, plan.candidates),
    ]);
    const checked = await runChecks(capacity);
    throwFirst(checked);
    for (const { name, detail } of checked) {
        progress.line(`${name}: ${detail}`);
    }
    for (const note of answers.flatMap(({ notes }) => notes)) {
        progress.line(`note: ${note}`);
    }
    return {
        facts: answers.map(({ facts }) => facts),
        fallbackRegions: usable.map(({ region }) => region).join(","),
    };
}
