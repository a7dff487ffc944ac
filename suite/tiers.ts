/** The tiers of a run, from a developer's quick look to a release. */
export const TIERS = ["dev", "commit", "merge", "release"] as const;
export type Tier = (typeof TIERS)[number];

/** Which cases a tier runs, and how often. */
export interface TierRule {
    /** Only cases with this tag; every case where absent. */
    readonly tag?: "smoke" | "core";
    /** How often each case of lane deterministic is run; it passes when every repeat passes. */
    readonly repeats: number;
    /**
     * Whether a flaky case fails the suite. It never does so silently: a push is not stopped by a coin that
     * fell wrong, what is merged or released is.
     */
    readonly flakyFails: boolean;
}

export const TIER_RULES: Readonly<Record<Tier, TierRule>> = {
    dev: { tag: "smoke", repeats: 1, flakyFails: false },
    commit: { tag: "core", repeats: 1, flakyFails: false },
    merge: { repeats: 1, flakyFails: true },
    release: { repeats: 3, flakyFails: true },
};

/** The cases of a tier, in the order given. */
export function selectCases<C extends { readonly tags: readonly string[] }>(
    cases: readonly C[],
    tier: Tier,
): C[] {
    const { tag } = TIER_RULES[tier];
    return cases.filter((each) => tag === undefined || each.tags.includes(tag));
}
