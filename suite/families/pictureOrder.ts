import { Dice, Family, FamilyLanguage, MadeCase, oneTurn } from "./family";
import { single } from "./pictures";
import {
    CHINESE_NUMBERS,
    COLOUR_WORDS,
    nameOf,
    namesOf,
    ORDINALS,
    SHAPE_COLOURS,
    ShapeColour,
    TELLABLE_SHAPES,
} from "./words";

/** Two to four pictures in one message: a server that reorders or drops one answers wrongly. */
export const pictureOrder: Family = {
    about: "Which picture shows a red shape? What colour is the shape in the third picture, in the last?",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const count = 2 + (index % 3);
        const colours = dice.some(count, SHAPE_COLOURS);
        const shape = dice.one(TELLABLE_SHAPES);
        const asked = dice.between(0, count - 1);
        const made =
            index % 2 === 0
                ? whichPicture(dice, language, colours, asked)
                : colourOfPicture(dice, language, colours, asked);
        const images = colours.map((colour, at) => single(`picture-${at + 1}`, shape, colour));
        return { ...made, turns: made.turns.map((turn) => ({ ...turn, images })) };
    },
};

function whichPicture(
    _dice: Dice,
    language: FamilyLanguage,
    colours: readonly ShapeColour[],
    asked: number,
): MadeCase {
    const colour = nameOf(COLOUR_WORDS[colours[asked] ?? "red"], language);
    const names = (at: number): string[] => [
        ORDINALS[at] ?? "",
        `第${CHINESE_NUMBERS[at] ?? ""}`,
        String(at + 1),
    ];
    const others = colours.flatMap((_, at) => (at === asked ? [] : names(at)));
    return oneTurn(`Finds the ${colours[asked] ?? ""} one of ${colours.length} pictures`, {
        prompt:
            language === "zh"
                ? `第几张图片里有${colour}的图形？只回答“第…张”。`
                : `Which picture shows a ${colour} shape: the ${ORDINALS.slice(0, colours.length).join(", the ")}? Answer in one word.`,
        maxTokens: 12,
        checks: [
            { kind: "keywords", groups: [names(asked)] },
            { kind: "forbidden", words: others },
        ],
    });
}

function colourOfPicture(
    dice: Dice,
    language: FamilyLanguage,
    colours: readonly ShapeColour[],
    asked: number,
): MadeCase {
    const isLast = asked === colours.length - 1 && dice.one([true, false]);
    const which =
        language === "zh"
            ? isLast
                ? "最后一张"
                : `第${CHINESE_NUMBERS[asked] ?? ""}张`
            : isLast
              ? "last"
              : (ORDINALS[asked] ?? "");
    const colour = colours[asked] ?? "red";
    return oneTurn(`Tells the colour in the ${which} of ${colours.length} pictures`, {
        prompt:
            language === "zh"
                ? `${which}图片里的图形是什么颜色？只回答颜色。`
                : `What colour is the shape in the ${which} picture? Answer in one word.`,
        maxTokens: 12,
        checks: [
            { kind: "keywords", groups: [namesOf(COLOUR_WORDS[colour])] },
            {
                kind: "forbidden",
                words: colours
                    .filter((each) => each !== colour)
                    .flatMap((each) => namesOf(COLOUR_WORDS[each])),
            },
        ],
    });
}
