import { createPrivateKey, createPublicKey } from "node:crypto";

/** An ed25519 key pair in the formats that AWS, sshd and SSH clients want. */
export interface SshKeyPair {
    /** OpenSSH's own format, the only one that sshd takes for an ed25519 host key. */
    readonly privateKey: string;
    /** One line, `ssh-ed25519 AAAA...`. */
    readonly publicKey: string;
}

// RFC 8410: an ed25519 private key in PKCS8 is this prefix and the 32 bytes of the seed.
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const KEY_TYPE = "ssh-ed25519";

function field(value: string | Buffer): Buffer {
    const bytes = Buffer.from(value as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
}

function uint32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
}

/**
 * Derives a key pair from a seed, the same one each time: no key changes between two `up`s.
 * The private key's layout is OpenSSH's PROTOCOL.key. Its check number is usually random; here it
 * comes from the public key, since random bytes would change the machine's user data at every `up`.
 *
 * @param seedBase64 32 bytes in base64.
 * @throws Error when the seed has another length.
 */
export function sshKeyPairFromSeed(seedBase64: string, comment: string): SshKeyPair {
    const seed = Buffer.from(seedBase64, "base64");
    if (seed.length !== 32) {
        throw new Error(`an ed25519 seed has 32 bytes, this one ${seed.length}`);
    }
    const privateKey = createPrivateKey({
        key: Buffer.concat([PKCS8_PREFIX, seed]),
        format: "der",
        type: "pkcs8",
    });
    const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
    const publicBytes = spki.subarray(spki.length - 32);
    const publicBlob = Buffer.concat([field(KEY_TYPE), field(publicBytes)]);

    const check = publicBytes.readUInt32BE(0);
    const secretPart = Buffer.concat([
        uint32(check),
        uint32(check),
        publicBlob,
        field(Buffer.concat([seed, publicBytes])),
        field(comment),
    ]);
    const padding = Buffer.from(
        Array.from({ length: (8 - (secretPart.length % 8)) % 8 }, (_, index) => index + 1),
    );
    const openSsh = Buffer.concat([
        Buffer.from("openssh-key-v1\0"),
        field("none"),
        field("none"),
        field(""),
        uint32(1),
        field(publicBlob),
        field(Buffer.concat([secretPart, padding])),
    ]);
    const lines = openSsh.toString("base64").match(/.{1,70}/g) ?? [];
    return {
        privateKey: [
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            ...lines,
            "-----END OPENSSH PRIVATE KEY-----",
            "",
        ].join("\n"),
        publicKey: `${KEY_TYPE} ${publicBlob.toString("base64")} ${comment}`,
    };
}
