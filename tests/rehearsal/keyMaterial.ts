import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { sshKeyPairFromSeed } from "../../components/keys";
import { Session } from "../../rehearsal/session";
import { pulumi } from "./harness";

/** A secret in one of the forms in which it could stand in a text. */
export interface Needle {
    readonly what: string;
    readonly text: string;
}

/**
 * The private keys of a run, from its state while it runs: each seed and the private part of its
 * OpenSSH key, in raw bytes, hexadecimal and base64 (of the key and of a text that holds it).
 */
export async function keyMaterial(session: Session, stack: string): Promise<Needle[]> {
    const { output } = await pulumi(session, [
        ...["stack", "export", "--show-secrets", "--stack", stack],
    ]);
    const state = JSON.parse(output.slice(output.indexOf("{")));
    const resources: { type: string; urn: string; outputs?: { base64?: unknown } }[] =
        state.deployment.resources;
    return resources
        .filter(({ type, outputs }) => type.includes("RandomBytes") && outputs?.base64)
        .flatMap(({ urn, outputs }) => needlesOf(urn.split("::").pop()!, plain(outputs?.base64)));
}

/** What a machine signs with, as its metadata service tells it. */
export function roleCredentials(session: Session, instanceId: string): Needle[] {
    const path = join(session.dir, "machines", instanceId, "metadata.json");
    const { SecretAccessKey, Token } = JSON.parse(readFileSync(path, "utf8")).credentials;
    const needles = (what: string, text: string) => [
        { what, text },
        ...base64Of(Buffer.from(text)).map((each) => ({ what: `${what}, base64`, text: each })),
    ];
    return [
        ...needles("the role's secret key", SecretAccessKey),
        ...needles("the role's session token", Token),
    ];
}

function plain(value: unknown): string {
    return typeof value === "string"
        ? value
        : JSON.parse((value as { plaintext: string }).plaintext);
}

function needlesOf(what: string, seedBase64: string): Needle[] {
    const seed = Buffer.from(seedBase64, "base64");
    // The seed begins at byte 161 of the key's 70 characters a line: all of it is in the fourth.
    const line = sshKeyPairFromSeed(seedBase64, "").privateKey.split("\n")[4].slice(6, 46);
    return [
        { what: `${what}, raw`, text: seed.toString("latin1") },
        { what: `${what}, hexadecimal`, text: seed.toString("hex") },
        ...base64Of(seed).map((text) => ({ what: `${what}, base64`, text })),
        { what: `${what}, OpenSSH`, text: line },
        ...base64Of(Buffer.from(line)).map((text) => ({
            what: `${what}, OpenSSH in base64`,
            text,
        })),
    ];
}

/** What stands in the base64 of any text that holds these bytes, at each of three positions. */
function base64Of(bytes: Buffer): string[] {
    return [0, 1, 2].map((before) =>
        Buffer.concat([Buffer.alloc(before), bytes])
            .toString("base64")
            .slice(4, -4),
    );
}

/** The names of the places that hold one of the needles, with its form. */
export function findNeedles(
    needles: readonly Needle[],
    places: Readonly<Record<string, string>>,
): string[] {
    return Object.entries(places).flatMap(([place, text]) =>
        needles
            .filter((needle) => text.includes(needle.text))
            .map(({ what }) => `${place}: ${what}`),
    );
}

/** Every file of a folder, its bytes as characters. */
export function filesOf(folder: string): Record<string, string> {
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const files = names.filter((name) => statSync(join(folder, name)).isFile());
    return Object.fromEntries(
        files.map((name) => [name, readFileSync(join(folder, name), "latin1")]),
    );
}
