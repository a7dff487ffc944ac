import type { WrittenTurn } from "../caseSchema";
import { Dice, Family, FamilyLanguage, oneTurn } from "./family";
import { TOPICS } from "./readingWords";

interface Table {
    readonly of: string;
    readonly names: readonly string[];
    readonly columns: readonly string[];
    /** Of each name, one for each column. */
    readonly values: readonly (readonly number[])[];
}

/** Three or four rows with two or three numbers each; no number is in a column twice. */
function someTable(dice: Dice, language: FamilyLanguage): Table {
    const { of, names: allNames, counted } = dice.one(TOPICS[language]);
    const names: string[] = dice.some<string>(dice.between(3, 4), allNames);
    const columns: string[] = dice.some<string>(dice.between(2, 3), counted);
    const numbers = Array.from({ length: 88 }, (_, index) => index + 12);
    const byColumn = columns.map(() => dice.some(names.length, numbers));
    const values = names.map((_, row) => byColumn.map((column) => column[row] as number));
    return { of, names, columns, values };
}

function pictureOf(
    dice: Dice,
    { of, names, columns, values }: Table,
): NonNullable<WrittenTurn["images"]>[number] {
    return {
        name: "table",
        draw: "table",
        width: 512,
        height: 256,
        sizePixels: dice.one([16, 20, 24]),
        headerColour: dice.one(["white", "sky"]),
        ruled: dice.one([true, true, false]),
        header: [of.charAt(0).toUpperCase() + of.slice(1), ...columns],
        rows: names.map((name, row) => [name, ...(values[row] ?? []).map(String)]),
    };
}

/** One cell. */
export const tableCell: Family = {
    about: "What is the number of a row and a column?",
    languages: ["en", "zh"],
    make(dice, language) {
        const table = someTable(dice, language);
        const row = dice.between(0, table.names.length - 1);
        const column = dice.between(0, table.columns.length - 1);
        const [name, counted] = [table.names[row], table.columns[column]];
        return oneTurn(
            language === "zh" ? `表格里${name}的${counted}` : `${counted} of ${name} in a table`,
            {
                prompt:
                    language === "zh"
                        ? `这张表格里“${name}”的“${counted}”是多少？只回答数字。`
                        : `In this table, what number is in the row "${name}" and the column "${counted}"? Answer with the number only.`,
                images: [pictureOf(dice, table)],
                maxTokens: 12,
                checks: [{ kind: "number", equals: table.values[row]?.[column] as number }],
            },
        );
    },
};

/** The sum of two cells of a column. */
export const tableSum: Family = {
    about: "What is the sum of two rows in a column?",
    languages: ["en", "zh"],
    make(dice, language) {
        const table = someTable(dice, language);
        const [first = 0, second = 1] = dice.some(
            2,
            table.names.map((_, row) => row),
        );
        const column = dice.between(0, table.columns.length - 1);
        const counted = table.columns[column];
        const [one, other] = [table.names[first], table.names[second]];
        const valueOf = (row: number): number => table.values[row]?.[column] as number;
        return oneTurn(
            language === "zh" ? `表格里两个${counted}之和` : `Sum of two ${counted} in a table`,
            {
                prompt:
                    language === "zh"
                        ? `这张表格里“${one}”和“${other}”的“${counted}”之和是多少？只回答数字。`
                        : `In this table, what is the sum of "${one}" and "${other}" in the column "${counted}"? Answer with the number only.`,
                images: [pictureOf(dice, table)],
                maxTokens: 12,
                checks: [{ kind: "number", equals: valueOf(first) + valueOf(second) }],
            },
        );
    },
};

/** The row with the largest or the smallest number of a column. */
export const tableExtreme: Family = {
    about: "Which row has the largest, or the smallest, number in a column?",
    languages: ["en", "zh"],
    make(dice, language) {
        const table = someTable(dice, language);
        const column = dice.between(0, table.columns.length - 1);
        const largest = dice.one([true, false]);
        const valueOf = (row: number): number => table.values[row]?.[column] as number;
        const ordered = table.names
            .map((name, row) => ({ name, value: valueOf(row) }))
            .sort((a, b) => (largest ? b.value - a.value : a.value - b.value))
            .map(({ name }) => name);
        const counted = table.columns[column];
        return oneTurn(
            language === "zh"
                ? `表格里${counted}${largest ? "最大" : "最小"}的一行`
                : `The ${largest ? "largest" : "smallest"} ${counted} of a table`,
            {
                prompt:
                    language === "zh"
                        ? `这张表格里哪个${table.of}的“${counted}”最${largest ? "大" : "小"}？只回答名称。`
                        : `In this table, which ${table.of} has the ${largest ? "largest" : "smallest"} number in the column "${counted}"? Answer with its name only.`,
                images: [pictureOf(dice, table)],
                maxTokens: 12,
                checks: [
                    { kind: "keywords", groups: [[ordered[0] as string]] },
                    { kind: "forbidden", words: ordered.slice(1) },
                ],
            },
        );
    },
};
