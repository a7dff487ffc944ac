import { Family, oneTurn } from "./family";
import { scattered } from "./pictures";
import { colourAnd, SHAPE_COLOURS, SHAPE_WORDS, TELLABLE_SHAPES } from "./words";

/** Two kinds counted together, a third one left out. */
export const countTogether: Family = {
    about: "How many red circles and blue squares are there together?",
    languages: ["en", "zh"],
    make(dice, language) {
        const [shape = "circle", other = "square", rest = "star"] = dice.some(3, TELLABLE_SHAPES);
        const [colour = "red", otherColour = "blue", restColour = "green"] = dice.some(
            3,
            SHAPE_COLOURS,
        );
        const [count, otherCount] = [dice.between(1, 4), dice.between(1, 3)];
        const asked = [
            colourAnd(colour, SHAPE_WORDS[shape], language),
            colourAnd(otherColour, SHAPE_WORDS[other], language),
        ];
        return oneTurn(`Counts ${count} and ${otherCount} together`, {
            prompt:
                language === "zh"
                    ? `图片里${asked.join("和")}一共有几个？只回答数字。`
                    : `How many ${asked.join(" and ")} are in this picture together? Answer with the number only.`,
            images: [
                scattered("together", dice.seed(), [
                    { shape, colour, count },
                    { shape: other, colour: otherColour, count: otherCount },
                    { shape: rest, colour: restColour, count: dice.between(1, 2) },
                ]),
            ],
            maxTokens: 16,
            checks: [{ kind: "number", equals: count + otherCount, pick: "last" }],
        });
    },
};
