/**
 * The engine's wire format for what JSON cannot say: secrets, unknown values, outputs, assets and
 * archives are objects with a signature key (sdk/go/common/resource/properties.go of pulumi).
 */
export type Properties = Record<string, unknown>;

export const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
export const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
export const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
export const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";
export const ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17";
export const ARCHIVE_SIGNATURE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** A value that is not known before other resources exist; a preview is full of them. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** An asset or archive as the engine sends it. */
export interface WireAsset {
    readonly kind: "asset" | "archive";
    readonly hash?: string;
    readonly path?: string;
    readonly text?: string;
    readonly uri?: string;
    readonly assets?: Properties;
}

function signatureOf(value: unknown): string | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return undefined;
    }
    const signature = (value as Properties)[SIGNATURE_KEY];
    return typeof signature === "string" ? signature : undefined;
}

/** The plain value: secret and output envelopes are taken off at every depth, assets are left alone. */
export function unwrap(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(unwrap);
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    const envelope = value as Properties;
    switch (signatureOf(value)) {
        case SECRET_SIGNATURE:
            return unwrap(envelope.value);
        case OUTPUT_SIGNATURE:
            return "value" in envelope ? unwrap(envelope.value) : UNKNOWN;
        case RESOURCE_SIGNATURE:
            return envelope.id ?? envelope.urn;
        case ASSET_SIGNATURE:
        case ARCHIVE_SIGNATURE:
            return value;
        default:
            return Object.fromEntries(
                Object.entries(envelope).map(([key, item]) => [key, unwrap(item)]),
            );
    }
}

/** `unwrap` for a whole bag of properties. */
export function unwrapProperties(properties: Properties): Properties {
    return unwrap(properties ?? {}) as Properties;
}

/** True if the value is a secret, or holds one at any depth. */
export function containsSecret(value: unknown): boolean {
    if (Array.isArray(value)) {
        return value.some(containsSecret);
    }
    if (typeof value !== "object" || value === null) {
        return false;
    }
    const envelope = value as Properties;
    const signature = signatureOf(value);
    if (signature === SECRET_SIGNATURE || (signature === OUTPUT_SIGNATURE && envelope.secret)) {
        return true;
    }
    return Object.values(envelope).some(containsSecret);
}

/** True if the value is unknown, or holds an unknown at any depth. */
export function containsUnknown(value: unknown): boolean {
    if (value === UNKNOWN) {
        return true;
    }
    if (Array.isArray(value)) {
        return value.some(containsUnknown);
    }
    if (typeof value !== "object" || value === null) {
        return false;
    }
    if (signatureOf(value) === OUTPUT_SIGNATURE && !("value" in (value as Properties))) {
        return true;
    }
    return Object.values(value).some(containsUnknown);
}

/** Puts a plain value into a secret envelope; a value that is one already stays as it is. */
export function secret(value: unknown): unknown {
    return signatureOf(value) === SECRET_SIGNATURE
        ? value
        : { [SIGNATURE_KEY]: SECRET_SIGNATURE, value };
}

/**
 * Outputs whose names are those of secret inputs become secret. The TypeScript interface tells the
 * engine that the provider handles secrets itself, so the engine no longer does this for us; the
 * real providers have the same rule (an output keeps the secretness of the input it is named after).
 */
export function keepSecrets(inputs: Properties, outs: Properties): Properties {
    return Object.fromEntries(
        Object.entries(outs).map(([key, value]) => [
            key,
            value !== undefined && containsSecret(inputs[key]) ? secret(unwrap(value)) : value,
        ]),
    );
}

/** Reads an asset or archive, or gives undefined for any other value. */
export function readAsset(value: unknown): WireAsset | undefined {
    const signature = signatureOf(value);
    if (signature !== ASSET_SIGNATURE && signature !== ARCHIVE_SIGNATURE) {
        return undefined;
    }
    const { hash, path, text, uri, assets } = value as Properties;
    // The engine sends empty strings for the forms that were not chosen.
    const given = (item: unknown) => (typeof item === "string" && item !== "" ? item : undefined);
    const plainText = given(path) === undefined && given(uri) === undefined ? text : undefined;
    return {
        kind: signature === ASSET_SIGNATURE ? "asset" : "archive",
        hash: given(hash),
        path: given(path),
        text:
            signature === ASSET_SIGNATURE && typeof plainText === "string" ? plainText : undefined,
        uri: given(uri),
        assets: typeof assets === "object" && assets !== null ? (assets as Properties) : undefined,
    };
}
