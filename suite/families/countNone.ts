import { Family, oneTurn } from "./family";
import { scattered } from "./pictures";
import { colourAnd, SHAPE_COLOURS, SHAPE_WORDS, TELLABLE_SHAPES } from "./words";

/** What is asked for is not there, though its colour and its shape are. */
export const countNone: Family = {
    about: "How many red squares are there? None: they are blue, and the circles are red",
    languages: ["en", "zh"],
    make(dice, language) {
        const [shape = "circle", other = "square"] = dice.some(2, TELLABLE_SHAPES);
        const [colour = "red", otherColour = "blue"] = dice.some(2, SHAPE_COLOURS);
        const asked = colourAnd(colour, SHAPE_WORDS[shape], language);
        return oneTurn(`Counts no ${colourAnd(colour, SHAPE_WORDS[shape], "en")}`, {
            prompt:
                language === "zh"
                    ? `图片里有几个${asked}？只回答数字，没有就回答0。`
                    : `How many ${asked} are in this picture? Answer with the number only, 0 if there are none.`,
            images: [
                scattered("none", dice.seed(), [
                    { shape, colour: otherColour, count: dice.between(1, 3) },
                    { shape: other, colour, count: dice.between(1, 3) },
                ]),
            ],
            maxTokens: 16,
            checks: [{ kind: "number", equals: 0 }],
        });
    },
};
