/**
 * The first dotted version in a text as numbers, undefined when there is none.
 *
 * @example parseVersion("v3.259.0-dev.1"); // [3, 259, 0]
 */
export function parseVersion(text: string): number[] | undefined {
    const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
    return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

/** True when the first version in `text` is at least `minimum` (for example "3.200.0"). */
export function isAtLeast(text: string, minimum: string): boolean {
    const have = parseVersion(text);
    const want = parseVersion(minimum);
    if (!have || !want) {
        return false;
    }
    for (let index = 0; index < want.length; index++) {
        if (have[index] !== want[index]) {
            return have[index] > want[index];
        }
    }
    return true;
}

/** The version that a go.mod pins for a module. Throws when it names none. */
export function pinnedGoModule(goMod: string, module: string): string {
    for (const line of goMod.split("\n")) {
        const words = line
            .trim()
            .replace(/^require\s+/, "")
            .split(/\s+/);
        if (words[0] === module && /^v\d/.test(words[1] ?? "")) {
            return words[1];
        }
    }
    throw new Error(`go.mod pins no version of ${module}`);
}
