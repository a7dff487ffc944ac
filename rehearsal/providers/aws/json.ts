/** A JSON document in one spelling: two policies that mean the same are no difference. */
export function normalJson(value: unknown): unknown {
    if (typeof value !== "string") {
        return value;
    }
    try {
        return JSON.parse(value) as unknown;
    } catch {
        return value;
    }
}

/** The program's own text where it means the same as what AWS gave back, else AWS's. */
export function keepSpelling(given: unknown, actual: string | undefined): unknown {
    if (actual === undefined) {
        return given;
    }
    return JSON.stringify(sorted(normalJson(given))) === JSON.stringify(sorted(normalJson(actual)))
        ? given
        : actual;
}

function sorted(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(sorted);
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    return Object.fromEntries(
        Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, item]) => [key, sorted(item)]),
    );
}
