import { Family, oneTurn } from "./family";
import { row } from "./pictures";
import { nameOf, NO, SHAPE_COLOURS, SHAPE_WORDS, TELLABLE_SHAPES, YES } from "./words";

/** Mostly not there, for models like to say yes; sometimes there, so that a constant no fails. */
export const presence: Family = {
    about: "Is there a star in this picture? No in three of four",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const isThere = index % 4 === 3;
        const [one = "circle", two = "square", absent = "star"] = dice.some(3, TELLABLE_SHAPES);
        const [colour = "red", otherColour = "blue"] = dice.some(2, SHAPE_COLOURS);
        const asked = isThere ? one : absent;
        const name = nameOf(SHAPE_WORDS[asked], language);
        return oneTurn(`Says that there is ${isThere ? "a" : "no"} ${asked}`, {
            prompt:
                language === "zh"
                    ? `图片里有${name}吗？只回答“有”或“没有”。`
                    : `Is there a ${name} in this picture? Answer only yes or no.`,
            images: [
                row("two-shapes", [
                    { shape: one, colour, at: "left" },
                    { shape: two, colour: otherColour, at: "right" },
                ]),
            ],
            maxTokens: 8,
            checks: [{ kind: "regex", pattern: (isThere ? YES : NO)[language], flags: "iu" }],
        });
    },
};
