import { distance } from "fastest-levenshtein";

/**
 * The names most like what a person typed, nearest first; none where nothing is alike.
 *
 * @example nearest("g5.xlrage", INSTANCE_TYPES); // ["g5.xlarge", ...]
 */
export function nearest(text: string, names: readonly string[], most = 3): string[] {
    const typed = text.toLowerCase();
    return names
        .map((name) => ({ name, edits: distance(typed, name.toLowerCase()) }))
        .filter(({ name, edits }) => edits <= Math.max(2, Math.ceil(name.length / 3)))
        .sort((a, b) => a.edits - b.edits || a.name.localeCompare(b.name, "en"))
        .slice(0, most)
        .map(({ name }) => name);
}

/** `did you mean g5.xlarge or g6.xlarge?`, or the fallback where nothing is alike. */
export function didYouMean(text: string, names: readonly string[], fallback: string): string {
    const alike = nearest(text, names);
    return alike.length === 0 ? fallback : `did you mean ${alike.join(" or ")}?`;
}
