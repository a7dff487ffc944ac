import { awsProvider } from "../../../rehearsal/providers/aws/provider";
import { randomProvider } from "../../../rehearsal/providers/random/provider";
import { PartlyCreatedError, type ResourceType } from "../../../rehearsal/providers/resourceType";
import { standInProvider } from "../../../rehearsal/providers/standIn";
import { SECRET_SIGNATURE, SIGNATURE_KEY, secret } from "../../../rehearsal/providers/wire";

const urn = (token: string, name = "thing") => `urn:pulumi:dev::project::parent$${token}::${name}`;

function provider(type: Partial<ResourceType>, signalSeen?: (signal: AbortSignal) => void) {
    const full: ResourceType = {
        inputs: {
            name: { computed: true, replace: true },
            size: { default: 3 },
            password: {},
            owner: { required: true },
            shape: { keys: ["sides"] },
        },
        autoName: { property: "name", maxLength: 20 },
        create: async (_inputs, context) => {
            signalSeen?.(context.signal);
            return { id: "id-1", outs: { url: "u" } };
        },
        ...type,
    };
    return standInProvider({ name: "test", version: "1.0.0", types: { "test:index:Thing": full } });
}

const THING = urn("test:index:Thing");

describe("check", () => {
    test("an unknown input is an error that names the stand-in and what it supports", async () => {
        const { failures } = await provider({}).check!(THING, {}, { owner: "o", colour: "red" });
        expect(failures).toEqual([
            {
                property: "colour",
                reason: expect.stringContaining(
                    'the stand-in for the test provider does not support the input "colour"',
                ),
            },
        ]);
        expect(failures?.[0]?.reason).toContain("name, size, password, owner, shape");
    });

    test("so is an unknown key inside an input, and a missing required one", async () => {
        const { failures } = await provider({}).check!(THING, {}, { shape: { sides: 3, hue: 1 } });
        expect(failures?.map((failure) => failure.property)).toEqual(["shape.hue", "owner"]);
    });

    test("an unknown type is an error that names the stand-in", async () => {
        const vpc = urn("aws:ec2/vpc:Vpc");
        await expect(awsProvider.check!(vpc, {}, {})).rejects.toThrow(
            "the stand-in for the aws provider does not know the resource type aws:ec2/vpc:Vpc",
        );
        await expect(awsProvider.invoke!("aws:ec2/getAmi:getAmi", {})).rejects.toThrow(
            "the stand-in for the aws provider does not know the function aws:ec2/getAmi:getAmi",
        );
    });

    test("a generated name stays the same as long as the resource lives", async () => {
        const { check } = provider({});
        const first = (await check!(THING, {}, { owner: "o" })).inputs;
        expect(first.name).toMatch(/^thing-[0-9a-f]{7}$/);
        expect((await check!(THING, first, { owner: "p" })).inputs.name).toBe(first.name);
        // A name that a program once chose is no generated one.
        const chosen = (await check!(THING, {}, { owner: "o", name: "mine" })).inputs;
        expect(chosen.name).toBe("mine");
        expect((await check!(THING, chosen, { owner: "o" })).inputs.name).not.toBe("mine");
    });

    test("a long name leaves room for its digits", async () => {
        const long = urn("test:index:Thing", "a-name-that-is-much-too-long");
        const { inputs } = await provider({}).check!(long, {}, { owner: "o" });
        expect(inputs.name).toHaveLength(20);
    });

    test("defaults are filled in and noted", async () => {
        const { inputs } = await provider({}).check!(THING, {}, { owner: "o", name: "n" });
        expect(inputs).toEqual({ owner: "o", name: "n", size: 3, __defaults: ["size"] });
    });
});

describe("create and update", () => {
    test("plain values go in, secrets come out where secrets went in", async () => {
        let seen: unknown;
        const { create } = provider({
            create: async (inputs) => {
                seen = inputs;
                return { id: "id-1", outs: { url: "u", nothing: undefined } };
            },
        });
        const { id, outs } = await create!(THING, {
            owner: "o",
            password: secret("hunter2"),
            __defaults: ["size"],
        });
        expect(seen).toMatchObject({ owner: "o", password: "hunter2" });
        expect(id).toBe("id-1");
        expect(outs).toEqual({ owner: "o", password: secret("hunter2"), url: "u" });
    });

    test("an update keeps what the cloud chose and drops what the program left out", async () => {
        const { update } = provider({ update: async () => ({ url: "v" }) });
        const { outs } = await update!(
            "id-1",
            THING,
            { owner: "o", password: "p", name: "n", url: "u", arn: "a" },
            { owner: "q" },
        );
        expect(outs).toEqual({ owner: "q", name: "n", url: "v", arn: "a" });
    });

    test("an error after the creation records the resource, with its secrets still secret", async () => {
        const { create } = provider({
            create: async () => {
                throw new PartlyCreatedError("not ready", "id-9", { url: "u" });
            },
        });
        await expect(create!(THING, { owner: "o", password: secret("p") })).rejects.toMatchObject({
            message: "not ready",
            id: "id-9",
            reasons: ["not ready"],
            properties: { owner: "o", password: secret("p"), url: "u" },
        });
    });
});

describe("read", () => {
    test("a resource that is gone has no id", async () => {
        const { read } = provider({ read: async () => undefined });
        expect(await read!("id-1", THING, { owner: "o" })).toEqual({ id: "", props: {} });
    });

    test("a type that cannot be read stays as it is recorded", async () => {
        expect(await provider({}).read!("id-1", THING, { owner: "o" })).toEqual({
            id: "id-1",
            props: { owner: "o" },
        });
    });
});

test("cancel reaches what is running", async () => {
    let signal: AbortSignal | undefined;
    const standIn = provider({}, (seen) => (signal = seen));
    await standIn.create!(THING, { owner: "o" });
    expect(signal?.aborted).toBe(false);
    await standIn.cancel!();
    expect(signal?.aborted).toBe(true);
});

describe("random", () => {
    test.each([1, 16, 32, 64])("RandomBytes of %i bytes, both spellings secret", async (length) => {
        const { outs } = await randomProvider.create!(urn("random:index/randomBytes:RandomBytes"), {
            length,
        });
        expect(outs.base64[SIGNATURE_KEY]).toBe(SECRET_SIGNATURE);
        expect(outs.hex[SIGNATURE_KEY]).toBe(SECRET_SIGNATURE);
        const bytes = Buffer.from(outs.base64.value as string, "base64");
        expect(bytes).toHaveLength(length);
        expect(bytes.toString("hex")).toBe(outs.hex.value);
    });

    test("two RandomBytes differ", async () => {
        const make = () =>
            randomProvider.create!(urn("random:index/randomBytes:RandomBytes"), { length: 32 });
        expect((await make()).outs.hex.value).not.toBe((await make()).outs.hex.value);
    });

    test("RandomId spells the same bytes four times, behind its prefix, and none is secret", async () => {
        const { id, outs } = await randomProvider.create!(urn("random:index/randomId:RandomId"), {
            byteLength: 4,
            prefix: "x-",
        });
        const bytes = Buffer.from(id, "base64url");
        expect(bytes).toHaveLength(4);
        expect(outs).toEqual({
            byteLength: 4,
            prefix: "x-",
            b64Std: `x-${bytes.toString("base64")}`,
            b64Url: `x-${id}`,
            dec: `x-${bytes.readUInt32BE()}`,
            hex: `x-${bytes.toString("hex")}`,
        });
    });

    test.each([0, -1, 1.5])("a length of %d is refused", async (length) => {
        const { failures } = await randomProvider.check!(
            urn("random:index/randomBytes:RandomBytes"),
            {},
            { length },
        );
        expect(failures).toEqual([
            { property: "length", reason: expect.stringContaining("at least 1") },
        ]);
    });
});
