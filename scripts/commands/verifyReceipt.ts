import { readFileSync } from "node:fs";

import { UserError } from "../../common/userError";
import { EXIT } from "../exitCodes";
import { isIntact } from "../receiptChecksum";

/** `gpu-ci verify-receipt`: whether a receipt is as it was written; 0 yes, 1 no. */
export function verifyReceiptCommand(path: string): number {
    let receipt: unknown;
    try {
        receipt = JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
        throw new UserError(
            `${path} cannot be read: ${(error as Error).message}`,
            "a receipt.json of a run",
            "correct the path",
        );
    }
    const isAsWritten = typeof receipt === "object" && receipt !== null && isIntact(receipt);
    console.log(`${path}: ${isAsWritten ? "as it was written" : "NOT as it was written"}`);
    return isAsWritten ? EXIT.passed : EXIT.suiteFailed;
}
