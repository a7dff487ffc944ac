import { Dice, Family, FamilyLanguage, MadeCase, oneTurn } from "./family";
import { scattered, single } from "./pictures";
import { colourAnd, nameOf, NO, SHAPE_COLOURS, SHAPE_WORDS, TELLABLE_SHAPES, YES } from "./words";

/** Two pictures of one message, compared. */
export const comparePictures: Family = {
    about: "Has the circle the same colour in both pictures? Which picture has more squares?",
    languages: ["en", "zh"],
    make(dice, language, index) {
        return index % 2 === 0 ? sameColour(dice, language, index % 4 === 0) : more(dice, language);
    },
};

function sameColour(dice: Dice, language: FamilyLanguage, same: boolean): MadeCase {
    const shape = dice.one(TELLABLE_SHAPES);
    const [colour = "red", other = "blue"] = dice.some(2, SHAPE_COLOURS);
    const name = nameOf(SHAPE_WORDS[shape], language);
    return oneTurn(`Two pictures of a ${shape} of ${same ? "one colour" : "two colours"}`, {
        prompt:
            language === "zh"
                ? `两张图片里的${name}颜色相同吗？只回答“是”或“否”。`
                : `Is the ${name} of the same colour in both pictures? Answer only yes or no.`,
        images: [single("first", shape, colour), single("second", shape, same ? colour : other)],
        maxTokens: 8,
        checks: [{ kind: "regex", pattern: (same ? YES : NO)[language], flags: "iu" }],
    });
}

function more(dice: Dice, language: FamilyLanguage): MadeCase {
    const shape = dice.one(TELLABLE_SHAPES);
    const colour = dice.one(SHAPE_COLOURS);
    const counts = dice.one([
        [1, 4],
        [4, 1],
        [2, 6],
        [6, 2],
        [5, 2],
        [2, 5],
    ] as const);
    const asked = colourAnd(colour, SHAPE_WORDS[shape], language);
    const firstHasMore = counts[0] > counts[1];
    const words = [
        ["first", "第一", "1"],
        ["second", "第二", "2"],
    ];
    return oneTurn(`Tells which of two pictures has more: ${counts.join(" or ")}`, {
        prompt:
            language === "zh"
                ? `哪张图片里的${asked}更多，第一张还是第二张？只回答“第一张”或“第二张”。`
                : `Which picture has more ${asked}, the first or the second? Answer with "first" or "second" only.`,
        images: counts.map((count, index) =>
            scattered(index === 0 ? "first" : "second", dice.seed(), [{ shape, colour, count }]),
        ),
        maxTokens: 8,
        checks: [
            { kind: "keywords", groups: [words[firstHasMore ? 0 : 1] ?? []] },
            { kind: "forbidden", words: words[firstHasMore ? 1 : 0] ?? [] },
        ],
    });
}
