import { Family, oneTurn } from "./family";
import { single } from "./pictures";
import { COLOUR_WORDS, namesOf, SHAPE_COLOURS, SHAPE_WORDS, TELLABLE_SHAPES } from "./words";

/** One shape and no word: what a model says of itself names colour and shape. */
export const imageAlone: Family = {
    about: "A purple star, without a word",
    languages: ["en"],
    make(dice) {
        const [shape, colour] = [dice.one(TELLABLE_SHAPES), dice.one(SHAPE_COLOURS)];
        const background = dice.one(["white", "black", "grey"] as const);
        return oneTurn(`A ${colour} ${shape} on ${background}, without a word`, {
            images: [single("alone", shape, colour, dice.between(40, 75) / 100, background)],
            maxTokens: 96,
            checks: [
                {
                    kind: "keywords",
                    groups: [namesOf(COLOUR_WORDS[colour]), namesOf(SHAPE_WORDS[shape])],
                },
            ],
        });
    },
};
