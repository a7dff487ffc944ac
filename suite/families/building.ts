import type { z } from "zod";
import type { imageSchema } from "../images";
import { Dice, Family, oneTurn } from "./family";
import { COLOUR_WORDS, nameOf, namesOf, Names, ShapeColour } from "./words";

const PARTS = {
    roof: { en: ["roof", "rooftop"], zh: ["屋顶", "房顶", "顶"] },
    door: { en: ["door", "doorway", "entrance"], zh: ["门"] },
    window: { en: ["window"], zh: ["窗"] },
    sky: { en: ["sky"], zh: ["天空", "蓝天", "天"] },
    wall: { en: ["wall", "facade", "façade"], zh: ["墙"] },
    grass: { en: ["grass", "lawn", "ground", "green"], zh: ["草", "地面", "绿地"] },
    sun: { en: ["sun"], zh: ["太阳", "阳光"] },
} as const satisfies Record<string, Names>;
const BUILDING: Names = {
    en: ["building", "house", "home", "cottage"],
    zh: ["房", "屋", "建筑", "楼"],
};

/** A house of three colours; the seed chooses storeys, windows and the sun's side. */
function house(dice: Dice): {
    roof: ShapeColour;
    door: ShapeColour;
    picture: z.input<typeof imageSchema>;
} {
    const [roof = "red", door = "purple"] = dice.some<ShapeColour>(2, ["red", "purple", "blue"]);
    const wall = dice.one(["yellow", "orange"] as const);
    return {
        roof,
        door,
        picture: {
            name: "house",
            draw: "building",
            width: 512,
            height: 384,
            seed: dice.seed(),
            wall,
            roof,
            door,
        },
    };
}

/** A building described: what it is, four of seven parts, and one of its colours. */
export const captionBuilding: Family = {
    about: "Describe this picture: a building, four of its parts, the roof's or the door's colour",
    languages: ["en", "zh"],
    make(dice, language) {
        const { roof, door, picture } = house(dice);
        return oneTurn(`Caption of a house with a ${roof} roof and a ${door} door`, {
            prompt:
                language === "zh"
                    ? "用中文描述这张图片，一两句话，说出建筑物的各个部分和它们的颜色。"
                    : "Describe this picture in one or two sentences. Name the parts of the building and their colours.",
            images: [picture],
            maxTokens: 128,
            checks: [
                { kind: "keywords", groups: [namesOf(BUILDING)] },
                { kind: "keywords", groups: Object.values(PARTS).map(namesOf), atLeast: 4 },
                {
                    kind: "keywords",
                    groups: [namesOf(COLOUR_WORDS[roof]), namesOf(COLOUR_WORDS[door])],
                    atLeast: 1,
                },
                { kind: "language", language },
            ],
        });
    },
};

/** The colour of one part. */
export const colourOfPart: Family = {
    about: "What colour is the roof of the house? Roof and door in turn",
    languages: ["en", "zh"],
    make(dice, language, index) {
        const { roof, door, picture } = house(dice);
        const part = index % 2 === 0 ? "roof" : "door";
        const [colour, other] = part === "roof" ? [roof, door] : [door, roof];
        const name = nameOf(PARTS[part], language);
        return oneTurn(`Tells that the ${part} is ${colour}`, {
            prompt:
                language === "zh"
                    ? `图片里房子的${name}是什么颜色？只回答颜色。`
                    : `What colour is the ${name} of the house in this picture? Answer in one word.`,
            images: [picture],
            maxTokens: 16,
            checks: [
                { kind: "keywords", groups: [namesOf(COLOUR_WORDS[colour])] },
                { kind: "forbidden", words: namesOf(COLOUR_WORDS[other]) },
            ],
        });
    },
};
