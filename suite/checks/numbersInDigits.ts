import { SaidNumber, SCALES } from "./saidNumber";

/** @example inDigits("-1,234.5, 2.5 million and 3万") // -1234.5, 2500000, 30000 */
export function inDigits(plain: string): SaidNumber[] {
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
