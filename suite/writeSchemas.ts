import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { caseFileSchema } from "./caseSchema";
import { quarantineFileSchema } from "./quarantine";
import { environmentSchema } from "./report/environment";
import { suiteResultsSchema } from "./results";

/** The published JSON Schemas by file name, as text; made from the zod schemas, never by hand. */
export function publishedSchemas(): Record<string, string> {
    const publish = (schema: z.ZodType, title: string, io: "input" | "output"): string =>
        `${JSON.stringify({ title, ...z.toJSONSchema(schema, { io }) }, null, 4)}\n`;
    return {
        "case.schema.json": publish(caseFileSchema, "Cases of the Qwen3-VL suite", "input"),
        "environment.schema.json": publish(
            environmentSchema,
            "What a run of the suite ran on",
            "output",
        ),
        "quarantine.schema.json": publish(
            quarantineFileSchema,
            "Cases of the suite in quarantine",
            "input",
        ),
        "results.schema.json": publish(suiteResultsSchema, "Results of the suite", "output"),
    };
}

// Run it after a change: node --require tsx/cjs suite/writeSchemas.ts
if (require.main === module) {
    const folder = join(__dirname, "..", "schemas");
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(publishedSchemas())) {
        writeFileSync(join(folder, name), text);
        process.stdout.write(`schemas/${name}\n`);
    }
}
