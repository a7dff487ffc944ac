import { FACTS } from "./facts";
import { Family, oneTurn } from "./family";

/** Each round through the facts asks for another form. */
const FORMS = {
    en: ["Answer with a word or a number only.", "Answer in one short sentence."],
    zh: ["只回答答案。", "用一句话回答。"],
} as const;

/** A fact that is in every encyclopaedia. */
export const fact: Family = {
    about: "Who painted the Mona Lisa? 40 facts in turn",
    languages: ["en", "zh"],
    make(_dice, language, index) {
        const { en, zh, answer } = FACTS[index % FACTS.length] ?? FACTS[0];
        const question = language === "zh" ? zh : en;
        const forms = FORMS[language];
        return oneTurn(`Knows: ${question}`, {
            prompt: `${question} ${forms[Math.floor(index / FACTS.length) % forms.length] ?? forms[0]}`,
            maxTokens: 32,
            checks: [
                typeof answer === "number"
                    ? { kind: "number", equals: answer, pick: "last" }
                    : { kind: "keywords", groups: [[...answer]] },
            ],
        });
    },
};
