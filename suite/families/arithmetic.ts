import { Family, oneTurn } from "./family";

const OPERATIONS = [
    { en: "plus", zh: "加", of: (a: number, b: number): number => a + b },
    { en: "minus", zh: "减", of: (a: number, b: number): number => a - b },
    { en: "times", zh: "乘以", of: (a: number, b: number): number => a * b },
] as const;

/** One sum of two numbers. */
export const arithmetic: Family = {
    about: "What is 47 plus 38? Plus, minus and times in turn",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const operation = OPERATIONS[index % OPERATIONS.length] ?? OPERATIONS[0];
        const isProduct = operation.en === "times";
        const a = isProduct ? dice.between(3, 19) : dice.between(40, 99);
        const b = isProduct ? dice.between(3, 9) : dice.between(11, 39);
        return oneTurn(`Computes ${a} ${operation.en} ${b}`, {
            prompt:
                language === "zh"
                    ? `${a}${operation.zh}${b}等于多少？只回答数字。`
                    : `What is ${a} ${operation.en} ${b}? Answer with the number only.`,
            maxTokens: 16,
            checks: [{ kind: "number", equals: operation.of(a, b), pick: "last" }],
        });
    },
};

/** A product, and a number added or taken away. */
export const arithmeticTwoSteps: Family = {
    about: "What is 12 × 4 − 7?",
    languages: ["en", "zh"],
    make(dice, language) {
        const [a, b] = [dice.between(3, 15), dice.between(3, 9)];
        const [sign, c] = dice.one([["+", dice.between(5, 40)] as const, ["-", 5] as const]);
        const sum = `${a} × ${b} ${sign} ${c}`;
        return oneTurn(`Computes ${sum}`, {
            prompt:
                language === "zh"
                    ? `计算：${sum}。只回答最后的数字。`
                    : `What is ${sum}? Answer with the number only.`,
            maxTokens: 16,
            checks: [
                { kind: "number", equals: sign === "+" ? a * b + c : a * b - c, pick: "last" },
            ],
        });
    },
};
