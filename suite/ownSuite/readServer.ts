import { join } from "node:path";
import { z } from "zod";
import { SuiteResults } from "../results";
import { readJson } from "./readJson";

// What the machine asked the server before the suite began, as it came.
const versionSchema = z.object({
    version: z.string().optional(),
    name: z.string().optional(),
    stand_in: z.boolean().optional(),
});
const modelsSchema = z.object({
    data: z.array(z.object({ id: z.string(), max_model_len: z.int().min(0).nullish() })),
});
const ladderSchema = z.object({
    rungs: z.array(
        z.object({ name: z.string(), note: z.string(), failure: z.string().nullable() }),
    ),
});

/** The server in a report, by what the machine noted of it. */
export function readServer(folder: string, model: string): SuiteResults["server"] {
    const version = readJson(join(folder, "logs", "version.json"), versionSchema);
    const models = readJson(join(folder, "logs", "models.json"), modelsSchema);
    const ladder = readJson(join(folder, "ladder.json"), ladderSchema);
    const served = models?.data.find(({ id }) => id === model) ?? models?.data[0];
    const rung = ladder?.rungs.at(-1);
    const because = ladder?.rungs.slice(0, -1).map(({ name, failure }) => `${name}: ${failure}`);
    return {
        url: "http://127.0.0.1:8000",
        version: version?.version,
        name: version?.name,
        standIn: version?.stand_in === true,
        contextTokens: served?.max_model_len ?? undefined,
        ...(rung && {
            rung: {
                name: rung.name,
                note: rung.note,
                ...(because && because.length > 0 && { because: because.join("; ") }),
            },
        }),
    };
}
