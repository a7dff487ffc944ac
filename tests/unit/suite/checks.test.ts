import * as fc from "fast-check";
import { Check, checkAnswer, checkSchema, isAnswerCheck } from "../../../suite/checks";
import { normalisedDistance } from "../../../suite/checks/editDistance";
import { checkHttpError } from "../../../suite/checks/httpError";

function judge(check: unknown, text: string, finishReason?: string) {
    const parsed: Check = checkSchema.parse(check);
    if (!isAnswerCheck(parsed)) {
        throw new Error("not a check of an answer");
    }
    return checkAnswer(parsed, { text, finishReason });
}

describe("an answer is judged by", () => {
    const parts = {
        kind: "keywords",
        groups: [
            ["house", "房"],
            ["window", "窗"],
            ["door", "门"],
        ],
    };
    const colour = { kind: "keywords", groups: [["red", "红"]] };
    const zh = { kind: "language", language: "zh" };
    const en = { kind: "language", language: "en" };
    const one = { kind: "number", equals: 5 };
    const ocr = { kind: "edit-distance", to: ["Stop here"], atMost: 0.2 };
    const json = {
        kind: "json",
        schema: {
            type: "object",
            properties: { shapes: { type: "integer" } },
            required: ["shapes"],
            additionalProperties: false,
        },
    };
    const refusal = { kind: "refusal" };
    const last = { kind: "number", equals: 42, pick: "last" };
    test.each<[string, unknown, string, boolean]>([
        ["every keyword group", parts, "A house with two windows and a door.", true],
        ["a missing group", parts, "A house with a door.", false],
        ["Chinese synonyms", parts, "一座房子，有窗户和门。", true],
        ["both languages at once", parts, "一座 house，有窗户和 door。", true],
        ["enough groups", { ...parts, atLeast: 2 }, "A house with a door.", true],
        ["too few groups", { ...parts, atLeast: 2 }, "A house.", false],
        ["capitals alike", colour, "RED", true],
        ["whole words only", colour, "It was rendered in a hundred steps.", false],
        ["a word beside Chinese", colour, "颜色是red。", true],
        ["an empty answer has no keyword", colour, "  ", false],
        ["a forbidden word", { kind: "forbidden", words: ["green"] }, "Red and green", false],
        [
            "a forbidden word denied",
            { kind: "forbidden", words: ["green"] },
            "Red, not green",
            true,
        ],
        ["a keyword denied", colour, "It is not red.", false],
        ["a keyword denied, in Chinese", colour, "不是红色。", false],
        ["a denial that is wanted", { ...colour, polarity: "denied" }, "It is not red.", true],
        ["a denial of a synonym", { ...colour, polarity: "denied" }, "没有红色的圆。", true],
        ["no denial", { ...colour, polarity: "denied" }, "It is red.", false],
        ["silence is no denial", { ...colour, polarity: "denied" }, "It is blue.", false],
        ["a denial taken back", { ...colour, polarity: "denied" }, "Not red. Oh, red.", false],
        ["either", { ...colour, polarity: "either" }, "It is not red.", true],
        ["no forbidden word", { kind: "forbidden", words: ["green", "绿"] }, "红 evergreen", true],
        ["longer than ten: 11", { kind: "length", min: 11 }, "It is red.!", true],
        ["longer than ten: 10", { kind: "length", min: 11 }, "It is red.", false],
        ["spaces around do not count", { kind: "length", min: 11 }, "  It is red.  ", false],
        ["a character outside the BMP is one", { kind: "length", max: 2 }, "🙂🙂", true],
        ["too long", { kind: "length", max: 3 }, "Paris", false],
        ["digits", one, "There are 5 circles.", true],
        ["a word for a number", one, "There are five circles.", true],
        ["a Chinese number", one, "图中有五个圆。", true],
        ["digits before words", one, "一共有5个。", true],
        ["the first number", one, "5 of the 9 shapes", true],
        ["another number", one, "There are 15 circles.", false],
        ["no number", one, "Many.", false],
        ["the last number", last, "17 plus 25 is 42.", true],
        ["the first is not the last", last, "42 is 17 plus 25", false],
        ["within a tolerance", { kind: "number", equals: 10, tolerance: 0.5 }, "10.4", true],
        ["outside a tolerance", { kind: "number", equals: 10, tolerance: 0.5 }, "10.6", false],
        ["within a share", { kind: "number", equals: 200, relativeTolerance: 0.05 }, "209", true],
        ["outside a share", { kind: "number", equals: 200, relativeTolerance: 0.05 }, "211", false],
        ["the edge of a tolerance", { kind: "number", equals: 0.2, tolerance: 0.1 }, "0.3", true],
        ["a number denied", one, "There are not 5 circles.", false],
        ["the number after one denied", one, "Not 4, but 5.", true],
        [
            "a unit behind words between",
            { ...one, unit: ["window"] },
            "2 doors, five big windows",
            true,
        ],
        ["another unit", { ...one, unit: ["kg", "公斤"] }, "5 m and 7 kg", false],
        ["a unit of a Chinese number", { ...one, unit: ["公斤"] }, "一共五公斤", true],
        ["a unit before", { ...one, unit: ["$"] }, "It costs $5.", true],
        ["a unit of another word", { ...one, unit: ["m"] }, "5 minutes", false],
        ["nearly the text", ocr, "STOP HERF.", true],
        ["another text", ocr, "Go there", false],
        ["the nearest text", { ...ocr, to: ["出口", "stop here"] }, "出囗", false],
        ["JSON", json, '{"shapes": 3}', true],
        ["JSON in a fence", json, '```json\n{"shapes": 3}\n```', true],
        [
            "a fence that is refused",
            { ...json, fence: "refused" },
            '```\n{"shapes": 3}\n```',
            false,
        ],
        ["JSON that does not fit", json, '{"shapes": "three"}', false],
        ["JSON with a key too many", json, '{"shapes": 3, "x": 1}', false],
        ["JSON in a sentence", json, 'Here it is: {"shapes": 3}', false],
        ["words instead of JSON", json, "three", false],
        ["a share of a language", { ...zh, atLeast: 0.9 }, "这是 a house。", false],
        ["owning up", refusal, "I cannot tell the year from this picture.", true],
        ["owning up, in Chinese", refusal, "图中没有显示年份，无法判断。", true],
        ["owning up otherwise", refusal, "The picture doesn't show a name.", true],
        ["not legible", refusal, "The sign is not legible.", true],
        ["inventing", refusal, "It was built in 1987.", false],
        ["inventing, in Chinese", refusal, "它建于1987年。", false],
        ["a plain denial is an answer", refusal, "There is no dog in the picture.", false],
        ["a phrase of one's own", { ...refusal, phrases: ["No clue"] }, "no clue!", true],
        ["no refusal wanted", { ...refusal, wanted: false }, "A red circle.", true],
        ["a refusal not wanted", { ...refusal, wanted: false }, "Sorry, I can't help.", false],
        [
            "a pattern",
            { kind: "regex", pattern: "^\\W*banana\\W*$", flags: "i" },
            '"Banana."',
            true,
        ],
        ["a pattern missed", { kind: "regex", pattern: "^banana$" }, "a banana", false],
        ["Chinese", zh, "中国的首都是北京。", true],
        ["Chinese with a name in Latin", zh, "这张图片由 Qwen 描述为一座房子。", true],
        ["English instead of Chinese", zh, "The capital is 北京.", false],
        ["English", en, "A house under a blue sky.", true],
        ["Chinese instead of English", en, "蓝天下的一座房子。", false],
        ["no letters are no language", en, "42", false],
    ])("%s", (_, check, text, passed) => {
        expect(judge(check, text)).toMatchObject({ passed });
    });

    it("finish_reason", () => {
        const cut = { kind: "finish", reason: "length" };
        expect(judge(cut, "x", "length").passed).toBe(true);
        expect(judge(cut, "x", "stop").passed).toBe(false);
        expect(judge(cut, "x").passed).toBe(false);
    });

    it("the time that it took", () => {
        const check = checkSchema.parse({ kind: "latency", maxEndToEndSeconds: 2 });
        const judged = (seconds?: number) =>
            isAnswerCheck(check) && checkAnswer(check, { text: "x", seconds }).passed;
        expect([judged(1.9), judged(2.1), judged()]).toEqual([true, false, false]);
    });

    it("and says what was wanted and what was there", () => {
        expect(judge(parts, "A house.").message).toBe(
            "does not name window / 窗, door / 门 (1 of 3 found, 3 wanted)",
        );
        expect(judge(one, "7").message).toBe("says 7, wanted 5");
        expect(judge({ kind: "length", min: 11 }, "red").message).toBe(
            "3 characters, wanted at least 11",
        );
        expect(judge(colour, "Not red.").message).toBe(
            "does not name red (which it denies) (0 of 1 found, 1 wanted)",
        );
        expect(judge(json, '{"shapes": "x"}').message).toBe(
            "does not fit the schema: /shapes must be integer",
        );
    });
});

describe("a refusal is judged by", () => {
    const rule = { status: "4xx", message: "context|too long" };
    test.each<[string, typeof rule, { status: number; message: string } | undefined, boolean]>([
        ["class and message", rule, { status: 400, message: "maximum Context length" }, true],
        ["an exact status", { ...rule, status: "413" }, { status: 413, message: "too long" }, true],
        ["another status", { ...rule, status: "413" }, { status: 400, message: "too long" }, false],
        ["a server error", rule, { status: 500, message: "context" }, false],
        ["a message that explains nothing", rule, { status: 400, message: "Bad Request" }, false],
        ["an answer where none should be", rule, undefined, false],
    ])("%s", (_, given, refusal, passed) => {
        expect(checkHttpError(given, refusal).passed).toBe(passed);
    });
});

it("an edit distance is symmetric, 0 for the same text, and at most 1", () => {
    const text = fc.oneof(fc.string(), fc.constantFrom("出口", "Stop!", ""));
    fc.assert(
        fc.property(text, text, (a, b) => {
            const share = normalisedDistance(a, b);
            expect(share).toBe(normalisedDistance(b, a));
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(1);
            expect(normalisedDistance(a, a)).toBe(0);
        }),
    );
});
