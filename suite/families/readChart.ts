import type { ImageSpec } from "../images";
import { SHAPE_COLOURS } from "./words";
import { Dice, Family, FamilyLanguage, oneTurn } from "./family";
import { TOPICS } from "./readingWords";

interface Bar {
    readonly label: string;
    readonly value: number;
}
type WrittenChart = Extract<ImageSpec, { draw: "bar-chart" }>;

const STEP = 20;

/** Four or five bars of values that the eye tells from each other: at least five apart. */
function someBars(dice: Dice, language: FamilyLanguage): [Bar, Bar, ...Bar[]] {
    const labels = dice.some(dice.between(4, 5), dice.one(TOPICS[language]).names);
    const slots = dice.some(labels.length, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const bars = labels.map((label, index) => ({
        label,
        value: (slots[index] as number) * 10 + dice.between(0, 4),
    }));
    return bars as [Bar, Bar, ...Bar[]];
}

function chartOf(dice: Dice, bars: readonly Bar[], printed: boolean): WrittenChart {
    const colour = dice.one(SHAPE_COLOURS);
    return {
        name: "chart",
        draw: "bar-chart",
        width: 512,
        height: 352,
        sizePixels: 18,
        axis: { maximum: 100, step: STEP },
        printed,
        bars: bars.map((bar) => ({ ...bar, colour })),
    };
}

/** The highest or the lowest bar. */
export const chartExtreme: Family = {
    about: "Which bar in this chart is the highest, or the lowest? Without printed values",
    languages: ["en", "zh"],
    make(dice, language) {
        const bars = someBars(dice, language);
        const highest = dice.one([true, false]);
        const ordered = [...bars].sort((a, b) => (highest ? b.value - a.value : a.value - b.value));
        const [wanted, ...others] = ordered.map(({ label }) => label);
        return oneTurn(
            language === "zh"
                ? `柱状图里${highest ? "最高" : "最低"}的柱子`
                : `The ${highest ? "highest" : "lowest"} bar of a chart`,
            {
                prompt:
                    language === "zh"
                        ? `这张柱状图里哪一根柱子${highest ? "最高" : "最低"}？只回答它的名称。`
                        : `Which bar in this chart is the ${highest ? "highest" : "lowest"}? Answer with its label only.`,
                images: [chartOf(dice, bars, false)],
                maxTokens: 12,
                checks: [
                    { kind: "keywords", groups: [[wanted as string]] },
                    { kind: "forbidden", words: others },
                ],
            },
        );
    },
};

/** The value of one bar: printed above it, or read from the scale. */
export const chartValue: Family = {
    about: "What is the value of a bar? Printed above it, or read from the scale within 4 of 100",
    languages: ["en", "zh"],
    make(dice, language) {
        const bars = someBars(dice, language);
        const { label, value } = dice.one(bars);
        const printed = dice.one([true, true, false]);
        return oneTurn(
            language === "zh"
                ? `柱状图里${label}的数值`
                : `The value of ${label} ${printed ? "in" : "by the scale of"} a chart`,
            {
                prompt:
                    language === "zh"
                        ? `这张柱状图里“${label}”的数值是多少？只回答数字。`
                        : `What is the value of the bar "${label}" in this chart? Answer with the number only.`,
                images: [chartOf(dice, bars, printed)],
                maxTokens: 12,
                checks: [{ kind: "number", equals: value, tolerance: printed ? 0 : 4 }],
            },
        );
    },
};

/** How much two bars differ. */
export const chartDifference: Family = {
    about: "How much higher is one bar than another? The values are printed",
    languages: ["en", "zh"],
    make(dice, language) {
        const bars = someBars(dice, language);
        const [high, low] = dice.some(2, bars).sort((a, b) => b.value - a.value) as [Bar, Bar];
        return oneTurn(
            language === "zh"
                ? `柱状图里${high.label}与${low.label}之差`
                : `${high.label} and ${low.label} of a chart compared`,
            {
                prompt:
                    language === "zh"
                        ? `这张柱状图里“${high.label}”的数值比“${low.label}”大多少？只回答数字。`
                        : `How much greater is the value of "${high.label}" than that of "${low.label}" in this chart? Answer with the number only.`,
                images: [chartOf(dice, bars, true)],
                maxTokens: 12,
                checks: [{ kind: "number", equals: high.value - low.value }],
            },
        );
    },
};
