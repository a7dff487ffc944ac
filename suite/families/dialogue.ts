import type { WrittenTurn } from "../caseSchema";
import { Family } from "./family";
import { Placed, row } from "./pictures";
import {
    COLOUR_WORDS,
    nameOf,
    namesOf,
    SHAPE_COLOURS,
    SHAPE_WORDS,
    ShapeColour,
    TELLABLE_SHAPES,
} from "./words";

/** Turns that refer back to the answers before; every third dialogue has three. */
export const dialogue: Family = {
    about: "Which shape is on the left? What colour is it, and where is it? And the other shape?",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const chinese = language === "zh";
        const [shape = "circle", other = "star"] = dice.some(2, TELLABLE_SHAPES);
        const [colour = "red", otherColour = "blue"] = dice.some(2, SHAPE_COLOURS);
        const [at = "left", otherAt = "right"] = dice.some(2, ["left", "right"] as const);
        const side = { left: "左", right: "右" }[at];
        const placed: Placed[] = [
            { shape, colour, at },
            { shape: other, colour: otherColour, at: otherAt },
        ];
        const first: WrittenTurn = {
            prompt: chinese
                ? `图片${side}边的图形是什么？只回答图形的名称。`
                : `Which shape is on the ${at} side of the picture? Answer in one word.`,
            images: [row("pair", placed)],
            maxTokens: 16,
            checks: [
                { kind: "keywords", groups: [namesOf(SHAPE_WORDS[shape])] },
                { kind: "forbidden", words: namesOf(SHAPE_WORDS[other]) },
            ],
        };
        const second: WrittenTurn = {
            prompt: chinese
                ? "它是什么颜色，在图片的哪一边？请用一句完整的话回答。"
                : "What colour is it? Answer in a full sentence.",
            maxTokens: 48,
            checks: [...inColour(colour, otherColour), { kind: "length", min: 11 }],
        };
        const third: WrittenTurn = {
            prompt: chinese
                ? `图片里的${nameOf(SHAPE_WORDS[other], language)}呢，它是什么颜色？只回答颜色。`
                : "And what colour is the other shape? Answer in one word.",
            maxTokens: 24,
            checks: inColour(otherColour, colour),
        };
        const turns = index % 3 === 2 ? [first, second, third] : [first, second];
        return {
            title: `${turns.length} turns about a ${colour} ${shape} and a ${otherColour} ${other}`,
            turns,
        };
    },
};

function inColour(colour: ShapeColour, other: ShapeColour): WrittenTurn["checks"] {
    return [
        { kind: "keywords", groups: [namesOf(COLOUR_WORDS[colour])] },
        { kind: "forbidden", words: namesOf(COLOUR_WORDS[other]) },
    ];
}
