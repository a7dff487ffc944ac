import { UserError } from "../common/userError";
import { ChatClient } from "./client";

/**
 * The model of a server that serves exactly one.
 *
 * @throws UserError where the server is not there, or which model is meant is not clear.
 */
export async function soleModel(url: string, apiKey?: string): Promise<string> {
    const client = new ChatClient({ url, model: "", seed: 0, requestTimeoutSeconds: 15, apiKey });
    const identity = await client.identify();
    if ("kind" in identity) {
        throw new UserError(`the server at ${client.url} is not there (${identity.message})`);
    }
    const [model, ...others] = identity.models;
    if (model === undefined || others.length > 0) {
        throw new UserError(
            model === undefined
                ? `the server at ${client.url} does not say which model it serves`
                : `the server at ${client.url} serves ${identity.models.length} models`,
            others.length > 0 ? identity.models.join(", ") : undefined,
            "pass --model NAME",
        );
    }
    return model;
}
