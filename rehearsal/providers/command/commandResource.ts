import type { CreateContext, PropertyRule, ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { COMMAND_INPUTS, checkLogging, newId, previousOutput } from "./commandInputs";

/** Runs one command to its end; `previous` is what the last one printed, for its environment. */
export type CommandRunner = (
    command: string,
    inputs: Properties,
    previous: Record<string, string>,
    context: CreateContext,
) => Promise<{ stdout: string; stderr: string }>;

/** The life of a command resource, which local and remote ones share: create, update, delete. */
export function commandResource(
    ownInputs: Readonly<Record<string, PropertyRule>>,
    runner: CommandRunner,
): ResourceType {
    const run = (
        command: unknown,
        inputs: Properties,
        state: Properties | undefined,
        context: CreateContext,
    ) => runner(String(command), inputs, previousOutput(inputs, state), context);
    return {
        inputs: { ...COMMAND_INPUTS, ...ownInputs },

        check: checkLogging,

        async create(inputs, context) {
            const id = newId(context.name);
            const outs =
                inputs.create === undefined
                    ? { stdout: "", stderr: "" }
                    : await run(inputs.create, inputs, undefined, context);
            return { id, outs };
        },

        async update(_id, olds, news, context) {
            const command = news.update ?? news.create;
            return command === undefined
                ? { stdout: olds.stdout ?? "", stderr: olds.stderr ?? "" }
                : run(command, news, olds, context);
        },

        async delete(_id, state, context) {
            if (state.delete !== undefined) {
                await run(state.delete, state, state, context);
            }
        },
    };
}
