import { suiteCommand } from "./command";

/** The suite by itself, without the rest of gpu-ci: what runs beside the server. */
void suiteCommand()
    .parseAsync()
    .catch((error: unknown) => {
        process.stderr.write(`error: ${(error as Error).stack ?? String(error)}\n`);
        process.exit(2);
    });
