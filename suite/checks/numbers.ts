import { z } from "zod";
import { Judgement } from "./judgement";
import { isNegated, Span } from "./negation";
import { strictShape } from "./strictShape";

export const numberSchema = strictShape({
    kind: z.literal("number"),
    equals: z.number(),
    tolerance: z.number().min(0).default(0).describe("How far off it may be"),
    relativeTolerance: z
        .number()
        .min(0)
        .max(1)
        .default(0)
        .describe("How far off as a share of what is wanted; the wider of the two counts"),
    unit: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe("Only numbers count that stand with one of these: '5 kg', '$5', 五公斤"),
    pick: z.enum(["first", "last"]).default("first"),
}).describe("A number in the answer that it does not deny: in digits, else in words");

/** A number and where a text says it. */
export interface SaidNumber extends Span {
    readonly value: number;
}

/** Judges one number of the answer. */
export function judgeNumber(check: z.infer<typeof numberSchema>, text: string): Judgement {
    const { equals, unit } = check;
    const tolerance = Math.max(check.tolerance, check.relativeTolerance * Math.abs(equals));
    const plain = plainText(text);
    const candidates = (unit ? withUnit(plain, unit) : preferDigits(plain)).filter(
        (number) => !isNegated(plain, number),
    );
    const given = check.pick === "first" ? candidates[0] : candidates.at(-1);
    const measure = unit ? ` ${unit[0]}` : "";
    const wanted = `wanted ${equals}${tolerance > 0 ? ` ± ${tolerance}` : ""}${measure}`;
    if (given === undefined) {
        return {
            passed: false,
            message: `names no number${unit ? ` in ${unit.join(" / ")}` : ""}, ${wanted}`,
        };
    }
    return {
        // A hair wider, so that 0.3 is within 0.1 of 0.2 in binary too.
        passed: Math.abs(given.value - equals) <= tolerance + 1e-9 * Math.max(1, Math.abs(equals)),
        message: `says ${given.value}${measure}, ${wanted}`,
    };
}

/**
 * The numbers in a text in their order: those in digits, or where there is none, those in words
 * ("this one shows 5", 一共有5个: words are often no numbers).
 *
 * @example numbersIn("1,234 and 2.5 million") // [1234, 2500000]
 */
export function numbersIn(text: string): number[] {
    return preferDigits(plainText(text)).map(({ value }) => value);
}

function preferDigits(plain: string): SaidNumber[] {
    const digits = inDigits(plain);
    return digits.length > 0 ? digits : inWords(plain);
}

function withUnit(plain: string, units: readonly string[]): SaidNumber[] {
    const all = [...inDigits(plain), ...inWords(plain)].sort((a, b) => a.from - b.from);
    return all.filter(({ from, to }) =>
        units.some((unit) => {
            const literal = unit.normalize("NFKC").replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
            const ends =
                /\p{L}$/u.test(unit) && !/\p{Script=Han}/u.test(unit)
                    ? "(?:s|es)?(?!\\p{Script=Latin})"
                    : "";
            // Up to two words, or a Chinese classifier, may stand between: "five small windows", 五扇窗.
            const after = new RegExp(
                `^-?\\s*(?:\\p{Script=Latin}+\\s+){0,2}[^\\P{Script=Han}零一二三四五六七八九十]{0,2}${literal}${ends}`,
                "iu",
            );
            const before = new RegExp(`${literal}\\s*$`, "iu");
            return after.test(plain.slice(to)) || before.test(plain.slice(0, from));
        }),
    );
}

/** Full-width digits, typographic minus and the spaces that group thousands, made plain. */
function plainText(text: string): string {
    return text
        .replace(/(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))/g, ",")
        .normalize("NFKC")
        .replace(/\u2212/g, "-");
}

const SCALES: Readonly<Record<string, number>> = {
    hundred: 100,
    thousand: 1e3,
    million: 1e6,
    billion: 1e9,
    十: 10,
    百: 100,
    千: 1e3,
    万: 1e4,
    亿: 1e8,
};

function inDigits(plain: string): SaidNumber[] {
    const pattern =
        /(?<![\p{Script=Latin}\d])(?<!\d\.)-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:\s*(hundred|thousand|million|billion)\b|(十|百(?!分)|千(?![克米瓦卡赫])|万亿|万|亿))?/giu;
    return [...plain.matchAll(pattern)].map((found) => {
        const [all, english, chinese] = found;
        const digits = all.slice(0, all.length - (english ?? chinese ?? "").length);
        const scale = [...(english ? [english.toLowerCase()] : (chinese ?? ""))].reduce(
            (product, word) => product * (SCALES[word] as number),
            1,
        );
        const value = Number(digits.replaceAll(",", "")) * scale;
        return {
            value: Number(value.toPrecision(15)),
            from: found.index,
            to: found.index + all.length,
        };
    });
}

function inWords(plain: string): SaidNumber[] {
    return [...inEnglish(plain), ...inChinese(plain)].sort((a, b) => a.from - b.from);
}

const UNITS =
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
        " ",
    );
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

function inEnglish(plain: string): SaidNumber[] {
    const word = `(?:${[...UNITS, ...TENS, "hundred", "thousand", "million", "billion"].join("|")})`;
    const pattern = new RegExp(
        `(?:\\b(?:minus|negative) )?(?:\\ba )?\\b${word}(?:(?:[- ]|,? and )${word})*(?: point(?: ${word})+)?\\b`,
        "gi",
    );
    return [...plain.matchAll(pattern)].flatMap((found) => {
        const [whole = "", fraction] = found[0].toLowerCase().split(" point ");
        const words = whole.match(/[a-z]+/g) ?? [];
        // "five and six" are two numbers, "two hundred and six" is one.
        const value = englishValue(
            words.filter((each) => !["and", "a", "minus", "negative"].includes(each)),
        );
        if (value === undefined) {
            return separately(found[0], found.index);
        }
        const decimals = (fraction?.split(" ") ?? []).map((each) => UNITS.indexOf(each)).join("");
        const sign = /^(?:minus|negative)/.test(whole) ? -1 : 1;
        const number = sign * Number(`${value}${decimals ? `.${decimals}` : ""}`);
        return { value: number, from: found.index, to: found.index + found[0].length };
    });
}

/** Number words that do not form one number, each pair of tens and unit on its own. */
function separately(text: string, offset: number): SaidNumber[] {
    const pattern = new RegExp(
        `\\b(?:(?:${TENS.join("|")})(?:[- ](?:${UNITS.slice(1, 10).join("|")}))?|${UNITS.join("|")})\\b`,
        "gi",
    );
    return [...text.matchAll(pattern)].flatMap(({ index, 0: said }) => {
        const value = englishValue(said.toLowerCase().split(/[- ]/));
        const from = offset + index;
        return value === undefined ? [] : { value, from, to: from + said.length };
    });
}

/** The value of English number words; undefined where they are no single number. */
function englishValue(words: readonly string[]): number | undefined {
    let total = 0;
    let part: number | undefined;
    for (const [index, word] of words.entries()) {
        const unit = UNITS.indexOf(word);
        const tens = TENS.indexOf(word);
        if (unit >= 0 || tens >= 0) {
            const value = unit >= 0 ? unit : (tens + 2) * 10;
            const room =
                part === undefined ||
                part % 100 === 0 ||
                (part % 10 === 0 && part % 100 > 10 && value < 10);
            if (!room || (value === 0 && words.length > 1)) {
                return undefined;
            }
            part = (part ?? 0) + value;
        } else if (word === "hundred") {
            part = (part ?? 1) * 100;
        } else {
            // "a thousand" begins with none before it; "five thousand thousand" is no number.
            if (part === undefined && index > 0) {
                return undefined;
            }
            total += (part ?? 1) * (SCALES[word] as number);
            part = undefined;
        }
    }
    return total + (part ?? 0);
}

const DIGITS = "零一二三四五六七八九";
const FORMAL: Readonly<Record<string, string>> = {
    两: "二",
    〇: "零",
    壹: "一",
    贰: "二",
    叁: "三",
    肆: "四",
    伍: "五",
    陆: "六",
    柒: "七",
    捌: "八",
    玖: "九",
    拾: "十",
    佰: "百",
    仟: "千",
};

function inChinese(plain: string): SaidNumber[] {
    const everyday = plain.replace(
        /[两〇壹贰叁肆伍陆柒捌玖拾佰仟]/g,
        (each) => FORMAL[each] as string,
    );
    // In 五千克 and 百分之五 the scale belongs to the unit.
    const pattern =
        /负?(?:[零一二三四五六七八九十万亿]|百(?!分)|千(?![克米瓦卡赫]))+(?:点[零一二三四五六七八九]+)?/g;
    return [...everyday.matchAll(pattern)].flatMap((found) => {
        const [whole = "", fraction = ""] = found[0].replace("负", "").split("点");
        // Alone, 千 and 万 are parts of other words (千万, 万里) more often than numbers.
        if (/^[百千万亿]+$/.test(whole)) {
            return [];
        }
        const decimals = [...fraction].map((each) => DIGITS.indexOf(each)).join("");
        const value = Number(`${chineseValue(whole)}${decimals ? `.${decimals}` : ""}`);
        const sign = found[0].startsWith("负") ? -1 : 1;
        return { value: sign * value, from: found.index, to: found.index + found[0].length };
    });
}

/** 三百零五 is 305, 二零二六 is 2026, 一百二 is 120. */
function chineseValue(text: string): number {
    if (!/[十百千万亿]/.test(text)) {
        return Number([...text].map((each) => DIGITS.indexOf(each)).join(""));
    }
    for (const scale of ["亿", "万"]) {
        const at = text.lastIndexOf(scale);
        if (at >= 0) {
            const [above, below] = [text.slice(0, at), text.slice(at + 1)];
            return (
                (above ? chineseValue(above) : 1) * (SCALES[scale] as number) +
                belowScale(below, scale)
            );
        }
    }
    const scale = ["千", "百", "十"].find((each) => text.includes(each)) as string;
    const [above = "", ...rest] = text.split(scale);
    const below = rest.join(scale);
    const times = Math.max(1, DIGITS.indexOf(above.replace(/^零/, "")));
    return times * (SCALES[scale] as number) + belowScale(below, scale);
}

function belowScale(text: string, scale: string): number {
    if (text === "") {
        return 0;
    }
    const value = chineseValue(text.replace(/^零/, "") || "零");
    // A single digit right after a scale above ten counts the next scale: 一百二 is 120.
    const short = text.length === 1 && scale !== "十" && !text.startsWith("零");
    return short && value < 10 ? (value * (SCALES[scale] as number)) / 10 : value;
}
