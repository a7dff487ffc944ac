import { SaidNumber, SCALES } from "./saidNumber";

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

/** @example inChinese("三百零五个，两万") // 305, 20000 */
export function inChinese(plain: string): SaidNumber[] {
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
