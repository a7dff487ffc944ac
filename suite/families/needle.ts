import { Dice, Family, FamilyLanguage, MadeCase, oneTurn } from "./family";
import { COLOUR_WORDS, SHAPE_COLOURS, ShapeColour } from "./words";

/** The last sentence is the hardest for some models, the middle one for others. */
const DEPTHS = [0, 0.25, 0.5, 0.75, 1] as const;
/** Enough to see a broken cache or rope, few enough for the seconds of a tier. */
const LONGEST_TOKENS = 3000;
const SENTENCES = {
    en: "The grass is green, the sky is blue and the sun is yellow.",
    zh: "草是绿色的，天空是蓝色的，太阳是黄色的。",
} as const;

/** A code in a long text, at each depth in turn. */
export const needle: Family = {
    about: "Finds a door's code in a long text, at depths 0, 0.25, 0.5, 0.75 and 1 in turn",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const depth = DEPTHS[index % DEPTHS.length] ?? 0;
        const door = dice.one(SHAPE_COLOURS);
        const code = codeOf(dice);
        return longText(
            `Finds a code at depth ${depth}`,
            language,
            [{ sentence: told(door, code, language), depth }],
            language === "zh"
                ? `上文中${COLOUR_WORDS[door].zh[1]}门的密码是多少？只回答数字。`
                : `What is the code of the ${door} door in the text above? Answer with the number only.`,
            [code],
        );
    },
};

/** Two codes in one long text, both asked for. */
export const twoNeedles: Family = {
    about: "Finds the codes of two doors in a long text",
    languages: ["en", "zh"],
    make(dice, language) {
        const [one = "red", other = "blue"] = dice.some(2, SHAPE_COLOURS);
        const codes = [codeOf(dice), codeOf(dice)];
        const [first = "", second = ""] = codes;
        return longText(
            "Finds two codes",
            language,
            [
                { sentence: told(one, first, language), depth: 0.2 },
                { sentence: told(other, second, language), depth: 0.7 },
            ],
            language === "zh"
                ? `上文中${COLOUR_WORDS[one].zh[1]}门的密码是多少？${COLOUR_WORDS[other].zh[1]}门的密码是多少？只回答两个数字。`
                : `What is the code of the ${one} door and what is the code of the ${other} door in the text above? Answer with the two numbers only.`,
            codes,
        );
    },
};

function codeOf(dice: Dice): string {
    return String(dice.between(1000, 9999));
}

function told(door: ShapeColour, code: string, language: FamilyLanguage): string {
    return language === "zh"
        ? `${COLOUR_WORDS[door].zh[1]}门的密码是${code}。`
        : `The code of the ${door} door is ${code}.`;
}

function longText(
    title: string,
    language: FamilyLanguage,
    hidden: { sentence: string; depth: number }[],
    prompt: string,
    codes: readonly string[],
): MadeCase {
    return oneTurn(title, {
        filler: {
            fractionOfContext: 0.7,
            atMostTokens: LONGEST_TOKENS,
            sentence: SENTENCES[language],
            hidden,
        },
        prompt,
        maxTokens: 24,
        checks: [{ kind: "keywords", groups: codes.map((code) => [code]) }],
    });
}
