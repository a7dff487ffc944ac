import type { Properties } from "./wire";

/** How one input property behaves; modelled on the schema of the provider that we stand in for. */
export interface PropertyRule {
    /** A change of this property makes a new resource. */
    readonly replace?: boolean;
    /** The cloud chooses a value where none is given, so leaving the property out changes nothing. */
    readonly computed?: boolean;
    /** Must be given. */
    readonly required?: boolean;
    /** Filled in where the property is left out. */
    readonly default?: unknown;
    /** The order of a list's items says nothing. */
    readonly set?: boolean;
    /** A form in which equal values look equal; gets a known, plain value. */
    readonly normalize?: (value: unknown) => unknown;
    /** The keys that an object (or each object of a list) may have; others are refused. */
    readonly keys?: readonly string[];
    /** Looks at old and new itself: "replace" or "update" or undefined for no change. */
    readonly decide?: (
        old: unknown,
        wanted: unknown,
        news: Properties,
    ) => "replace" | "update" | undefined;
}

export interface CreateContext {
    /** The resource's name in the program. */
    readonly name: string;
    readonly urn: string;
    /** Aborted when the engine cancels. */
    readonly signal: AbortSignal;
}

export interface Created {
    readonly id: string;
    /** Computed outputs; the inputs are added by the caller. */
    readonly outs: Properties;
}

/**
 * One resource type of a stand-in provider. All properties that its functions get are plain: secret
 * envelopes are taken off before and put back after.
 */
export interface ResourceType {
    readonly inputs: Readonly<Record<string, PropertyRule>>;
    /** The property that is given a generated name where it is left out. */
    readonly autoName?: {
        readonly property: string;
        readonly maxLength: number;
        prefixProperty?: string;
    };
    /** Outputs that are always secret. */
    readonly secretOutputs?: readonly string[];
    /** Problems that concern more than one property. */
    check?(inputs: Properties): { property: string; reason: string }[];
    create(inputs: Properties, context: CreateContext): Promise<Created>;
    /** The computed outputs as they are now; undefined when the resource is gone. */
    read?(id: string, state: Properties, context: CreateContext): Promise<Created | undefined>;
    update?(
        id: string,
        olds: Properties,
        news: Properties,
        context: CreateContext,
    ): Promise<Properties>;
    /** Success also when the resource is gone already. */
    delete?(id: string, state: Properties, context: CreateContext): Promise<void>;
}

/** Answers one provider function; gets and returns plain properties. */
export type ProviderFunction = (args: Properties, signal: AbortSignal) => Promise<Properties>;

/**
 * An error after the resource came to life: the engine records the resource as made but unhealthy,
 * so that a destroy knows it.
 */
export class PartlyCreatedError extends Error {
    readonly reasons: string[];

    constructor(
        message: string,
        readonly id: string,
        readonly properties: Properties,
    ) {
        super(message);
        this.name = "PartlyCreatedError";
        this.reasons = [message];
    }
}

/**
 * Finishes the creation of a resource that exists already: an error on the way is recorded together
 * with the id.
 */
export async function finishCreation(
    id: string,
    what: string,
    finish: () => Promise<Properties | undefined>,
): Promise<Created> {
    try {
        const outs = await finish();
        if (!outs) {
            throw new Error("it is not there after its creation");
        }
        return { id, outs };
    } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new PartlyCreatedError(`${what} (${id}): ${message}`, id, {});
    }
}
