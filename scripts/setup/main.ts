import { isUserError } from "../../common/userError";
import { ensureAll } from "./ensureAll";

/** `node --require tsx/cjs scripts/setup/main.ts`: makes everything ready and prints what as JSON. */
async function main(): Promise<void> {
    console.log(JSON.stringify(await ensureAll(), null, 4));
}

main().catch((error: unknown) => {
    console.error(isUserError(error) ? error.message : error);
    process.exitCode = 2;
});
