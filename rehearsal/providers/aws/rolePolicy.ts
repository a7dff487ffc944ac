import { finishCreation, type ResourceType } from "../resourceType";
import type { Properties } from "../wire";
import { iam } from "./clients";
import { keepSpelling, normalJson } from "./json";
import { hasCode } from "./waiting";

/** `aws.iam.RolePolicy`: an inline policy; its id is `role:name`. */
export const rolePolicy: ResourceType = {
    inputs: {
        name: { replace: true, computed: true },
        namePrefix: { replace: true, computed: true },
        policy: { required: true, normalize: normalJson },
        role: { replace: true, required: true },
    },
    autoName: { property: "name", maxLength: 128, prefixProperty: "namePrefix" },

    async create(inputs) {
        await put(inputs);
        const id = `${String(inputs.role)}:${String(inputs.name)}`;
        return finishCreation(id, "IAM Role Policy", () => describe(id, inputs));
    },

    async read(id, state) {
        const outs = await describe(id, state);
        return outs && { id, outs };
    },

    async update(id, _olds, news) {
        await put(news);
        return (await describe(id, news)) ?? {};
    },

    async delete(id) {
        const { DeleteRolePolicyCommand } = await import("@aws-sdk/client-iam");
        try {
            await (await iam()).send(new DeleteRolePolicyCommand(namesOf(id)));
        } catch (error) {
            if (!hasCode(error, "NoSuchEntity", "NoSuchEntityException")) {
                throw error;
            }
        }
    },
};

function namesOf(id: string): { RoleName: string; PolicyName: string } {
    const [RoleName = "", PolicyName = ""] = id.split(":");
    return { RoleName, PolicyName };
}

async function put(inputs: Properties): Promise<void> {
    const { PutRolePolicyCommand } = await import("@aws-sdk/client-iam");
    await (
        await iam()
    ).send(
        new PutRolePolicyCommand({
            RoleName: String(inputs.role),
            PolicyName: String(inputs.name),
            PolicyDocument: String(inputs.policy),
        }),
    );
}

async function describe(id: string, inputs: Properties): Promise<Properties | undefined> {
    const { GetRolePolicyCommand } = await import("@aws-sdk/client-iam");
    try {
        const found = await (await iam()).send(new GetRolePolicyCommand(namesOf(id)));
        return {
            name: found.PolicyName,
            policy: keepSpelling(inputs.policy, decodeURIComponent(found.PolicyDocument ?? "")),
            role: found.RoleName,
        };
    } catch (error) {
        if (hasCode(error, "NoSuchEntity", "NoSuchEntityException")) {
            return undefined;
        }
        throw error;
    }
}
