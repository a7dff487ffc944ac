import { Family, oneTurn } from "./family";
import { single } from "./pictures";
import {
    COLOUR_WORDS,
    nameOf,
    namesOf,
    SHAPE_COLOURS,
    SHAPE_WORDS,
    TELLABLE_SHAPES,
} from "./words";

/** A caption that is wrong: whoever reads it instead of looking, or is shown no picture, repeats it. */
export const contradiction: Family = {
    about: "The caption says that the circle is blue. Which colour has the circle in the picture really?",
    languages: ["en", "zh"],
    make(dice, language) {
        const shape = dice.one(TELLABLE_SHAPES);
        const [colour = "red", claimed = "blue"] = dice.some(2, SHAPE_COLOURS);
        const name = nameOf(SHAPE_WORDS[shape], language);
        const claim = nameOf(COLOUR_WORDS[claimed], language);
        return oneTurn(`Sees a ${colour} ${shape} that is said to be ${claimed}`, {
            prompt:
                language === "zh"
                    ? `图片说明写着这个${name}是${claim}的，但说明可能有错。图片里的${name}实际上是什么颜色？只回答颜色。`
                    : `The caption says that the ${name} is ${claim}, but the caption may be wrong. ` +
                      `What colour is the ${name} in this picture really? Answer in one word.`,
            images: [single("shown", shape, colour, dice.between(40, 75) / 100)],
            maxTokens: 16,
            checks: [
                { kind: "keywords", groups: [namesOf(COLOUR_WORDS[colour])] },
                { kind: "forbidden", words: namesOf(COLOUR_WORDS[claimed]) },
            ],
        });
    },
};
