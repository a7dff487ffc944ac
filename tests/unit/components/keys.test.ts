import { utils } from "ssh2";

import { sshKeyPairFromSeed } from "../../../components/keys";

const SEED = Buffer.alloc(32, 7).toString("base64");

test("the same seed gives the same keys, another seed others", () => {
    expect(sshKeyPairFromSeed(SEED, "host")).toEqual(sshKeyPairFromSeed(SEED, "host"));
    const other = sshKeyPairFromSeed(Buffer.alloc(32, 8).toString("base64"), "host");
    expect(other.publicKey).not.toBe(sshKeyPairFromSeed(SEED, "host").publicKey);
});

test("the private key belongs to the public one, as an independent reader sees it", () => {
    const keys = sshKeyPairFromSeed(SEED, "host");
    const parsed = utils.parseKey(keys.privateKey);
    if (parsed instanceof Error) {
        throw parsed;
    }
    const key = Array.isArray(parsed) ? parsed[0] : parsed;
    expect(key.type).toBe("ssh-ed25519");
    expect(key.getPublicSSH().toString("base64")).toBe(keys.publicKey.split(" ")[1]);
    const signature = key.sign("text");
    expect(signature).toBeInstanceOf(Buffer);
    expect(key.verify("text", signature as Buffer)).toBe(true);
});

test("a seed of another length is an error", () => {
    expect(() => sshKeyPairFromSeed("AAAA", "host")).toThrow("32 bytes, this one 3");
});
