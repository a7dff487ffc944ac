import { finishCreation, type ResourceType } from "../resourceType";
import { callerAccount } from "./account";
import { ec2, regionOf } from "./clients";
import { fromTagList, tagSpecification, updateEc2Tags } from "./tags";
import { hasCode } from "./waiting";
import type { Properties } from "../wire";

const trimmed = (value: unknown) => String(value).trim();

/** `aws.ec2.KeyPair`: an imported public key. */
export const keyPair: ResourceType = {
    inputs: {
        keyName: { replace: true, computed: true },
        keyNamePrefix: { replace: true, computed: true },
        publicKey: { replace: true, required: true, normalize: trimmed },
        region: { replace: true, computed: true },
        tags: {},
    },
    autoName: { property: "keyName", maxLength: 255, prefixProperty: "keyNamePrefix" },

    async create(inputs) {
        const region = regionOf(inputs);
        const { ImportKeyPairCommand } = await import("@aws-sdk/client-ec2");
        const name = String(inputs.keyName);
        await (
            await ec2(region)
        ).send(
            new ImportKeyPairCommand({
                KeyName: name,
                PublicKeyMaterial: Buffer.from(String(inputs.publicKey)),
                TagSpecifications: tagSpecification("key-pair", inputs.tags),
            }),
        );
        return finishCreation(name, "EC2 Key Pair", () => describe(region, name));
    },

    async read(id, state) {
        const outs = await describe(regionOf(state), id);
        return outs && { id, outs };
    },

    async update(id, olds, news) {
        const region = regionOf(news);
        await updateEc2Tags(region, [String(olds.keyPairId)], olds.tags, news.tags);
        return (await describe(region, id)) ?? {};
    },

    async delete(id, state) {
        const { DeleteKeyPairCommand } = await import("@aws-sdk/client-ec2");
        // Deleting a key pair that is not there is a success for EC2, too.
        await (await ec2(regionOf(state))).send(new DeleteKeyPairCommand({ KeyName: id }));
    },
};

async function describe(region: string, name: string): Promise<Properties | undefined> {
    const { DescribeKeyPairsCommand } = await import("@aws-sdk/client-ec2");
    try {
        const { KeyPairs } = await (
            await ec2(region)
        ).send(new DescribeKeyPairsCommand({ KeyNames: [name] }));
        const found = KeyPairs?.[0];
        if (!found) {
            return undefined;
        }
        const tags = fromTagList(found.Tags);
        return {
            arn: `arn:aws:ec2:${region}:${await callerAccount()}:key-pair/${name}`,
            fingerprint: found.KeyFingerprint,
            keyName: name,
            keyPairId: found.KeyPairId,
            keyType: found.KeyType ?? "",
            region,
            tags: Object.keys(tags).length > 0 ? tags : undefined,
            tagsAll: tags,
        };
    } catch (error) {
        if (hasCode(error, "InvalidKeyPair.NotFound")) {
            return undefined;
        }
        throw error;
    }
}
