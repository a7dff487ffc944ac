import { PRODUCT } from "../components/names";

const PROOF = ["owner", "run", "attempt"] as const;

/**
 * What is missing to prove that a thing is ours; undefined: it is. Product, owner, run and attempt
 * together, not one tag: live work of others was ended that way (github-aws-runners#4391,
 * pytorch/test-infra#6473).
 *
 * @example missingProof({ product: "ephemeral-gpu-ci", run: "r" }) // "not proven ours: no tag owner, attempt"
 */
export function missingProof(tags: Readonly<Record<string, string>>): string | undefined {
    if (tags.product !== PRODUCT) {
        return "not proven ours: not ours";
    }
    const missing = PROOF.filter((tag) => !tags[tag]);
    return missing.length === 0 ? undefined : `not proven ours: no tag ${missing.join(", ")}`;
}
