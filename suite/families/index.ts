import { countShapes } from "./countShapes";
import { Family } from "./family";

/** Every family, by the name that a case file calls it by. */
export const FAMILIES = {
    "count-shapes": countShapes,
} as const satisfies Record<string, Family>;
export type FamilyName = keyof typeof FAMILIES;
export const FAMILY_NAMES = Object.keys(FAMILIES) as [FamilyName, ...FamilyName[]];
