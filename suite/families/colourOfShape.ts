import { Family, oneTurn } from "./family";
import { row, threeShapes } from "./pictures";
import { COLOUR_WORDS, nameOf, namesOf, SHAPE_WORDS } from "./words";

/** One shape's colour among three. */
export const colourOfShape: Family = {
    about: "What colour is the square? Of three shapes",
    languages: ["en", "zh"],
    make(dice, language) {
        const { colours, placed } = threeShapes(dice);
        const asked = dice.one(placed);
        const name = nameOf(SHAPE_WORDS[asked.shape], language);
        return oneTurn(`Tells that the ${asked.shape} is ${asked.colour}`, {
            prompt:
                language === "zh"
                    ? `图片里的${name}是什么颜色？只回答颜色。`
                    : `What colour is the ${name} in this picture? Answer in one word.`,
            images: [row("three-shapes", placed)],
            maxTokens: 16,
            checks: [
                { kind: "keywords", groups: [namesOf(COLOUR_WORDS[asked.colour])] },
                {
                    kind: "forbidden",
                    words: colours
                        .filter((colour) => colour !== asked.colour)
                        .flatMap((colour) => namesOf(COLOUR_WORDS[colour])),
                },
            ],
        });
    },
};
