import { Family, oneTurn } from "./family";
import { row, threeShapes } from "./pictures";
import { COLOUR_WORDS, namesOf, SHAPE_WORDS } from "./words";

/** A scene of three shapes, described: each shape and each colour is to be named. */
export const captionShapes: Family = {
    about: "Describe this picture: three shapes and their colours",
    languages: ["en", "zh"],
    make(dice, language) {
        const { shapes, colours, placed } = threeShapes(dice);
        return oneTurn(`Caption of ${shapes.join(", ")}`, {
            prompt:
                language === "zh"
                    ? "用中文描述这张图片，一两句话，说出每个图形和它的颜色。"
                    : "Describe this picture in one or two sentences. Name each shape and its colour.",
            images: [row("scene", placed)],
            maxTokens: 96,
            checks: [
                {
                    kind: "keywords",
                    groups: [
                        ...shapes.map((shape) => namesOf(SHAPE_WORDS[shape])),
                        ...colours.map((colour) => namesOf(COLOUR_WORDS[colour])),
                    ],
                    atLeast: 5,
                },
                { kind: "language", language },
            ],
        });
    },
};
