import { Family, oneTurn } from "./family";

/** Country, in Chinese, capital, in Chinese: capitals that nobody disputes. */
const CAPITALS = [
    ["Germany", "德国", "Berlin", "柏林"],
    ["Japan", "日本", "Tokyo", "东京"],
    ["Italy", "意大利", "Rome", "罗马"],
    ["Spain", "西班牙", "Madrid", "马德里"],
    ["the United Kingdom", "英国", "London", "伦敦"],
    ["Russia", "俄罗斯", "Moscow", "莫斯科"],
    ["Canada", "加拿大", "Ottawa", "渥太华"],
    ["Australia", "澳大利亚", "Canberra", "堪培拉"],
    ["Egypt", "埃及", "Cairo", "开罗"],
    ["Portugal", "葡萄牙", "Lisbon", "里斯本"],
    ["South Korea", "韩国", "Seoul", "首尔"],
    ["Greece", "希腊", "Athens", "雅典"],
    ["Austria", "奥地利", "Vienna", "维也纳"],
    ["Poland", "波兰", "Warsaw", "华沙"],
    ["Norway", "挪威", "Oslo", "奥斯陆"],
    ["Sweden", "瑞典", "Stockholm", "斯德哥尔摩"],
    ["Finland", "芬兰", "Helsinki", "赫尔辛基"],
    ["Hungary", "匈牙利", "Budapest", "布达佩斯"],
    ["Thailand", "泰国", "Bangkok", "曼谷"],
    ["Cuba", "古巴", "Havana", "哈瓦那"],
] as const;
type Capital = (typeof CAPITALS)[number];

/** Each round through the countries asks in another way. */
const WAYS = {
    en: [
        (country: string) => `What is the capital of ${country}? Answer in one word.`,
        (country: string) => `Name the capital of ${country} and nothing else.`,
        (country: string) => `Which city is the capital of ${country}? Answer in one sentence.`,
    ],
    zh: [
        (country: string) => `${country}的首都是哪座城市？只回答城市的名称。`,
        (country: string) => `请说出${country}的首都，只说城市名。`,
        (country: string) => `${country}的首都叫什么？请用一句话回答。`,
    ],
} as const;

/** A country's capital. */
export const capital: Family = {
    about: "What is the capital of Norway?",
    languages: ["en", "zh"],
    make(_dice, language, index) {
        const [country, countryZh, city, cityZh] = CAPITALS[index % CAPITALS.length] as Capital;
        const ways = WAYS[language];
        const ask = ways[Math.floor(index / CAPITALS.length) % ways.length] ?? ways[0];
        return oneTurn(`Knows the capital of ${country}`, {
            prompt: ask(language === "zh" ? countryZh : country),
            maxTokens: 32,
            checks: [{ kind: "keywords", groups: [[language === "zh" ? cityZh : city]] }],
        });
    },
};
