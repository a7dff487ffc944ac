import { UserError } from "../common/userError";
import { quotaLink, type Candidate, type CloudFacts } from "../sizing";
import { QUOTA_NAMES } from "../sizing/instances";
import type { Check, Found } from "./checks";

/** Of a candidate, as far as a place to launch it is asked for. */
export type PlacedCandidate = Pick<
    Candidate,
    "instanceType" | "market" | "region" | "zone" | "vcpus" | "quotaCode"
>;

/**
 * The account's vCPU quotas of the plan's families and markets in the facts' region. Fails only when
 * they allow none of the candidates; else it names those that cannot be launched.
 */
export function quotaCheck(facts: CloudFacts, candidates: readonly PlacedCandidate[]): Check {
    const free = ({ quotaCode }: PlacedCandidate): number | undefined => {
        const quota = facts.quotas[quotaCode];
        return quota && quota.limit - quota.used;
    };
    return capacityCheck("quota", facts, candidates, {
        isKnown: (candidate) => free(candidate) !== undefined,
        isPossible: (candidate) => (free(candidate) ?? Infinity) >= candidate.vcpus,
        found: (possible) =>
            [...new Set(possible.map(({ quotaCode }) => quotaCode))]
                .map((code) => quotaText(facts, code))
                .join("; "),
        refusal: (blocked) => quotaRefusal(facts, blocked),
    });
}

/**
 * Whether the region, or the zone that was asked for, offers the plan's machines. Fails only when it
 * offers none of them; else it names those that it does not.
 */
export function offeringCheck(facts: CloudFacts, candidates: readonly PlacedCandidate[]): Check {
    const zonesOf = ({ instanceType }: PlacedCandidate) => facts.zones[instanceType];
    return capacityCheck("machines on offer", facts, candidates, {
        isKnown: (candidate) => zonesOf(candidate) !== undefined,
        isPossible: (candidate) => {
            const zones = zonesOf(candidate);
            return !zones || (candidate.zone ? zones.includes(candidate.zone) : zones.length > 0);
        },
        found: (possible) => {
            const [first, ...others] = new Set(possible.map(({ instanceType }) => instanceType));
            const more = others.length > 0 ? `, and ${others.length} more` : "";
            return `${first} in ${facts.zones[first]?.join(", ")}${more}`;
        },
        refusal: (blocked) => offeringRefusal(facts, blocked),
    });
}

interface Question {
    readonly isKnown: (candidate: PlacedCandidate) => boolean;
    /** True also where nothing is known. */
    readonly isPossible: (candidate: PlacedCandidate) => boolean;
    /** About those that are known to be possible; at least one. */
    readonly found: (possible: readonly PlacedCandidate[]) => string;
    readonly refusal: (blocked: readonly PlacedCandidate[]) => UserError;
}

function capacityCheck(
    name: string,
    facts: CloudFacts,
    candidates: readonly PlacedCandidate[],
    { isKnown, isPossible, found, refusal }: Question,
): Check {
    const run = async (): Promise<Found> => {
        const here = candidates.filter(({ region }) => region === null || region === facts.region);
        const blocked = here.filter((candidate) => !isPossible(candidate));
        if (blocked.length > 0 && blocked.length === candidates.length) {
            throw refusal(blocked);
        }
        const possible = here.filter((candidate) => isKnown(candidate) && isPossible(candidate));
        if (possible.length === 0 && blocked.length === 0) {
            return { detail: `not known in ${facts.region}`, value: blocked, isKnown: false };
        }
        const parts = [
            ...(possible.length > 0 ? [found(possible)] : []),
            ...(blocked.length > 0 ? [`not possible: ${names(blocked)}`] : []),
        ];
        return { detail: parts.join("; "), value: blocked };
    };
    return { name, run };
}

function names(candidates: readonly PlacedCandidate[]): string {
    const all = candidates.map(
        ({ instanceType, market, zone }) => `${instanceType} ${market}${zone ? ` in ${zone}` : ""}`,
    );
    return [...new Set(all)].join(", ");
}

function quotaText({ quotas, region }: CloudFacts, code: string): string {
    const { limit, used } = quotas[code];
    return `${code} (${QUOTA_NAMES[code] ?? "vCPUs"}) allows ${limit} vCPUs in ${region}, ${used} in use`;
}

/** About the quota that is easiest to raise: the one that needs the fewest vCPUs. */
function quotaRefusal(facts: CloudFacts, blocked: readonly PlacedCandidate[]): UserError {
    const { region, quotas } = facts;
    const [least] = [...blocked].sort((a, b) => a.vcpus - b.vcpus);
    const { instanceType, market, quotaCode, vcpus } = least;
    const needed = quotas[quotaCode].used + vcpus;
    return new UserError(
        `quota ${quotaText(facts, quotaCode)}; ${instanceType} ${market} needs ${vcpus}`,
        `${needed} or more for ${instanceType}`,
        `ask for more at ${quotaLink(region, quotaCode)}, or: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${quotaCode} --desired-value ${needed} --region ${region}`,
    );
}

function offeringRefusal(
    { region, zones }: CloudFacts,
    blocked: readonly PlacedCandidate[],
): UserError {
    const zone = blocked.find((candidate) => candidate.zone !== null)?.zone;
    const elsewhere = [
        ...new Set(blocked.flatMap(({ instanceType }) => zones[instanceType] ?? [])),
    ];
    const isInOtherZone = zone && elsewhere.length > 0;
    return new UserError(
        `${zone ?? region} offers none of the plan's machines: ${[...new Set(blocked.map(({ instanceType }) => instanceType))].join(", ")}`,
        isInOtherZone ? elsewhere.sort().join(", ") : "a region that offers one of them",
        isInOtherZone
            ? "name one of these zones, or leave the zone out"
            : "set AWS_REGION, or aws:region in the stack's settings, or name fallbackRegions",
    );
}
