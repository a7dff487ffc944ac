import { gunzipSync } from "node:zlib";

/** The machine's user data as cloud-init reads it: the boot hook, and the cloud-config unpacked. */
export function unpackUserData(text: string): { hook: string; config: string } {
    const [, hook, config] = text
        .split(/^--ephemeral-gpu-ci(?:--)?\n/m)
        .map((part) => part.split("\n\n"))
        .map(([, ...content]) => content.join("\n\n"));
    return { hook, config: gunzipSync(Buffer.from(config, "base64")).toString() };
}
