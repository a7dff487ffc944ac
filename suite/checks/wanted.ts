import type { Check, CheckResult } from "../checks";

/** Fields of a check that say nothing of what is expected. */
const SILENT = ["kind", "polarity", "flags"];

/**
 * What a check asks for, in words, for whoever reads that it failed.
 *
 * @example sayWanted({ kind: "keywords", groups: [["red", "crimson"]], polarity: "affirmed" }) // "red / crimson"
 */
export function sayWanted(check: Check): string {
    switch (check.kind) {
        case "keywords": {
            const { groups, atLeast = groups.length, polarity } = check;
            const names = groups.map((group) => group.join(" / ")).join(", ");
            const share = atLeast < groups.length ? `${atLeast} of ` : "";
            return `${share}${names}${polarity === "denied" ? ", denied" : ""}`;
        }
        case "forbidden":
            return `none of ${check.words.join(", ")}`;
        case "edit-distance":
            return `${check.to.join(" / ")}, but for ${check.atMost} of its characters`;
        case "regex":
            return `/${check.pattern}/${check.flags}`;
        default:
            return Object.entries(check)
                .filter(([name]) => !SILENT.includes(name))
                .map(([name, value]) => `${name} ${sayValue(value)}`)
                .join(", ");
    }
}

function sayValue(value: unknown): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}

/** A check's result with what was wanted, where it failed. */
export function withWanted(check: Check, result: CheckResult): CheckResult & { wanted?: string } {
    return result.passed ? result : { ...result, wanted: sayWanted(check) };
}
