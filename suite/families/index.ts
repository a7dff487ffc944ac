import { answerFormat } from "./answerFormat";
import { arithmetic, arithmeticTwoSteps } from "./arithmetic";
import { captionBuilding, colourOfPart } from "./building";
import { capital } from "./capital";
import { captionShapes } from "./captionShapes";
import { colourOfShape } from "./colourOfShape";
import { comparePictures } from "./comparePictures";
import { contradiction } from "./contradiction";
import { countNone } from "./countNone";
import { countShapes } from "./countShapes";
import { countTogether } from "./countTogether";
import { dialogue } from "./dialogue";
import { fact } from "./fact";
import { Family } from "./family";
import { imageAlone } from "./imageAlone";
import { jsonOutput } from "./jsonOutput";
import { needle, twoNeedles } from "./needle";
import { pictureOrder } from "./pictureOrder";
import { position, relation } from "./position";
import { presence } from "./presence";
import { size } from "./size";
import { unknowable } from "./unknowable";
import { wordProblem } from "./wordProblem";
import { READING_FAMILIES } from "./reading";

/** Every family, by the name that a case file calls it by. */
export const FAMILIES = {
    arithmetic,
    "arithmetic-two-steps": arithmeticTwoSteps,
    "word-problem": wordProblem,
    capital,
    fact,
    "answer-format": answerFormat,
    "json-output": jsonOutput,
    unknowable,
    needle,
    "two-needles": twoNeedles,
    "image-alone": imageAlone,
    "caption-building": captionBuilding,
    "caption-shapes": captionShapes,
    "count-shapes": countShapes,
    "count-together": countTogether,
    "count-none": countNone,
    "colour-of-shape": colourOfShape,
    "colour-of-part": colourOfPart,
    position,
    relation,
    size,
    "compare-pictures": comparePictures,
    "picture-order": pictureOrder,
    dialogue,
    contradiction,
    presence,
    ...READING_FAMILIES,
} as const satisfies Record<string, Family>;
export type FamilyName = keyof typeof FAMILIES;
export const FAMILY_NAMES = Object.keys(FAMILIES) as [FamilyName, ...FamilyName[]];
