import { z } from "zod";

/** An object that takes these keys and no other; a key too many is answered with those allowed. */
export function strictShape<S extends z.core.$ZodShape>(shape: S): z.ZodObject<S, z.core.$strict> {
    return z.strictObject(shape, {
        error: (issue) =>
            issue.code === "unrecognized_keys"
                ? `Unrecognized key: "${issue.keys[0]}"; allowed: ${Object.keys(shape).join(", ")}`
                : undefined,
    });
}
