import { Dice, Family, FamilyLanguage, oneTurn } from "./family";
import { CODE_LETTERS, DAYS, INKS, PLACES } from "./readingWords";

/** Small letters as in a screenshot, those of a heading, and those of a poster; Chinese needs more pixels. */
const SIZES_PIXELS = { en: [14, 32, 80], zh: [20, 36, 80] } as const;
const FINE_PRINT_PIXELS = { en: [12, 16], zh: [18, 24] } as const;

/** One word, in small, middling or big letters. */
export const readWord: Family = {
    about: "What word is written in this picture? In small, middling and big letters",
    languages: ["en", "zh"],
    make(dice, language) {
        const word = dice.one(PLACES[language]);
        const sizePixels = dice.one(SIZES_PIXELS[language]);
        return oneTurn(
            language === "zh"
                ? `读${sizePixels}像素的“${word}”`
                : `Reads "${word}" at ${sizePixels} pixels`,
            {
                prompt:
                    language === "zh"
                        ? "图片里写的是什么字？只回答图片里的文字。"
                        : "What word is written in this picture? Answer with the word only.",
                images: [
                    {
                        name: "word",
                        draw: "text",
                        width: 448,
                        height: 256,
                        sizePixels,
                        ...dice.one(INKS),
                        lines: [word],
                    },
                ],
                maxTokens: 16,
                checks: [{ kind: "edit-distance", to: [word], atMost: 0.1 }],
            },
        );
    },
};

/** A sentence in small letters. */
export const readSentence: Family = {
    about: "What is written in this picture? A sentence in small letters",
    languages: ["en", "zh"],
    make(dice, language) {
        const [place, other] = dice.some(2, PLACES[language]);
        const [day, hour] = [dice.one(DAYS[language]), dice.between(7, 11)];
        const sizePixels = dice.one(FINE_PRINT_PIXELS[language]);
        const sentence =
            language === "zh"
                ? `${place}${day}上午${hour}点开门，${other}在二楼。`
                : `The ${place?.toLowerCase()} behind the ${other?.toLowerCase()} opens at ${hour} on ${day}.`;
        return oneTurn(
            language === "zh"
                ? `读${sizePixels}像素的一句话`
                : `Reads a sentence at ${sizePixels} pixels`,
            {
                prompt:
                    language === "zh"
                        ? "图片里写了什么？只回答图片里的文字。"
                        : "What is written in this picture? Answer with the written text only.",
                images: [
                    {
                        name: "sentence",
                        draw: "text",
                        width: 512,
                        height: 160,
                        sizePixels,
                        ...dice.one(INKS),
                        lines: [sentence],
                    },
                ],
                maxTokens: 48,
                checks: [{ kind: "edit-distance", to: [sentence], atMost: 0.08 }],
            },
        );
    },
};

/** A word on a board, in a landscape. */
export const readSign: Family = {
    about: "What does the sign in this picture say? A board in a landscape",
    languages: ["en", "zh"],
    make(dice, language) {
        const word = dice.one(PLACES[language]);
        const { colour, background } = dice.one(INKS);
        return oneTurn(language === "zh" ? `读牌子上的“${word}”` : `Reads the sign "${word}"`, {
            prompt:
                language === "zh"
                    ? "图片里的牌子上写的是什么？只回答牌子上的文字。"
                    : "What does the sign in this picture say? Answer with the words on the sign only.",
            images: [
                {
                    name: "sign",
                    draw: "sign",
                    width: 512,
                    height: 384,
                    text: word,
                    sizePixels: dice.one([24, 40, 64]),
                    colour,
                    board: background,
                },
            ],
            maxTokens: 16,
            checks: [{ kind: "edit-distance", to: [word], atMost: 0.1 }],
        });
    },
};

interface Field {
    /** What the label calls it, and the question. */
    readonly name: Readonly<Record<FamilyLanguage, string>>;
    value(dice: Dice): string;
}

const code = (dice: Dice): string =>
    `${dice.some(2, CODE_LETTERS).join("")}-${dice.between(2, 9)}${dice.between(2, 9)}${dice.one(CODE_LETTERS)}`;
const padded = (number: number): string => String(number).padStart(2, "0");

const FIELDS: readonly Field[] = [
    { name: { en: "Order", zh: "订单" }, value: (dice) => String(dice.between(1000, 9999)) },
    {
        name: { en: "Date", zh: "日期" },
        value: (dice) =>
            `${dice.between(2019, 2029)}-${padded(dice.between(1, 12))}-${padded(dice.between(1, 28))}`,
    },
    { name: { en: "Room", zh: "房间" }, value: (dice) => String(dice.between(101, 989)) },
    {
        name: { en: "Price", zh: "价格" },
        value: (dice) => `${dice.between(2, 99)}.${padded(dice.between(5, 95))}`,
    },
    { name: { en: "Code", zh: "编号" }, value: code },
];

/** One line of a label: a number, a date or a code. */
export const readLabel: Family = {
    about: "What is the date on this label? A number, a date, a price or a code among others",
    languages: ["en", "zh"],
    make(dice, language) {
        const lines = dice
            .some(3, FIELDS)
            .map((field) => ({ name: field.name[language], value: field.value(dice) }));
        const asked = dice.one(lines);
        const colon = language === "zh" ? "：" : ": ";
        return oneTurn(
            language === "zh" ? `读标签上的${asked.name}` : `Reads the ${asked.name} of a label`,
            {
                prompt:
                    language === "zh"
                        ? `图片里的标签上写的${asked.name}是什么？只回答${asked.name}本身。`
                        : `What is the ${asked.name.toLowerCase()} on the label in this picture? Answer with it only, as it is written.`,
                images: [
                    {
                        name: "label",
                        draw: "text",
                        width: 448,
                        height: 224,
                        sizePixels: dice.one([18, 26, 36]),
                        align: "left",
                        ...dice.one(INKS),
                        lines: lines.map(({ name, value }) => `${name}${colon}${value}`),
                    },
                ],
                maxTokens: 24,
                checks: [
                    {
                        kind: "edit-distance",
                        to: [asked.value, `${asked.name}${colon}${asked.value}`],
                        atMost: 0.05,
                    },
                ],
            },
        );
    },
};
