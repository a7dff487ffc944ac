import type { ResourceType } from "./resourceType";
import { containsUnknown, type Properties } from "./wire";

export interface Difference {
    readonly changed: string[];
    readonly replaces: string[];
    readonly deleteBeforeReplace: boolean;
}

/** Inputs that a stand-in notes for itself, as the real providers do. */
export const DEFAULTS_KEY = "__defaults";

function canonical(value: unknown, asSet = false): string {
    if (Array.isArray(value)) {
        const items = value.map((item) => canonical(item));
        return `[${(asSet ? items.sort() : items).join(",")}]`;
    }
    if (typeof value === "object" && value !== null) {
        const entries = Object.entries(value)
            .filter(([, item]) => item !== undefined && item !== null)
            .sort(([a], [b]) => (a < b ? -1 : 1));
        return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
    }
    return JSON.stringify(value) ?? "null";
}

/** Equality of plain values: key order and keys without a value do not count. */
export function sameValue(a: unknown, b: unknown, asSet = false): boolean {
    return canonical(a, asSet) === canonical(b, asSet);
}

/** The part of a computed object that the program spoke about; the rest is the cloud's choice. */
function spokenOf(old: unknown, wanted: unknown): unknown {
    if (
        typeof old !== "object" ||
        old === null ||
        Array.isArray(old) ||
        typeof wanted !== "object" ||
        wanted === null ||
        Array.isArray(wanted)
    ) {
        return old;
    }
    return Object.fromEntries(
        Object.keys(wanted).map((key) => [
            key,
            spokenOf((old as Properties)[key], (wanted as Properties)[key]),
        ]),
    );
}

/**
 * What a change of inputs means. `olds` is the recorded state, in which every input is echoed;
 * both bags are plain.
 */
export function difference(type: ResourceType, olds: Properties, news: Properties): Difference {
    const changed: string[] = [];
    const replaces: string[] = [];
    for (const [property, rule] of Object.entries(type.inputs)) {
        const wanted = news[property];
        const old = olds[property];
        let verdict: "replace" | "update" | undefined;
        if (wanted === undefined || wanted === null) {
            const removed = !rule.computed && old !== undefined && old !== null;
            verdict = removed ? (rule.replace ? "replace" : "update") : undefined;
        } else if (containsUnknown(wanted)) {
            // As the real providers: what is not known yet may turn out to differ.
            verdict = rule.replace ? "replace" : "update";
            if (rule.decide) {
                verdict = rule.decide(old, wanted, news) ?? "update";
            }
        } else if (rule.decide) {
            verdict = rule.decide(old, wanted, news);
        } else {
            const normalize = rule.normalize ?? ((value: unknown) => value);
            const before = old === undefined || old === null ? old : normalize(old);
            const after = normalize(wanted);
            const same = sameValue(
                rule.computed ? spokenOf(before, after) : before,
                after,
                rule.set,
            );
            verdict = same ? undefined : rule.replace ? "replace" : "update";
        }
        if (verdict) {
            changed.push(property);
        }
        if (verdict === "replace") {
            replaces.push(property);
        }
    }
    return { changed, replaces, deleteBeforeReplace: sharesName(type, olds, news, replaces) };
}

/** A replacement under the same fixed name can only come after the old one has gone. */
function sharesName(
    type: ResourceType,
    olds: Properties,
    news: Properties,
    replaces: readonly string[],
): boolean {
    if (replaces.length === 0 || !type.autoName) {
        return false;
    }
    const { property } = type.autoName;
    const generated = news[DEFAULTS_KEY];
    if (Array.isArray(generated) && generated.includes(property)) {
        // The engine asks for a new generated name before it replaces.
        return false;
    }
    return news[property] !== undefined && news[property] === olds[property];
}
