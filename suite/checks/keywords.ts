import { z } from "zod";
import { Judgement } from "./judgement";
import { Stance, stanceOn } from "./mentions";
import { strictShape } from "./strictShape";

const words = z.array(z.string().min(1)).min(1);

export const keywordsSchema = strictShape({
    kind: z.literal("keywords"),
    groups: z.array(words).min(1).describe("A group is found by any of its synonyms"),
    atLeast: z.int().min(1).optional().describe("How many groups; all where absent"),
    polarity: z
        .enum(["affirmed", "denied", "either"])
        .default("affirmed")
        .describe("'There is no dog' denies a dog; it does not affirm one"),
})
    .refine(({ atLeast = 1, groups }) => atLeast <= groups.length, {
        path: ["atLeast"],
        message: "more than there are groups; allowed: 1 to the number of groups",
    })
    .describe("The answer names things; English by whole word or plural, Chinese anywhere");

export const forbiddenSchema = strictShape({ kind: z.literal("forbidden"), words }).describe(
    "The answer affirms none of these; to deny one ('it is not red') is allowed",
);

/** Judges how many of the groups of synonyms are affirmed, or denied where that is wanted. */
export function judgeKeywords(
    { groups, atLeast = groups.length, polarity }: z.infer<typeof keywordsSchema>,
    text: string,
): Judgement {
    const named = groups.map((group) => findNamed(group, text));
    const isFound = ({ stance }: Named): boolean =>
        polarity === "either" ? stance !== "unnamed" : stance === polarity;
    const found = named.filter(isFound);
    const missing = named.filter((each) => !isFound(each));
    const counts = `${found.length} of ${groups.length} found, ${atLeast} wanted`;
    const [verbs, verb] = polarity === "denied" ? ["denies", "deny"] : ["names", "name"];
    if (found.length < atLeast) {
        return {
            passed: false,
            message: `does not ${verb} ${missing.map(show).join(", ")} (${counts})`,
        };
    }
    const rest = missing.length > 0 ? ` (${counts})` : "";
    return { passed: true, message: `${verbs} ${found.map(({ word }) => word).join(", ")}${rest}` };
}

/** Judges that none of the words is affirmed. */
export function judgeForbidden(check: z.infer<typeof forbiddenSchema>, text: string): Judgement {
    const found = check.words.filter((word) => stanceOn(text, word) === "affirmed");
    return found.length === 0
        ? { passed: true, message: `does not name ${check.words.join(", ")}` }
        : { passed: false, message: `names ${found.join(", ")}, which it must not` };
}

interface Named {
    readonly word: string;
    readonly stance: Stance;
}

/** Synonyms are one thing: it is denied only where no name of it is affirmed. */
function findNamed(group: readonly string[], text: string): Named {
    const each = group.map((word) => ({ word, stance: stanceOn(text, word) }));
    return (
        each.find(({ stance }) => stance === "affirmed") ??
        each.find(({ stance }) => stance === "denied") ?? {
            word: group.slice(0, 3).join(" / "),
            stance: "unnamed",
        }
    );
}

function show({ word, stance }: Named): string {
    return stance === "unnamed"
        ? word
        : `${word} (which it ${stance === "denied" ? "denies" : "affirms"})`;
}
