import { PLANNED_RUNG } from "../common/rungNames";
import { UserError } from "../common/userError";
import { CaseResult, countStatuses, SuiteResults } from "./results";
import { sayShard } from "./shard";
import { TIER_RULES } from "./tiers";
import { decideVerdict } from "./verdict";

/** Results of one shard, and where they are from. */
export interface ShardResults {
    readonly path: string;
    readonly results: SuiteResults;
}

/**
 * Joins the results of all shards of a tier, in the order that one run of everything has, and decides on
 * one verdict. Where a shard has none, the whole has none, unless a case failed.
 *
 * @throws UserError where they are not all shards of one run, each once.
 * @example mergeShards([{ path: "a", results: readResults("a") }, { path: "b", results: readResults("b") }])
 */
export function mergeShards(parts: readonly ShardResults[]): SuiteResults {
    refuseStrangers(parts);
    refuseGaps(parts);
    const all = parts.map(({ results }) => results);
    const [first] = all as [SuiteResults];
    const cases = inOrder(all);
    const stopped = all.flatMap((each) => whyStopped(each) ?? []);
    const startedAt = all.map((each) => each.startedAt).sort()[0] as string;
    const endedAt = all
        .map((each) => each.endedAt)
        .sort()
        .at(-1) as string;
    const resumed = all.reduce((sum, each) => sum + (each.resumed ?? 0), 0);
    return {
        ...first,
        server: { ...first.server, ...rungOfAll(all) },
        startedAt,
        endedAt,
        seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000,
        ...decideVerdict(cases, {
            stopped: stopped.length > 0 ? stopped.join("; ") : undefined,
            flakyFails: TIER_RULES[first.tier].flakyFails,
        }),
        stopped: stopped.length > 0 ? stopped.join("; ") : undefined,
        resumed: resumed > 0 ? resumed : undefined,
        // Of a single shard; what it was compared with says nothing of the whole.
        shard: undefined,
        stoppedDuring: undefined,
        comparison: undefined,
        totals: countStatuses(cases),
        cases,
        performance: joinLists(all.map(({ performance }) => performance)),
    };
}

/** What has to be the same in all shards, by the name that a person knows it by. */
const COMMON: readonly [string, (results: SuiteResults) => unknown][] = [
    ["tier", ({ tier }) => tier],
    ["model", ({ model }) => model],
    ["seed", ({ seed }) => seed],
    ["suite version", ({ suite }) => suite?.version],
    ["set of cases", ({ suite }) => suite?.cases],
    ["number of shards", ({ shard }) => shard?.of],
    ["server version", ({ server }) => server.version],
    ["kind of server", ({ server }) => (server.standIn ? "stand-in" : "model")],
];

function refuseStrangers(parts: readonly ShardResults[]): void {
    for (const { path, results } of parts) {
        if (!results.shard) {
            throw new UserError(
                `${path} is not of a shard${results.verdict === "none" ? ` (${results.why})` : ""}.`,
                "results of gpu-ci suite --shard N/M that reached its server",
            );
        }
    }
    const [first, ...others] = parts as [ShardResults, ...ShardResults[]];
    for (const { path, results } of others) {
        for (const [name, of] of COMMON) {
            const [here, there] = [of(results), of(first.results)];
            // A shard whose server was not there does not know its version.
            if (here !== there && here !== undefined && there !== undefined) {
                throw new UserError(
                    `${path} has another ${name} (${String(here)}) than ${first.path} (${String(there)}).`,
                    "shards of one run",
                );
            }
        }
    }
}

function refuseGaps(parts: readonly ShardResults[]): void {
    const shards = parts.map(({ path, results }) => ({
        path,
        ...(results.shard as NonNullable<SuiteResults["shard"]>),
    }));
    const of = shards[0]?.of ?? 0;
    for (let index = 1; index <= of; index++) {
        const [one, another] = shards.filter((each) => each.index === index);
        if (!one) {
            throw new UserError(
                `shard ${sayShard({ index, of })} is missing.`,
                `each of ${of} shards once`,
                `run gpu-ci suite --shard ${sayShard({ index, of })}, or name its folder`,
            );
        }
        if (another) {
            throw new UserError(
                `shard ${sayShard({ index, of })} is there twice: ${one.path} and ${another.path}.`,
                `each of ${of} shards once`,
            );
        }
    }
}

function inOrder(all: readonly SuiteResults[]): CaseResult[] {
    const placed: CaseResult[] = [];
    for (const { cases, shard } of all) {
        cases.forEach((each, index) => {
            placed[shard?.positions[index] as number] = { ...each, standing: undefined };
        });
    }
    return placed;
}

/** Why a shard says nothing; a shard of which every case was skipped for its own reason took part. */
function whyStopped({ stopped, verdict, cases, why, shard }: SuiteResults): string | undefined {
    const reason =
        stopped ??
        (verdict === "none" && cases.every(({ status }) => status === "errored") ? why : undefined);
    return reason === undefined
        ? undefined
        : `shard ${sayShard(shard as NonNullable<typeof shard>)}: ${reason}`;
}

/** The rung of a shard that gave something up, where there is one: speed is to be read with it. */
function rungOfAll(all: readonly SuiteResults[]): Pick<SuiteResults["server"], "rung"> {
    const rungs = all.flatMap(({ server }) => server.rung ?? []);
    const rung = rungs.find(({ name }) => name !== PLANNED_RUNG) ?? rungs[0];
    return rung ? { rung } : {};
}

/** Joins what is measured, list by list. */
function joinLists<T extends object>(all: readonly T[]): T {
    const joined: Record<string, unknown> = {};
    for (const each of all) {
        for (const [name, list] of Object.entries(each)) {
            joined[name] = [...((joined[name] as unknown[]) ?? []), ...(list as unknown[])];
        }
    }
    return joined as T;
}
