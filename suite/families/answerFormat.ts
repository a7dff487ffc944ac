import { Dice, Family, FamilyLanguage, MadeCase, oneTurn } from "./family";
import { NO, YES } from "./words";

const WORDS = {
    en: ["river", "apple", "house", "moon", "garden", "bread", "window", "tiger", "lamp", "chair"],
    zh: ["河流", "苹果", "房子", "月亮", "花园", "面包", "窗户", "老虎", "灯", "椅子"],
} as const;

/** A form that a program can check to the letter; the answer itself is no riddle. */
export const answerFormat: Family = {
    about: "Write these words in reverse order; in capitals; a word four times; a numbered list; yes or no",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const forms = [reversed, numbered, repeated, yesOrNo, capitals];
        // Chinese has no capital letters.
        const possible = language === "zh" ? forms.slice(0, -1) : forms;
        return (possible[index % possible.length] ?? reversed)(dice, language);
    },
};

function reversed(dice: Dice, language: FamilyLanguage): MadeCase {
    const words = dice.some(3, WORDS[language]);
    return exactly(
        "Turns a list around",
        language === "zh"
            ? `把这三个词按相反的顺序写出来，用逗号隔开，不要写别的：${words.join("，")}`
            : `Write these words in reverse order, separated by commas, and nothing else: ${words.join(", ")}`,
        [...words].reverse().join("[\\s,，、]+"),
    );
}

function numbered(dice: Dice, language: FamilyLanguage): MadeCase {
    const words = dice.some(3, WORDS[language]);
    return exactly(
        "Writes a numbered list",
        language === "zh"
            ? `把这三个词写成编号列表（1. 2. 3.），每行一个，不要写别的：${words.join("，")}`
            : `Write these words as a numbered list (1. 2. 3.), one a line, and nothing else: ${words.join(", ")}`,
        words.map((word, index) => `${index + 1}[.．、]\\s*${word}`).join("\\s*\\n\\s*"),
    );
}

function repeated(dice: Dice, language: FamilyLanguage): MadeCase {
    const word = dice.one(WORDS[language]);
    const times = dice.between(3, 5);
    return exactly(
        `Writes a word ${times} times`,
        language === "zh"
            ? `把“${word}”这个词写${times}遍，用空格隔开，不要写别的。`
            : `Write the word "${word}" exactly ${times} times, separated by spaces, and nothing else.`,
        Array<string>(times).fill(word).join("[\\s,，、]*"),
    );
}

function yesOrNo(dice: Dice, language: FamilyLanguage): MadeCase {
    const [a, b] = dice.some(
        2,
        Array.from({ length: 80 }, (_, number) => number + 11),
    ) as [number, number];
    return oneTurn("Answers yes or no", {
        prompt:
            language === "zh"
                ? `${a}比${b}大吗？只回答“是”或“否”。`
                : `Is ${a} greater than ${b}? Answer only yes or no.`,
        maxTokens: 8,
        checks: [
            { kind: "regex", pattern: (a > b ? YES : NO)[language], flags: "iu" },
            { kind: "length", max: 6 },
        ],
    });
}

function capitals(dice: Dice): MadeCase {
    const word = dice.one(WORDS.en);
    return exactly(
        "Writes in capital letters",
        `Write the word "${word}" in capital letters and nothing else.`,
        word.toUpperCase(),
    );
}

/** Case counts; what stands around does not. */
function exactly(title: string, prompt: string, pattern: string): MadeCase {
    return oneTurn(title, {
        prompt,
        maxTokens: 40,
        checks: [{ kind: "regex", pattern: `^\\P{L}*${pattern}\\P{L}*$` }],
    });
}
