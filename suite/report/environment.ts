import { z } from "zod";
import { ReportSection } from "./section";

const said = z.string().max(500);

/** What a run ran on, as the machine says. Published as schemas/environment.schema.json. */
export const environmentSchema = z.strictObject({
    schemaVersion: z.literal(1),
    gpus: z.array(z.strictObject({ name: said, memoryMiB: z.int().min(0).nullable() })),
    driver: said.nullable().describe("Of the GPU"),
    cuda: said.nullable().describe("The newest that the driver takes, as nvidia-smi says"),
    kernel: said,
    instanceType: said.nullable(),
    machineImage: said.nullable().describe("The AMI"),
    serverImage: said.describe("By digest"),
    serverArguments: z
        .array(z.string().max(4000))
        .describe("Those of the rung that the server stands on; never a key"),
    suiteImage: said.describe("By digest"),
    model: z.strictObject({
        id: said,
        revision: said.nullable().describe("Of the Hugging Face repository: a commit"),
        weightsHash: said
            .nullable()
            .describe(
                "SHA-256 over the names of the large files and their own SHA-256, as the Hugging Face cache has them",
            ),
    }),
});
export type Environment = z.infer<typeof environmentSchema>;

/** The environment as a table of the report. */
export function environmentSection(environment: Environment): ReportSection {
    const { gpus, model } = environment;
    const names = [...new Set(gpus.map(({ name }) => name))];
    const known = (text: string | null): string => text ?? "unknown";
    return {
        title: "Environment",
        rows: [
            ["GPU", gpus.length === 0 ? "unknown" : `${gpus.length} x ${names.join(", ")}`],
            ["Driver", known(environment.driver)],
            ["CUDA", known(environment.cuda)],
            ["Kernel", environment.kernel],
            ["Instance type", known(environment.instanceType)],
            ["Machine image", known(environment.machineImage)],
            ["Model", model.id],
            ["Revision", known(model.revision)],
            ["Hash of the weights", known(model.weightsHash)],
            ["Server image", environment.serverImage],
            ["Server arguments", environment.serverArguments.join(" ")],
            ["Suite image", environment.suiteImage],
        ],
    };
}
