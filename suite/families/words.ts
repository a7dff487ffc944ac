import type { Colour, Shape } from "../canvas";
import type { FamilyLanguage } from "./family";

/** What people call a thing, the usual name first; English plurals where they are asked for. */
export interface Names {
    readonly en: readonly [string, ...string[]];
    readonly zh: readonly [string, ...string[]];
    readonly plural?: string;
}

/** Colours that are not mistaken for each other. */
export const SHAPE_COLOURS = [
    "red",
    "green",
    "blue",
    "yellow",
    "purple",
] as const satisfies Colour[];
export type ShapeColour = (typeof SHAPE_COLOURS)[number];

export const COLOUR_WORDS: Readonly<Record<ShapeColour, Names>> = {
    red: { en: ["red"], zh: ["红色", "红"] },
    green: { en: ["green"], zh: ["绿色", "绿"] },
    blue: { en: ["blue"], zh: ["蓝色", "蓝"] },
    yellow: { en: ["yellow", "gold", "golden"], zh: ["黄色", "黄"] },
    purple: { en: ["purple", "violet"], zh: ["紫色", "紫"] },
};

/** Without the rectangle: a square is one, too. */
export const TELLABLE_SHAPES = ["circle", "square", "triangle", "star"] as const satisfies Shape[];
export type TellableShape = (typeof TELLABLE_SHAPES)[number];

export const SHAPE_WORDS: Readonly<Record<TellableShape, Names>> = {
    circle: {
        en: ["circle", "circular", "round", "disc", "disk", "dot", "ball"],
        zh: ["圆形", "圆"],
        plural: "circles",
    },
    square: { en: ["square"], zh: ["正方形", "方形", "方块"], plural: "squares" },
    triangle: { en: ["triangle", "triangular"], zh: ["三角形", "三角"], plural: "triangles" },
    star: { en: ["star"], zh: ["五角星", "星形", "星"], plural: "stars" },
};

export const ORDINALS = ["first", "second", "third", "fourth"] as const;
export const CHINESE_NUMBERS = ["一", "二", "三", "四"] as const;

/** The words for a yes and for a no; every other answer is neither. */
export const YES = { en: "^\\W*yes\\b", zh: '^[\\s“"]*(?:是|有|对|一样|相同)' } as const;
export const NO = { en: "^\\W*no\\b", zh: '^[\\s“"]*(?:不|否|没|无)' } as const;

/** The usual name, alone. */
export function nameOf(names: Names, language: FamilyLanguage): string {
    return names[language][0];
}

/** Any of the names will do, in either language. */
export function namesOf(names: Names): string[] {
    return [...names.en, ...names.zh];
}

/** @example colourAnd("red", SHAPE_WORDS.square, "en") // "red squares" */
export function colourAnd(colour: ShapeColour, names: Names, language: FamilyLanguage): string {
    const [colourName] = COLOUR_WORDS[colour][language];
    return language === "zh"
        ? `${colourName}的${names.zh[0]}`
        : `${colourName} ${names.plural ?? names.en[0]}`;
}
