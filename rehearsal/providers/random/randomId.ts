import { randomBytes } from "node:crypto";
import type { ResourceType } from "../resourceType";
import { isPositiveInteger } from "./randomBytes";

/** `random.RandomId`: the same bytes in four spellings, each behind the prefix. */
export const randomId: ResourceType = {
    inputs: {
        byteLength: { replace: true, required: true },
        keepers: { replace: true },
        prefix: { replace: true },
    },

    check(inputs) {
        return isPositiveInteger(inputs.byteLength)
            ? []
            : [
                  {
                      property: "byteLength",
                      reason: `"byteLength" must be at least 1, got ${inputs.byteLength}`,
                  },
              ];
    },

    async create(inputs) {
        const made = randomBytes(Number(inputs.byteLength));
        const prefix = inputs.prefix === undefined ? "" : String(inputs.prefix);
        const hex = made.toString("hex");
        return {
            id: made.toString("base64url"),
            outs: {
                b64Std: prefix + made.toString("base64"),
                b64Url: prefix + made.toString("base64url"),
                dec: prefix + BigInt(`0x${hex}`).toString(10),
                hex: prefix + hex,
            },
        };
    },
};
