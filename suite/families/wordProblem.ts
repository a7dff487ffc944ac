import { Family, oneTurn } from "./family";

const PEOPLE = [
    ["Anna", "小红"],
    ["Tom", "小明"],
    ["Maria", "小丽"],
    ["Ben", "小刚"],
    ["Lucy", "小芳"],
] as const;
const THINGS = [
    ["apples", "个苹果"],
    ["books", "本书"],
    ["stamps", "张邮票"],
    ["marbles", "颗弹珠"],
    ["pencils", "支铅笔"],
] as const;

/** A start, a loss and a gain. */
export const wordProblem: Family = {
    about: "Tom has 12 apples, gives away 3 and buys 5. How many has he now?",
    languages: ["en", "zh"],
    make(dice, language) {
        const [name, nameZh] = dice.one(PEOPLE);
        const [things, thingsZh] = dice.one(THINGS);
        const [had, gave, bought] = [dice.between(9, 30), dice.between(2, 8), dice.between(2, 12)];
        return oneTurn(`Counts ${things}: ${had} less ${gave} and ${bought} more`, {
            prompt:
                language === "zh"
                    ? `${nameZh}有${had}${thingsZh}，送给朋友${gave}${thingsZh.slice(0, 1)}，又买了${bought}${thingsZh.slice(0, 1)}。现在一共有几${thingsZh}？只回答数字。`
                    : `${name} has ${had} ${things}, gives ${gave} of them to a friend, and then buys ${bought} more. ` +
                      `How many ${things} does ${name} have now? Answer with the number only.`,
            maxTokens: 16,
            checks: [{ kind: "number", equals: had - gave + bought, pick: "last" }],
        });
    },
};
