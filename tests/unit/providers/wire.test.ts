import {
    ARCHIVE_SIGNATURE,
    ASSET_SIGNATURE,
    OUTPUT_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    containsSecret,
    containsUnknown,
    keepSecrets,
    readAsset,
    secret,
    unwrap,
} from "../../../rehearsal/providers/wire";

const output = (fields: object) => ({ [SIGNATURE_KEY]: OUTPUT_SIGNATURE, ...fields });

describe("the engine's envelopes", () => {
    test.each([
        ["a plain value", "x", "x"],
        ["a secret", secret("x"), "x"],
        ["a secret in a secret", secret(secret("x")), "x"],
        ["a secret deep inside", { a: [{ b: secret("x") }] }, { a: [{ b: "x" }] }],
        ["an object inside a secret", secret({ a: secret(1) }), { a: 1 }],
        ["a known output", output({ value: "x", secret: true }), "x"],
        ["an unknown output", output({ dependencies: [] }), UNKNOWN],
        ["null", null, null],
    ])("%s is unwrapped", (_name, wrapped, plain) => {
        expect(unwrap(wrapped)).toEqual(plain);
    });

    test("an asset keeps its envelope, since a path alone would not say what it is", () => {
        const asset = { [SIGNATURE_KEY]: ASSET_SIGNATURE, path: "a.txt", hash: "h" };
        expect(unwrap({ source: secret(asset) })).toEqual({ source: asset });
    });

    test("secrets and unknowns are seen at any depth", () => {
        expect(containsSecret({ a: [{ b: secret("x") }] })).toBe(true);
        expect(containsSecret(output({ value: "x", secret: true }))).toBe(true);
        expect(containsSecret(output({ value: "x", secret: false }))).toBe(false);
        expect(containsSecret({ a: ["x"] })).toBe(false);
        expect(containsUnknown({ a: [{ b: UNKNOWN }] })).toBe(true);
        expect(containsUnknown(output({ dependencies: [] }))).toBe(true);
        expect(containsUnknown({ a: ["x"] })).toBe(false);
    });

    test("an output that is named as a secret input stays secret, others do not become it", () => {
        const outs = keepSecrets(
            { userData: secret("key"), connection: { privateKey: secret("k") }, ami: "a" },
            { userData: "key", connection: { privateKey: "k" }, ami: "a", publicIp: "1.2.3.4" },
        );
        expect(outs).toEqual({
            userData: secret("key"),
            connection: secret({ privateKey: "k" }),
            ami: "a",
            publicIp: "1.2.3.4",
        });
    });
});

describe("assets and archives", () => {
    const wire = (signature: string, fields: object) => ({ [SIGNATURE_KEY]: signature, ...fields });

    test.each([
        [
            "a file",
            wire(ASSET_SIGNATURE, { path: "a.txt", text: "", uri: "", hash: "h" }),
            { kind: "asset", path: "a.txt", hash: "h" },
        ],
        [
            "a text",
            wire(ASSET_SIGNATURE, { text: "hello", path: "", uri: "" }),
            { kind: "asset", text: "hello" },
        ],
        ["an empty text", wire(ASSET_SIGNATURE, { text: "" }), { kind: "asset", text: "" }],
        [
            "a folder, whose last slash means something",
            wire(ARCHIVE_SIGNATURE, { path: "dir/", hash: "h" }),
            { kind: "archive", path: "dir/", hash: "h" },
        ],
    ])("%s is read", (_name, value, expected) => {
        expect(JSON.parse(JSON.stringify(readAsset(value)))).toEqual(expected);
    });

    test("anything else is no asset", () => {
        expect(readAsset(UNKNOWN)).toBeUndefined();
        expect(readAsset(secret("x"))).toBeUndefined();
    });
});
