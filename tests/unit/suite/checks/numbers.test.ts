import * as fc from "fast-check";
import { numbersIn } from "../../../../suite/checks/numbers";

test.each<[string, number[]]>([
    ["1,234 and 5", [1234, 5]],
    ["1,234,567.5", [1234567.5]],
    ["12\u202f345 people", [12345]],
    ["1, 2, 3", [1, 2, 3]],
    ["1,2,3", [1, 2, 3]],
    ["３ apples", [3]],
    ["minus: -4", [-4]],
    ["\u22124 degrees", [-4]],
    ["5-3", [5, 3]],
    ["H2O has 3 atoms", [3]],
    ["2.5 million", [2500000]],
    ["3万", [30000]],
    ["1.2亿", [120000000]],
    ["5千克", [5]],
    ["forty-two or Thirty seven", [42, 37]],
    ["twelve", [12]],
    ["five and six", [5, 6]],
    ["five six", [5, 6]],
    ["two hundred and six", [206]],
    ["a thousand", [1000]],
    ["one million two hundred thousand and one", [1200001]],
    ["minus three point one four", [-3.14]],
    ["十四", [14]],
    ["四十二", [42]],
    ["两个", [2]],
    ["三百零五", [305]],
    ["一百二", [120]],
    ["两千零二十六", [2026]],
    ["二〇二六年", [2026]],
    ["一万二千", [12000]],
    ["三千万", [30000000]],
    ["负三点五", [-3.5]],
    ["五千克", [5]],
    ["叁佰", [300]],
    ["万里无云", []],
    ["a single one", [1]],
    ["none at all", []],
    ["stone", []],
])("%s", (text, numbers) => {
    expect(numbersIn(text)).toEqual(numbers);
});

describe("a number comes back from", () => {
    const whole = fc.integer({ min: 0, max: 999_999_999 });

    it("digits with separators", () => {
        fc.assert(
            fc.property(whole, (value) => {
                expect(numbersIn(`about ${value.toLocaleString("en-US")} of them`)).toEqual([
                    value,
                ]);
            }),
        );
    });

    it("English words", () => {
        fc.assert(
            fc.property(whole, (value) => {
                expect(numbersIn(`about ${inEnglish(value)} of them`)).toEqual([value]);
            }),
        );
    });

    it("Chinese numerals", () => {
        fc.assert(
            fc.property(whole, (value) => {
                expect(numbersIn(`大约有${inChinese(value)}个`)).toEqual([value]);
            }),
        );
    });
});

/** Written the other way round than they are read, by division. */
function inEnglish(value: number): string {
    const small =
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
            " ",
        );
    const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
    const scales: [number, string][] = [
        [1e6, "million"],
        [1e3, "thousand"],
        [100, "hundred"],
    ];
    for (const [size, name] of scales) {
        if (value >= size) {
            const rest = value % size;
            const join =
                rest === 0 ? "" : rest < 100 ? ` and ${inEnglish(rest)}` : ` ${inEnglish(rest)}`;
            return `${inEnglish(Math.floor(value / size))} ${name}${join}`;
        }
    }
    if (value < 20) {
        return small[value] as string;
    }
    const ten = tens[Math.floor(value / 10) - 2] as string;
    return value % 10 === 0 ? ten : `${ten}-${small[value % 10]}`;
}

function inChinese(value: number): string {
    const digits = "零一二三四五六七八九";
    const scales: [number, string][] = [
        [1e8, "亿"],
        [1e4, "万"],
        [1000, "千"],
        [100, "百"],
        [10, "十"],
    ];
    for (const [size, name] of scales) {
        if (value >= size) {
            const rest = value % size;
            const gap = rest > 0 && rest < size / 10 ? "零" : "";
            const below = rest === 0 ? "" : gap + inChinese(rest);
            return `${inChinese(Math.floor(value / size))}${name}${below}`;
        }
    }
    return digits[value] as string;
}
