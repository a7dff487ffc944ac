import { randomBytes } from "node:crypto";
import type { Provider } from "@pulumi/pulumi/provider";
import { DEFAULTS_KEY, difference } from "./diff";
import {
    PartlyCreatedError,
    type CreateContext,
    type ProviderFunction,
    type ResourceType,
} from "./resourceType";
import {
    UNKNOWN,
    containsUnknown,
    keepSecrets,
    secret,
    unwrap,
    unwrapProperties,
    type Properties,
} from "./wire";

export interface StandIn {
    /** The package that it stands in for: aws, command, random. */
    readonly name: string;
    /** The version of the SDK whose behaviour it follows. */
    readonly version: string;
    readonly types: Readonly<Record<string, ResourceType>>;
    readonly functions?: Readonly<Record<string, ProviderFunction>>;
}

function parseUrn(urn: string): { token: string; name: string } {
    // urn:pulumi:stack::project::parent$type::name; a name may hold "::" itself.
    const [, , qualifiedType, ...name] = urn.split("::");
    return { token: (qualifiedType ?? "").split("$").pop() ?? "", name: name.join("::") };
}

function known<T>(value: T): T | undefined {
    return containsUnknown(value) ? undefined : value;
}

/** Without the stack: the interface prints it on the plugin's stderr, where users see it. */
function terse(error: unknown): unknown {
    if (error instanceof Error && process.env.GPU_CI_STAND_IN_STACKS === undefined) {
        error.stack = "(stand-in provider; set GPU_CI_STAND_IN_STACKS=1 for the stack)";
    }
    return error;
}

/**
 * Builds a Pulumi provider from a table of resource types. What is not in the table is an error that
 * names the stand-in: a rehearsal must not pass by ignoring what a program asked for.
 *
 * Limits of the TypeScript provider interface (@pulumi/pulumi 3.248), so of every stand-in: explicit
 * provider resources are accepted but their settings (region, endpoints) never arrive, so region and
 * endpoint come from the environment; customTimeouts, detailed diffs and the preview flag are not
 * passed on either. The engine does not call create and update in a preview, because the interface
 * does not announce preview support.
 */
export function standInProvider(standIn: StandIn): Provider {
    const abort = new AbortController();
    const label = `the stand-in for the ${standIn.name} provider`;

    function typeOf(token: string): ResourceType {
        const type = standIn.types[token];
        if (!type) {
            throw new Error(
                `${label} does not know the resource type ${token}. ` +
                    `Known: ${Object.keys(standIn.types).join(", ")}. ` +
                    `Install the real provider (pulumi plugin install resource ${standIn.name}) to use it.`,
            );
        }
        return type;
    }

    function contextOf(urn: string): CreateContext {
        return { name: parseUrn(urn).name, urn, signal: abort.signal };
    }

    /** The inputs, each under its own name as in the real state, and what the cloud added. */
    function outsOf(type: ResourceType, inputs: Properties, computed: Properties): Properties {
        const outs = dropUndefined(keepSecrets(inputs, { ...inputs, ...computed }));
        delete outs[DEFAULTS_KEY];
        for (const property of type.secretOutputs ?? []) {
            if (outs[property] !== undefined) {
                outs[property] = secret(outs[property]);
            }
        }
        return outs;
    }

    function rewrapped(error: unknown, type: ResourceType, inputs: Properties): unknown {
        if (error instanceof PartlyCreatedError) {
            return new PartlyCreatedError(
                error.message,
                error.id,
                outsOf(type, inputs, error.properties),
            );
        }
        return error;
    }

    return {
        version: standIn.version,

        async check(urn, olds, news) {
            try {
                return check(urn, olds, news);
            } catch (error) {
                throw terse(error);
            }
        },

        async diff(_id, urn, olds, news) {
            const type = typeOf(parseUrn(urn).token);
            const found = difference(type, unwrapProperties(olds), unwrapProperties(news));
            return {
                changes: found.changed.length > 0,
                replaces: found.replaces,
                deleteBeforeReplace: found.deleteBeforeReplace,
            };
        },

        async create(urn, inputs: Properties) {
            const type = typeOf(parseUrn(urn).token);
            try {
                const created = await type.create(unwrapProperties(inputs), contextOf(urn));
                return { id: created.id, outs: outsOf(type, inputs, created.outs) };
            } catch (error) {
                throw rewrapped(error, type, inputs);
            }
        },

        async read(id, urn, props: Properties) {
            const type = typeOf(parseUrn(urn).token);
            if (!type.read) {
                return { id, props };
            }
            try {
                const found = await type.read(id, unwrapProperties(props), contextOf(urn));
                return found
                    ? { id: found.id, props: outsOf(type, props, found.outs) }
                    : { id: "", props: {} };
            } catch (error) {
                throw terse(error);
            }
        },

        async update(id, urn, olds: Properties, news: Properties) {
            const type = typeOf(parseUrn(urn).token);
            const before = unwrapProperties(olds);
            try {
                const computed = type.update
                    ? await type.update(id, before, unwrapProperties(news), contextOf(urn))
                    : {};
                return { outs: outsOf(type, { ...carriedOver(type, olds), ...news }, computed) };
            } catch (error) {
                throw rewrapped(error, type, news);
            }
        },

        async delete(id, urn, props: Properties) {
            const type = typeOf(parseUrn(urn).token);
            try {
                await type.delete?.(id, unwrapProperties(props), contextOf(urn));
            } catch (error) {
                throw terse(error);
            }
        },

        async invoke(token, args: Properties) {
            const answer = standIn.functions?.[token];
            if (!answer) {
                throw terse(
                    new Error(
                        `${label} does not know the function ${token}. ` +
                            `Known: ${Object.keys(standIn.functions ?? {}).join(", ") || "none"}.`,
                    ),
                );
            }
            try {
                return {
                    outputs: dropUndefined(await answer(unwrapProperties(args), abort.signal)),
                };
            } catch (error) {
                throw terse(error);
            }
        },

        async cancel() {
            abort.abort(new Error("cancelled"));
        },
    };

    function check(urn: string, olds: Properties, news: Properties) {
        const { token, name } = parseUrn(urn);
        const type = typeOf(token);
        const inputs: Properties = { ...news };
        const failures: { property: string; reason: string }[] = [];
        const defaults: string[] = [];
        for (const property of Object.keys(news)) {
            if (property === DEFAULTS_KEY) {
                continue;
            }
            const rule = type.inputs[property];
            if (!rule) {
                failures.push({
                    property,
                    reason:
                        `${label} does not support the input "${property}" of ${token}. ` +
                        `Supported: ${Object.keys(type.inputs).join(", ")}`,
                });
                continue;
            }
            for (const key of strangeKeys(rule.keys, unwrap(news[property]))) {
                failures.push({
                    property: `${property}.${key}`,
                    reason:
                        `${label} does not support "${key}" in "${property}" of ${token}. ` +
                        `Supported: ${rule.keys?.join(", ")}`,
                });
            }
        }
        for (const [property, rule] of Object.entries(type.inputs)) {
            if (inputs[property] !== undefined) {
                continue;
            }
            if (rule.default !== undefined) {
                inputs[property] = rule.default;
                defaults.push(property);
            } else if (rule.required) {
                failures.push({ property, reason: `missing required property "${property}"` });
            }
        }
        if (type.autoName && inputs[type.autoName.property] === undefined) {
            const { property, maxLength, prefixProperty } = type.autoName;
            const prefix = prefixProperty ? known(unwrap(inputs[prefixProperty])) : undefined;
            const earlier = unwrap(olds?.[DEFAULTS_KEY]);
            const given = Array.isArray(earlier) && earlier.includes(property);
            // 7 hex digits, as the bridge's AutoName.
            inputs[property] =
                given &&
                (prefix === undefined || String(unwrap(olds[property])).startsWith(String(prefix)))
                    ? olds[property]
                    : `${String(prefix ?? `${name}-`).slice(0, maxLength - 7)}${randomBytes(4).toString("hex").slice(0, 7)}`;
            defaults.push(property);
        }
        if (defaults.length > 0) {
            inputs[DEFAULTS_KEY] = defaults;
        }
        failures.push(...(type.check?.(unwrapProperties(inputs)) ?? []));
        return { inputs, failures };
    }
}

/** Computed properties stay in the state when an update does not mention them. */
function carriedOver(type: ResourceType, olds: Properties): Properties {
    return Object.fromEntries(
        Object.entries(olds ?? {}).filter(([property]) => {
            const rule = type.inputs[property];
            return rule === undefined || rule.computed;
        }),
    );
}

function strangeKeys(allowed: readonly string[] | undefined, value: unknown): string[] {
    if (!allowed || value === UNKNOWN || typeof value !== "object" || value === null) {
        return [];
    }
    const objects = Array.isArray(value) ? value : [value];
    return objects.flatMap((item) =>
        typeof item === "object" && item !== null
            ? Object.keys(item).filter((key) => key !== DEFAULTS_KEY && !allowed.includes(key))
            : [],
    );
}

/** The wire format has no undefined, at any depth. */
function dropUndefined<T>(value: T): T {
    if (Array.isArray(value)) {
        return value.map((item) => dropUndefined(item as unknown) ?? null) as T;
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    return Object.fromEntries(
        Object.entries(value)
            .filter(([, item]) => item !== undefined)
            .map(([key, item]) => [key, dropUndefined(item as unknown)]),
    ) as T;
}
