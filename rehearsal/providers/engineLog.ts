import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** A message for the engine's display, attached to a resource. */
export interface EngineLog {
    /** Shown while the resource is at work and then forgotten, as the real provider's LogStatus. */
    status(urn: string, text: string): void;
    /** Kept in the output of the update. */
    warning(urn: string, text: string): void;
}

/**
 * The TypeScript provider interface has no log, but the engine tells every plugin its own address as
 * the argument that is not an option; there its log service listens.
 */
export function engineLog(args: readonly string[]): EngineLog {
    const address = engineAddress(args);
    if (!address) {
        return { status: () => undefined, warning: (_urn, text) => console.error(text) };
    }
    let delivered: Promise<unknown> = Promise.resolve();
    const client = new EngineClient(address, credentials.createInsecure());
    const send = (
        severity: LogRequest.AsObject["severity"],
        urn: string,
        text: string,
        ephemeral: boolean,
    ) => {
        const request = new LogRequest();
        request.setSeverity(severity);
        request.setUrn(urn);
        request.setMessage(text);
        request.setEphemeral(ephemeral);
        // One after another, or lines overtake each other; one that cannot be delivered is no reason
        // to fail a command.
        delivered = delivered.then(
            () => new Promise((done) => client.log(request, () => done(undefined))),
        );
    };
    return {
        status: (urn, text) => send(LogSeverity.INFO, urn, text, true),
        warning: (urn, text) => send(LogSeverity.WARNING, urn, text, false),
    };
}

/** The engine's address among a plugin's arguments. */
export function engineAddress(args: readonly string[]): string | undefined {
    for (let index = 0; index < args.length; index += 1) {
        const arg = args[index] ?? "";
        if (arg === "--tracing" || arg === "-tracing") {
            index += 1;
        } else if (arg !== "" && !arg.startsWith("-")) {
            return arg;
        }
    }
    return undefined;
}
