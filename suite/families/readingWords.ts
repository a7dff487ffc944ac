import type { FamilyLanguage } from "./family";

/** What is written in pictures: words that both scripts' readers know, and that the font has. */

export const PLACES = {
    en: [
        "Library",
        "Station",
        "Bakery",
        "Pharmacy",
        "Museum",
        "Hospital",
        "Airport",
        "Market",
        "Garden",
        "Bridge",
        "Entrance",
        "Kitchen",
        "Office",
        "School",
        "Theatre",
        "Harbour",
    ],
    zh: [
        "图书馆",
        "火车站",
        "药店",
        "医院",
        "机场",
        "超市",
        "公园",
        "博物馆",
        "电影院",
        "餐厅",
        "咖啡店",
        "停车场",
        "安全出口",
        "卫生间",
        "办公室",
        "体育馆",
        "银行",
        "学校",
        "邮局",
    ],
} as const;

export const DAYS = {
    en: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    zh: ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"],
} as const;

/** What a chart or a table can be about: what its rows are called, and what is counted of them. */
interface Topic {
    readonly of: string;
    readonly names: readonly string[];
    readonly counted: readonly string[];
}

export const TOPICS: Readonly<Record<FamilyLanguage, readonly Topic[]>> = {
    en: [
        {
            of: "fruit",
            names: ["Apple", "Banana", "Cherry", "Grape", "Lemon", "Mango", "Peach"],
            counted: ["Price", "Sold", "Stock"],
        },
        {
            of: "city",
            names: ["Oslo", "Paris", "Rome", "Berlin", "Madrid", "Vienna", "Dublin"],
            counted: ["Hotels", "Parks", "Schools"],
        },
        {
            of: "team",
            names: ["Lions", "Tigers", "Bears", "Eagles", "Sharks", "Wolves"],
            counted: ["Games", "Points", "Players"],
        },
    ],
    zh: [
        {
            of: "水果",
            names: ["苹果", "香蕉", "葡萄", "西瓜", "草莓", "橙子"],
            counted: ["价格", "销量", "库存"],
        },
        {
            of: "城市",
            names: ["北京", "上海", "广州", "成都", "西安", "杭州"],
            counted: ["酒店", "公园", "学校"],
        },
        {
            of: "班级",
            names: ["一班", "二班", "三班", "四班", "五班", "六班"],
            counted: ["男生", "女生", "老师"],
        },
    ],
};

/** Letters and digits that are not mistaken for each other: no O and 0, no I and 1. */
export const CODE_LETTERS = [..."ACEFHKMNPRTXY"];

/** Colours of letters and of the ground below them that stand out from each other. */
export const INKS = [
    { colour: "black", background: "white" },
    { colour: "blue", background: "white" },
    { colour: "red", background: "white" },
    { colour: "white", background: "blue" },
    { colour: "black", background: "yellow" },
    { colour: "white", background: "green" },
] as const;
