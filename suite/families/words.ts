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
    yellow: { en: ["yellow"], zh: ["黄色", "黄"] },
    purple: { en: ["purple", "violet"], zh: ["紫色", "紫"] },
};

/** Without the rectangle: a square is one, too. */
export const TELLABLE_SHAPES = ["circle", "square", "triangle", "star"] as const satisfies Shape[];
export type TellableShape = (typeof TELLABLE_SHAPES)[number];

export const SHAPE_WORDS: Readonly<Record<TellableShape, Names>> = {
    circle: { en: ["circle"], zh: ["圆形", "圆"], plural: "circles" },
    square: { en: ["square"], zh: ["正方形", "方形"], plural: "squares" },
    triangle: { en: ["triangle"], zh: ["三角形"], plural: "triangles" },
    star: { en: ["star"], zh: ["五角星", "星形", "星"], plural: "stars" },
};

/** @example colourAnd("red", SHAPE_WORDS.square, "en") // "red squares" */
export function colourAnd(colour: ShapeColour, names: Names, language: FamilyLanguage): string {
    const [colourName] = COLOUR_WORDS[colour][language];
    return language === "zh"
        ? `${colourName}的${names.zh[0]}`
        : `${colourName} ${names.plural ?? names.en[0]}`;
}
