/**
 * The instant of an `expires-at` tag in milliseconds, or undefined when it is not exactly
 * `2026-11-24T07:00:00Z`. Strict, because what it says decides whether a machine is ended.
 */
export function parseExpiresAt(text: string | undefined): number | undefined {
    if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) {
        return undefined;
    }
    const instant = Date.parse(text);
    // Date.parse takes February 30 for March 2.
    return Number.isNaN(instant) || formatInstant(instant) !== text ? undefined : instant;
}

/** `2026-11-24T07:00:00Z`, seconds, as in tags and receipts. */
export function formatInstant(milliseconds: number): string {
    return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/**
 * When a machine was ended, from EC2's StateTransitionReason, in milliseconds. EC2 gives whole
 * seconds, and no time at all for some reasons.
 *
 * @example parseTransitionTime("User initiated (2026-11-24 07:00:00 GMT)") // 1795503600000
 */
export function parseTransitionTime(reason: string | undefined): number | undefined {
    const match = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)/.exec(reason ?? "");
    if (match === null) {
        return undefined;
    }
    const instant = Date.parse(`${match[1]}T${match[2]}Z`);
    return Number.isNaN(instant) ? undefined : instant;
}
