import { randomBytes as bytes } from "node:crypto";
import type { ResourceType } from "../resourceType";

/** `random.RandomBytes`: both outputs are secret, and any change makes new bytes. */
export const randomBytes: ResourceType = {
    inputs: {
        keepers: { replace: true },
        length: { replace: true, required: true },
    },
    secretOutputs: ["base64", "hex"],

    check(inputs) {
        return isPositiveInteger(inputs.length)
            ? []
            : [{ property: "length", reason: `"length" must be at least 1, got ${inputs.length}` }];
    },

    async create(inputs) {
        const made = bytes(Number(inputs.length));
        return {
            id: "none", // the real provider has no id for it, and says so
            outs: { base64: made.toString("base64"), hex: made.toString("hex") },
        };
    },
};

/** True for a length that can be made, and for one that is not known yet. */
export function isPositiveInteger(value: unknown): boolean {
    return typeof value !== "number" || (Number.isInteger(value) && value >= 1);
}
