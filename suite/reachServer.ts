import { setTimeout as sleep } from "node:timers/promises";
import { ChatClient, Reply, ServerIdentity } from "./client";
import { drawImage } from "./images";

/** The tries to reach a server that was said to be ready. */
const TRIES = 3;

/** Small enough to cost nothing, and large enough for any model's processor. */
const PROBE = {
    name: "probe",
    draw: "shapes",
    width: 64,
    height: 64,
    background: "white",
    shapes: [{ shape: "circle", colour: "red", at: "centre" }],
} as const;

/**
 * Who the server is, after one small answer from the model, which also pays for whatever the server
 * compiles on its first request; and where pictures will be asked about, after one with a picture. A string
 * says why there is none.
 */
export async function reachServer(
    client: ChatClient,
    model: string,
    { withPictures, retryAfterSeconds }: { withPictures: boolean; retryAfterSeconds: number },
): Promise<ServerIdentity | string> {
    let why = "";
    for (let attempt = 1; attempt <= TRIES; attempt++) {
        if (attempt > 1) {
            await sleep(retryAfterSeconds * 1000);
        }
        const identity = await client.identify();
        if ("kind" in identity) {
            why = `the server at ${client.url} is not there (${identity.message})`;
            continue;
        }
        if (identity.models.length > 0 && !identity.models.includes(model)) {
            return `the server serves ${identity.models.join(", ")}, not ${model}`;
        }
        const reply = await client.chat([{ role: "user", content: "Say hello." }], 4);
        if (reply.kind === "answered") {
            return (withPictures ? await whyNoPictures(client) : undefined) ?? identity;
        }
        if (reply.kind === "refused" && reply.status < 500) {
            return `the server refuses a plain question with HTTP ${reply.status}: ${reply.message}`;
        }
        why =
            reply.kind === "refused"
                ? `the server answers a plain question with HTTP ${reply.status}: ${reply.message}`
                : `the server does not answer a plain question (${reply.message})`;
    }
    return why;
}

/** True where the server answers within a few tries. */
export async function isStillThere(
    client: ChatClient,
    retryAfterSeconds: number,
): Promise<boolean> {
    let there = await client.isThere();
    for (let attempt = 1; attempt < TRIES && !there; attempt++) {
        await sleep(retryAfterSeconds * 1000);
        there = await client.isThere();
    }
    return there;
}

async function whyNoPictures(client: ChatClient): Promise<string | undefined> {
    const url = `data:image/png;base64,${drawImage({ ...PROBE, shapes: [...PROBE.shapes] }).bytes.toString("base64")}`;
    const picture = { type: "image_url" as const, image_url: { url } };
    const text = { type: "text" as const, text: "What is this?" };
    const reply = await client.chat([{ role: "user", content: [picture, text] }], 4);
    return refusesPictures(reply)
        ? `the server takes no pictures: it refuses a small PNG with HTTP ${reply.status} ` +
              `(${reply.message}); serve a vision model, with its vision encoder loaded ` +
              "(llama.cpp: --mmproj; vLLM: a limit of images a prompt that is not 0)"
        : undefined;
}

/**
 * Any 4xx, because nothing is wrong with the question. llama.cpp says it with 500, "image input is not
 * supported" (https://github.com/ggml-org/llama.cpp/tree/master/tools/server). Another 5xx may be a defect,
 * which is for the cases to find.
 */
function refusesPictures(reply: Reply): reply is Extract<Reply, { kind: "refused" }> {
    return (
        reply.kind === "refused" &&
        (reply.status < 500 || /mmproj|(image|vision|multimodal).*not support/i.test(reply.message))
    );
}
