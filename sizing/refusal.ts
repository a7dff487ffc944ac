import { UserError } from "../common/userError";
import { deadlineMinutes, listCandidates, type CandidateList, type Skipped } from "./candidates";
import { fitOn, type Fit } from "./fit";
import { GPUS } from "./gpus";
import { INSTANCES, PRICE_REGION } from "./instances";
import { lowerPrecisions } from "./otherPrecision";
import { DEADLINE_MINUTES, LEAST_CONTEXT, type CheckedRequest } from "./request";

/** Why nothing can be rented, and the ways out, the one that changes least first. */
export function planRefusal(
    checked: CheckedRequest,
    list: CandidateList,
    own: Fit | undefined,
): UserError {
    if (own !== undefined) return own.fits === "no" ? nothingFits(checked, own) : notForRent(own);
    const fitting = list.fits.filter(({ fits }) => fits !== "no");
    const ofKind = (kind: Skipped["kind"]) =>
        list.skipped.filter((skipped) => skipped.kind === kind);
    if (fitting.length === 0 || ofKind("choice").length === list.skipped.length)
        return nothingFits(checked, isNamed(checked) ? list.fits.at(-1) : undefined);
    if (ofKind("budget").length > 0) return overBudget(checked, ofKind("budget"));
    if (ofKind("cloud").length > 0) return refusedByCloud(checked, ofKind("cloud"));
    return nothingSold(ofKind("price"));
}

function isNamed({ instanceType, gpu }: CheckedRequest): boolean {
    return instanceType !== undefined || gpu !== undefined;
}

function notForRent({ gpu }: Fit): UserError {
    return new UserError(
        `EC2 rents no machine with an ${gpu}.`,
        "a GPU of the instance table; gpu-ci plan answers for others too",
        "leave the GPU out for the cheapest machine that fits",
    );
}

/** @param here The machine that was asked for by its type or GPU. */
function nothingFits(checked: CheckedRequest, here: Fit | undefined): UserError {
    const { model, instanceType, maxModelLen, maxNumSeqs } = checked;
    const what = `${model.id} in ${model.precision} with a context of ${maxModelLen} and ${maxNumSeqs} sequence${maxNumSeqs === 1 ? "" : "s"}`;
    const where =
        here === undefined
            ? "any machine of the table"
            : `${instanceType ? `${instanceType} (` : ""}${here.gpuCount} x ${here.gpu}${instanceType ? ")" : ""}`;
    return new UserError(
        `${what} does not fit on ${where}: ${here?.why ?? "each of them is too small"}.`,
        whatWouldFit(checked, here).join("; ") || undefined,
        "choose one of these, or a smaller model",
    );
}

function whatWouldFit(checked: CheckedRequest, here: Fit | undefined): string[] {
    const { model } = checked;
    const cheapest = (change: Partial<CheckedRequest>) =>
        listCandidates({ ...checked, budgetUsd: Infinity, ...change }).candidates.at(0);
    // A GPU that is not for rent is no candidate: there only the fit counts.
    const fitsHere = (change: Partial<CheckedRequest>) =>
        here && GPUS[here.gpu].where === "own"
            ? fitOn(here, { ...checked, ...change }).fits !== "no"
            : cheapest(change) !== undefined;
    const ways: string[] = [];
    if (here && here.memory.maxModelLen >= LEAST_CONTEXT)
        ways.push(`a context of at most ${here.memory.maxModelLen} on this machine`);
    const single = cheapest({ maxNumSeqs: 1 });
    if (!here && checked.maxNumSeqs > 1 && single)
        ways.push(`maxNumSeqs 1 on ${single.instanceType}`);
    const lower = lowerPrecisions(model).filter((other) => fitsHere({ model: other }));
    if (lower.length > 0)
        ways.push(`precision ${lower.map(({ precision }) => precision).join(" or ")}`);
    const elsewhere = here && cheapest({ instanceType: undefined, gpu: undefined });
    if (elsewhere) ways.push(`instance type ${elsewhere.instanceType}`);
    return ways;
}

function nothingSold(skipped: readonly Skipped[]): UserError {
    const isSpot = skipped.every(({ market }) => market === "spot");
    const types = skipped.map(({ instanceType, reason }) => `${instanceType}: ${reason}`);
    return new UserError(
        `${types.join("; ")}.`,
        isSpot ? "on-demand, or a smaller machine" : "another instance type",
        isSpot ? "pass --market on-demand" : "leave the instance type out",
    );
}

function refusedByCloud(checked: CheckedRequest, skipped: readonly Skipped[]): UserError {
    const price = ({ offer }: Skipped) => offer?.expectedUsd ?? Infinity;
    const [first] = [...skipped].sort((a, b) => price(a) - price(b));
    const region = checked.regions[0];
    const place = checked.zone ?? region;
    return new UserError(
        `No machine can be launched${place ? ` in ${place}` : ""}; the cheapest is ${first.instanceType} ${first.market} (${INSTANCES[first.instanceType].vcpus} vCPUs): ${first.reason}.`,
        `a place that offers one of the ${skipped.length} machines that fit, with vCPUs free`,
        first.reason.startsWith("quota") && first.offer
            ? `ask for more at ${quotaLink(region ?? PRICE_REGION, first.offer.quotaCode)}, or name another region`
            : "name another region, or fallbackRegions",
    );
}

/** The page of the AWS console on which a quota is raised. */
export function quotaLink(region: string, quotaCode: string): string {
    return `https://${region}.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/${quotaCode}`;
}

function overBudget(checked: CheckedRequest, skipped: readonly Skipped[]): UserError {
    const { budgetUsd } = checked;
    const [cheapest] = skipped
        .flatMap(({ offer }) => offer ?? [])
        .sort((a, b) => a.ceilingUsd - b.ceilingUsd || a.expectedUsd - b.expectedUsd);
    const { instanceType, market, minutes, ceilingUsd } = cheapest;
    const deadline = deadlineMinutes(checked, minutes);
    const oneMinute = cheapest.priceUsdPerHour / 60;
    if (budgetUsd < oneMinute)
        return new UserError(
            `The budget of ${budgetUsd} USD is below one minute of the cheapest machine that fits: ${instanceType} ${market} costs ${oneMinute.toFixed(4)} USD a minute.`,
            `a budget of ${dollars(ceilingUsd)} USD or more, which covers the run until its deadline of ${deadline} minutes`,
            "set budgetUsd to that",
        );
    const affordableMinutes = Math.floor((budgetUsd / ceilingUsd) * deadline);
    const shorter =
        affordableMinutes >= Math.max(DEADLINE_MINUTES.min, minutes.total)
            ? ` or deadlineMinutes to at most ${affordableMinutes}`
            : "";
    return new UserError(
        `The budget of ${budgetUsd} USD does not cover this run: on ${instanceType}, the cheapest that fits, it is expected to cost ${cheapest.expectedUsd.toFixed(2)} USD, and up to ${dollars(ceilingUsd)} USD until its deadline of ${deadline} minutes.`,
        `a budget of ${dollars(ceilingUsd)} USD or more`,
        `set budgetUsd to that${shorter}, or choose a smaller model or precision`,
    );
}

function dollars(usd: number): string {
    return (Math.ceil(usd * 100) / 100).toFixed(2);
}
