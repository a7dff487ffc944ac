import { SaidNumber, SCALES } from "./saidNumber";

const UNITS =
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
        " ",
    );
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** @example inEnglish("forty-two, or two hundred and six") // 42, 206 */
export function inEnglish(plain: string): SaidNumber[] {
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
