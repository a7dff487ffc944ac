import { UserError } from "../../common/userError";
import { planRequestFromHistory } from "../../planRequest";
import {
    alwaysOnUsdPerMonth,
    assess,
    compareWithOwnServer,
    type Assessment,
    type OwnServerComparison,
} from "../../sizing";
import { EXIT } from "../exitCodes";
import { ownServerText, planTable } from "../planTable";
import { readSettings, type RunRequest } from "../readSettings";
import { providerSetting } from "../stackFile";

export interface PlanOptions {
    readonly json?: boolean;
    /** Percent of a month in which tests would keep an own server busy. */
    readonly utilisation?: string;
    readonly ownServerUsdPerMonth?: string;
    readonly isTierNamed: boolean;
}

/**
 * `gpu-ci plan`: what a run would use and cost. Asks no cloud and needs no credentials.
 *
 * @returns 0 when there is a machine to rent, or the own GPU that was named is enough; 1 when the
 *     answer is no, with the reasons.
 */
export function planCommand(request: RunRequest, projectDir: string, options: PlanOptions): number {
    const { env } = process;
    const { settings, base } = readSettings(request, projectDir, env);
    const region = providerSetting(base, "aws:region") || env.AWS_REGION || env.AWS_DEFAULT_REGION;
    const wanted = planRequestFromHistory(settings, projectDir, region || undefined, env);
    // A budget is the tier's, or asked for; without either the price is an answer, not a refusal.
    const { assessment, refusal } = assess({
        ...wanted,
        budgetUsd: settings.budgetUsd ?? (options.isTierNamed ? undefined : null),
    });
    const isOwnEnough = assessment.gpu.where === "own" && assessment.fits;
    const no = isOwnEnough ? undefined : refusal;
    const comparison = ownServer(assessment, options);
    console.log(options.json ? json(assessment, no, comparison) : text(assessment, no, comparison));
    return no === undefined ? EXIT.passed : EXIT.suiteFailed;
}

function json(
    assessment: Assessment,
    no: UserError | undefined,
    ownServer: OwnServerComparison | undefined,
): string {
    const reasons = [...(no ? [no.message] : []), ...assessment.reasons];
    return JSON.stringify({ ...assessment, reasons, ...(ownServer && { ownServer }) }, null, 2);
}

function text(
    assessment: Assessment,
    no: UserError | undefined,
    comparison: OwnServerComparison | undefined,
): string {
    return [
        planTable(assessment),
        ...(comparison ? [ownServerText(comparison)] : []),
        ...(no ? [`No: ${no.message}`] : []),
    ].join("\n\n");
}

/** Only where a utilisation was stated: a saving without one would be a slogan. */
function ownServer(plan: Assessment, options: PlanOptions): OwnServerComparison | undefined {
    if (options.utilisation === undefined) {
        return undefined;
    }
    const [first] = plan.candidates;
    if (first === undefined) {
        throw new UserError(
            "Without a machine to rent there is nothing to compare an own server with.",
            "a plan with a candidate",
            "leave out --utilisation, or plan without --gpu",
        );
    }
    const onDemand = plan.candidates.find(
        ({ instanceType, market }) => instanceType === first.instanceType && market === "on-demand",
    );
    const given = options.ownServerUsdPerMonth;
    return compareWithOwnServer({
        utilisation: Number(options.utilisation) / 100,
        ownUsdPerMonth:
            given === undefined
                ? alwaysOnUsdPerMonth((onDemand ?? first).priceUsdPerHour)
                : Number(given),
        minutesPerRun: first.minutes.total,
        usdPerRun: first.expectedUsd,
    });
}
