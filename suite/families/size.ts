import { Family, oneTurn } from "./family";
import { row } from "./pictures";
import { nameOf, namesOf, SHAPE_COLOURS, SHAPE_WORDS, TELLABLE_SHAPES } from "./words";

/** Two shapes of which one is twice as high as the other. */
export const size: Family = {
    about: "Which shape is bigger, the circle or the star? Bigger and smaller in turn",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const bigger = index % 2 === 0;
        const [shape = "circle", other = "star"] = dice.some(2, TELLABLE_SHAPES);
        const [colour = "red", otherColour = "blue"] = dice.some(2, SHAPE_COLOURS);
        const [at = "left", otherAt = "right"] = dice.some(2, ["left", "right"] as const);
        const names = dice
            .some(2, [shape, other])
            .map((each) => nameOf(SHAPE_WORDS[each], language));
        return oneTurn(`Tells that the ${shape} is ${bigger ? "bigger" : "smaller"}`, {
            prompt:
                language === "zh"
                    ? `图片里${names.join("和")}，哪个图形更${bigger ? "大" : "小"}？只回答图形的名称。`
                    : `Which shape is ${bigger ? "bigger" : "smaller"}, the ${names.join(" or the ")}? Answer in one word.`,
            images: [
                row("big-and-small", [
                    { shape, colour, at, size: bigger ? 0.7 : 0.3 },
                    { shape: other, colour: otherColour, at: otherAt, size: bigger ? 0.3 : 0.7 },
                ]),
            ],
            maxTokens: 16,
            checks: [
                { kind: "keywords", groups: [namesOf(SHAPE_WORDS[shape])] },
                { kind: "forbidden", words: namesOf(SHAPE_WORDS[other]) },
            ],
        });
    },
};
