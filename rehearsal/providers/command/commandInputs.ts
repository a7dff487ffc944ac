import { randomBytes } from "node:crypto";
import type { PropertyRule } from "../resourceType";
import { UNKNOWN, type Properties } from "../wire";
import { LOGGING_VALUES } from "./output";

/** Inputs that local and remote commands share. */
export const COMMAND_INPUTS: Readonly<Record<string, PropertyRule>> = {
    addPreviousOutputInEnv: { default: true },
    create: {},
    delete: {},
    environment: {},
    logging: {},
    stdin: {},
    triggers: { replace: true },
    update: {},
};

export function checkLogging(inputs: Properties): { property: string; reason: string }[] {
    const { logging } = inputs;
    return logging === undefined || logging === UNKNOWN || LOGGING_VALUES.includes(String(logging))
        ? []
        : [
              {
                  property: "logging",
                  reason: `"${String(logging)}" is not one of ${LOGGING_VALUES.join(", ")}`,
              },
          ];
}

/** An id as the real provider makes it: the resource's name and eight hex digits. */
export function newId(name: string): string {
    return `${name}${randomBytes(4).toString("hex")}`;
}

/** What the last run printed, for the environment of the next one. */
export function previousOutput(
    inputs: Properties,
    state: Properties | undefined,
): Record<string, string> {
    if (inputs.addPreviousOutputInEnv === false || !state) {
        return {};
    }
    return {
        ...(state.stdout ? { PULUMI_COMMAND_STDOUT: String(state.stdout) } : {}),
        ...(state.stderr ? { PULUMI_COMMAND_STDERR: String(state.stderr) } : {}),
    };
}
