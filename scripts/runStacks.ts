import { TIER_NAMES } from "../sizing";
import { errorText } from "./awsErrors";
import type { Engine, RunStack } from "./engine";
import { attemptOfStack, stackName } from "./runIdentity";
import { readStackFile, stackFileNames } from "./stackFile";

/** What the cloud's tags tell of an attempt. */
export interface KnownAttempt {
    readonly attempt: number;
    /** Empty: not told. */
    readonly tier: string;
}

/** A stack of the run that is there, or of which a settings file is left. */
export interface FoundStack {
    readonly name: string;
    readonly attempt: number;
    /** Undefined: neither its settings nor its state tell. */
    readonly region: string | undefined;
    /** The stack, for operations in a region. */
    readonly openIn: (region: string) => Promise<RunStack>;
}

export interface FoundStacks {
    readonly stacks: readonly FoundStack[];
    /** Why the stacks could not all be looked for; empty: they could. */
    readonly problems: readonly string[];
}

/**
 * The ephemeral stacks that a killed driver left: those of the backend, of the settings files in the
 * project's folder, and of the attempts that the cloud tells of. Needs no knowledge of the run but its
 * id. Never throws: without an engine, or without its state, everything is released by tag alone.
 */
export async function findRunStacks(
    engine: Engine,
    projectDir: string,
    runId: string,
    known: readonly KnownAttempt[],
): Promise<FoundStacks> {
    const problems: string[] = [];
    try {
        await engine.describe();
    } catch (error) {
        return { stacks: [], problems: [`no state can be reached: ${(error as Error).message}`] };
    }
    const listed = await engine.stackNames().catch((error: unknown) => {
        problems.push(`the engine does not list its stacks: ${errorText(error)}`);
        return [];
    });
    const named = known.flatMap(({ attempt, tier }) =>
        (tier ? [tier] : TIER_NAMES).map((each) => stackName({ tier: each, runId, attempt })),
    );
    const names = new Set([...listed, ...stackFileNames(projectDir), ...named]);
    const stacks: FoundStack[] = [];
    for (const name of names) {
        const attempt = attemptOfStack(name, runId);
        if (attempt !== undefined) {
            try {
                const found = await openStack(engine, projectDir, name);
                stacks.push(...(found ? [{ attempt, ...found }] : []));
            } catch (error) {
                problems.push(`stack ${name} cannot be opened: ${errorText(error)}`);
            }
        }
    }
    return { stacks, problems };
}

/** Undefined where there is neither a stack of that name nor a settings file. */
async function openStack(engine: Engine, projectDir: string, name: string) {
    const base = readStackFile(projectDir, name);
    const order = { name, base, settings: {} };
    const stack = engine.stack({ ...order, env: {} });
    const opened = await stack.open();
    if (opened === "absent" && !stackFileNames(projectDir).includes(name)) {
        return undefined;
    }
    const openIn = async (place: string) => {
        const placed = engine.stack({ ...order, env: { AWS_REGION: place } });
        await placed.open();
        return placed;
    };
    // A state that does not tell is destroyed where the cloud knows its attempt.
    const region = await stack.region().catch(() => undefined);
    return { name, region, openIn };
}
