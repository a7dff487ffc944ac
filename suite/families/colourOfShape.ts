import { Family, oneTurn } from "./family";
import { Placed, row } from "./pictures";
import {
    COLOUR_WORDS,
    nameOf,
    namesOf,
    SHAPE_COLOURS,
    SHAPE_WORDS,
    TELLABLE_SHAPES,
} from "./words";

const PLACES = ["left", "centre", "right"] as const;

/** One shape's colour among three. */
export const colourOfShape: Family = {
    about: "What colour is the square? Of three shapes",
    languages: ["en", "zh"],
    make(dice, language) {
        const shapes = dice.some(3, TELLABLE_SHAPES);
        const colours = dice.some(3, SHAPE_COLOURS);
        const placed = shapes.map((shape, index): Placed => ({
            shape,
            colour: colours[index] ?? "red",
            at: PLACES[index] ?? "centre",
        }));
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
