import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { receiptSchema } from "./receipt";

/** Where the published schema lies. */
export const RECEIPT_SCHEMA_PATH = join(__dirname, "..", "schemas", "receipt.schema.json");

/** The text of `schemas/receipt.schema.json`, for those who read receipts in another language. */
export function receiptJsonSchema(): string {
    const schema = {
        ...z.toJSONSchema(receiptSchema),
        title: "Receipt of an ephemeral-gpu-ci run",
    };
    return `${JSON.stringify(schema, null, 4)}\n`;
}

// node --require tsx/cjs scripts/receiptJsonSchema.ts && npx prettier --write schemas
if (require.main === module) {
    writeFileSync(RECEIPT_SCHEMA_PATH, receiptJsonSchema());
}
