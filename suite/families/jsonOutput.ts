import { Dice, Family, FamilyLanguage, MadeCase, oneTurn } from "./family";
import { COLOUR_WORDS, nameOf } from "./words";

const PEOPLE = [
    ["Anna", "Rome", "小红", "上海"],
    ["Peter", "London", "小明", "北京"],
    ["Maria", "Madrid", "小丽", "广州"],
    ["Ben", "Berlin", "小刚", "成都"],
    ["Lucy", "Paris", "小芳", "武汉"],
    ["Omar", "Cairo", "小林", "西安"],
] as const;

/** JSON of which each value is known: an object from a sentence, numbers in order, an object in an object. */
export const jsonOutput: Family = {
    about: "Peter is 34 years old and lives in London: an object with name, age and city",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const forms = [fromSentence, inOrder, nested];
        return (forms[index % forms.length] ?? fromSentence)(dice, language);
    },
};

function fromSentence(dice: Dice, language: FamilyLanguage): MadeCase {
    const [name, city, nameZh, cityZh] = dice.one(PEOPLE);
    const age = dice.between(18, 80);
    const [person, place] = language === "zh" ? [nameZh, cityZh] : [name, city];
    return wanted(
        "Makes an object of a sentence",
        language === "zh"
            ? `${nameZh}今年${age}岁，住在${cityZh}。写一个JSON对象，键为 "name"、"age" 和 "city"，不要写别的。`
            : `${name} is ${age} years old and lives in ${city}. ` +
                  `Write a JSON object with the keys "name", "age" (a number) and "city", and nothing else.`,
        objectOf({
            name: { const: person },
            age: { enum: [age, String(age)] },
            city: { enum: language === "zh" ? [place, `${place}市`] : [place] },
        }),
    );
}

function inOrder(dice: Dice, language: FamilyLanguage): MadeCase {
    const numbers = dice.some(
        5,
        Array.from({ length: 98 }, (_, number) => number + 2),
    );
    return wanted(
        "Puts numbers in order",
        language === "zh"
            ? `把这些数字从小到大排列，只回答一个JSON数组：${numbers.join("，")}`
            : `Sort these numbers from smallest to largest and answer with a JSON array only: ${numbers.join(", ")}`,
        { const: [...numbers].sort((a, b) => a - b) },
    );
}

function nested(dice: Dice, language: FamilyLanguage): MadeCase {
    const [width, height] = [dice.between(10, 60), dice.between(61, 99)];
    const colour = COLOUR_WORDS[dice.one(["red", "blue", "green"] as const)];
    return wanted(
        "Puts an object into an object",
        language === "zh"
            ? `一个盒子是${nameOf(colour, language)}的，宽${width}厘米，高${height}厘米。写一个JSON对象，键为 "colour" 和 "size"；` +
                  `"size" 的值是一个对象，键为 "width" 和 "height"，值为数字。不要写别的。`
            : `A box is ${nameOf(colour, language)}, ${width} cm wide and ${height} cm high. Write a JSON object with the keys "colour" and "size", ` +
                  `where "size" is an object with the keys "width" and "height", both numbers. Write nothing else.`,
        objectOf({
            colour: { enum: [...colour[language]] },
            size: objectOf({ width: { const: width }, height: { const: height } }),
        }),
    );
}

function objectOf(properties: Record<string, object>): object {
    return {
        type: "object",
        properties,
        required: Object.keys(properties),
        additionalProperties: false,
    };
}

function wanted(title: string, prompt: string, schema: object): MadeCase {
    return oneTurn(title, {
        prompt,
        maxTokens: 80,
        checks: [{ kind: "json", schema: schema as Record<string, unknown> }],
    });
}
