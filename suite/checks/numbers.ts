import { z } from "zod";
import { Judgement } from "./judgement";
import { isNegated } from "./negation";
import { inChinese } from "./numbersInChinese";
import { inDigits } from "./numbersInDigits";
import { inEnglish } from "./numbersInEnglish";
import { SaidNumber } from "./saidNumber";
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

function inWords(plain: string): SaidNumber[] {
    return [...inEnglish(plain), ...inChinese(plain)].sort((a, b) => a.from - b.from);
}
