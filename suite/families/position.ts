import { Dice, Family, oneTurn } from "./family";
import { column, Placed, row } from "./pictures";
import { nameOf, namesOf, SHAPE_COLOURS, SHAPE_WORDS, TELLABLE_SHAPES } from "./words";

const ENDS = [
    { at: "left", other: "right", en: "on the left side", zh: "左边" },
    { at: "right", other: "left", en: "on the right side", zh: "右边" },
    { at: "top", other: "bottom", en: "at the top", zh: "上方" },
    { at: "bottom", other: "top", en: "at the bottom", zh: "下方" },
] as const;

/** Two shapes of two colours at the ends of a row or a column. */
function pair(dice: Dice, index: number) {
    const end = ENDS[index % ENDS.length] ?? ENDS[0];
    const [shape = "circle", otherShape = "square"] = dice.some(2, TELLABLE_SHAPES);
    const [colour = "red", otherColour = "blue"] = dice.some(2, SHAPE_COLOURS);
    const placed: Placed[] = [
        { shape, colour, at: end.at },
        { shape: otherShape, colour: otherColour, at: end.other },
    ];
    const sideways = end.at === "left" || end.at === "right";
    const picture = (sideways ? row : column)("pair", placed);
    return { end, shape, otherShape, picture };
}

/** Which of two shapes is at one end of the picture. */
export const position: Family = {
    about: "Which shape is on the left side, the circle or the square? Left, right, top, bottom in turn",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const { end, shape, otherShape, picture } = pair(dice, index);
        const names = dice
            .some(2, [shape, otherShape])
            .map((each) => nameOf(SHAPE_WORDS[each], language));
        return oneTurn(`Tells that the ${shape} is ${end.en}`, {
            prompt:
                language === "zh"
                    ? `图片${end.zh}的图形是${names.join("还是")}？只回答图形的名称。`
                    : `Which shape is ${end.en} of the picture, the ${names.join(" or the ")}? Answer in one word.`,
            images: [picture],
            maxTokens: 16,
            checks: [
                { kind: "keywords", groups: [namesOf(SHAPE_WORDS[shape])] },
                { kind: "forbidden", words: namesOf(SHAPE_WORDS[otherShape]) },
            ],
        });
    },
};

const RELATIONS = {
    left: { en: "to the left of", zh: "左边" },
    right: { en: "to the right of", zh: "右边" },
    top: { en: "above", zh: "上方" },
    bottom: { en: "below", zh: "下方" },
} as const;

/** What stands beside a named shape. */
export const relation: Family = {
    about: "Which shape is above the star? Left, right, above, below in turn",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const end = ENDS[index % ENDS.length] ?? ENDS[0];
        const shapes = dice.some(3, TELLABLE_SHAPES);
        const [shape = "circle", anchor = "square", far = "star"] = shapes;
        const [colour = "red", anchorColour = "blue", farColour = "green"] = dice.some(
            3,
            SHAPE_COLOURS,
        );
        const placed: Placed[] = [
            { shape, colour, at: end.at },
            { shape: anchor, colour: anchorColour, at: "centre" },
            { shape: far, colour: farColour, at: end.other },
        ];
        const sideways = end.at === "left" || end.at === "right";
        const words = RELATIONS[end.at];
        const name = nameOf(SHAPE_WORDS[anchor], language);
        return oneTurn(`Tells what is ${words.en} the ${anchor}`, {
            prompt:
                language === "zh"
                    ? `图片里${name}的${words.zh}是什么图形？只回答图形的名称。`
                    : `Which shape is ${words.en} the ${name} in this picture? Answer in one word.`,
            images: [(sideways ? row : column)("three-in-line", placed)],
            maxTokens: 16,
            checks: [
                { kind: "keywords", groups: [namesOf(SHAPE_WORDS[shape])] },
                { kind: "forbidden", words: namesOf(SHAPE_WORDS[far]) },
            ],
        });
    },
};
