import { Family, oneTurn } from "./family";
import { COLOUR_WORDS, colourAnd, SHAPE_COLOURS, SHAPE_WORDS, TELLABLE_SHAPES } from "./words";

/** Counts shapes of one colour among others. */
export const countShapes: Family = {
    about: "How many red squares are there? Two to seven of them, among others",
    languages: ["en", "zh"],
    make(dice, language) {
        const [shape = "circle", otherShape = "square"] = dice.some(2, TELLABLE_SHAPES);
        const [colour = "red", otherColour = "blue"] = dice.some(2, SHAPE_COLOURS);
        const count = dice.between(2, 7);
        const asked = colourAnd(colour, SHAPE_WORDS[shape], language);
        return oneTurn(
            language === "zh"
                ? `数${count}个${COLOUR_WORDS[colour].zh[0]}图形`
                : `Counts ${count} ${asked}`,
            {
                prompt:
                    language === "zh"
                        ? `图片里有几个${asked}？只回答数字。`
                        : `How many ${asked} are in this picture? Answer with the number only.`,
                images: [
                    {
                        name: "counted",
                        draw: "scatter",
                        width: 512,
                        height: 512,
                        seed: dice.seed(),
                        groups: [
                            { shape, colour, count },
                            {
                                shape: otherShape,
                                colour: otherColour,
                                count: dice.between(1, 4),
                            },
                        ],
                    },
                ],
                maxTokens: 16,
                checks: [{ kind: "number", equals: count }],
            },
        );
    },
};
