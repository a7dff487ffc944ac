import { createHash } from "node:crypto";

/**
 * JSON that is the same text for the same content: no white space, keys in the order of their UTF-16
 * code units, as in RFC 8785 (numbers and texts are JSON.stringify's there too).
 *
 * @example canonicalJson({ b: [1, "x"], a: null }) // {"a":null,"b":[1,"x"]}
 */
export function canonicalJson(value: unknown): string {
    if (Array.isArray(value)) {
        return `[${value.map(canonicalJson).join(",")}]`;
    }
    if (typeof value === "object" && value !== null) {
        const pairs = Object.entries(value)
            .filter(([, each]) => each !== undefined)
            .sort(([one], [other]) => (one < other ? -1 : 1))
            .map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`);
        return `{${pairs.join(",")}}`;
    }
    return JSON.stringify(value);
}

/** Adds `sha256`, the checksum of everything else. It shows a change, not who made it. */
export function withChecksum<T extends object>(content: T): T & { sha256: string } {
    return { ...content, sha256: checksum(content) };
}

/** Whether a receipt is as it was written. */
export function isIntact(receipt: object): boolean {
    const { sha256, ...content } = receipt as { sha256?: unknown };
    return sha256 === checksum(content);
}

function checksum(content: object): string {
    return createHash("sha256").update(canonicalJson(content)).digest("hex");
}
