import { createHash } from "node:crypto";

import fc from "fast-check";

import { canonicalJson, isIntact, withChecksum } from "../../../scripts/receiptChecksum";

test("the checksum is SHA-256 of the sorted JSON, for whoever recomputes it elsewhere", () => {
    const text = '{"a":[1,{"x":null,"y":"é"}],"b":2}';
    const sha256 = createHash("sha256").update(text, "utf8").digest("hex");
    expect(withChecksum({ b: 2, a: [1, { y: "é", x: null }] }).sha256).toBe(sha256);
});

test("any order of keys gives the same text, and it reads back as the same content", () => {
    fc.assert(
        fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (content) => {
            const turned = Object.fromEntries(Object.entries(content).reverse());
            expect(canonicalJson(turned)).toBe(canonicalJson(content));
            expect(JSON.parse(canonicalJson(content))).toEqual(JSON.parse(JSON.stringify(content)));
        }),
    );
});

test("a receipt that was written and read back is intact; one that was touched is not", () => {
    const receipt = withChecksum({ leftovers: [], priceUsd: { actual: 0.1 } });
    const read = JSON.parse(JSON.stringify(receipt, null, 4));
    expect(isIntact(read)).toBe(true);
    expect(isIntact({ ...read, priceUsd: { actual: 0 } })).toBe(false);
    expect(isIntact({ leftovers: [] })).toBe(false);
});
