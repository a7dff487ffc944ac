import {
    Check,
    checkAnswer,
    checkRefusal,
    checkSchema,
    isAnswerCheck,
    mentions,
    numbersIn,
} from "../../../suite/checks";

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
        ["a forbidden word", { kind: "forbidden", words: ["green"] }, "Red, not green", false],
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

    it("and says what was wanted and what was there", () => {
        expect(judge(parts, "A house.").message).toBe(
            "does not name window / 窗, door / 门 (1 of 3 found, 3 wanted)",
        );
        expect(judge(one, "7").message).toBe("says 7, wanted 5");
        expect(judge({ kind: "length", min: 11 }, "red").message).toBe(
            "3 characters, wanted at least 11",
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
        expect(checkRefusal(given, refusal).passed).toBe(passed);
    });
});

describe("numbers in words", () => {
    test.each<[string, number[]]>([
        ["1,234 and 5", [1234, 5]],
        ["３ apples", [3]],
        ["minus: -4", [-4]],
        ["forty-two or Thirty seven", [42, 37]],
        ["twelve", [12]],
        ["十四", [14]],
        ["四十二", [42]],
        ["两个", [2]],
        ["none at all", []],
    ])("%s", (text, numbers) => {
        expect(numbersIn(text)).toEqual(numbers);
    });
});

it("a plural is the same word", () => {
    expect(mentions("boxes and windows", "box")).toBe(true);
    expect(mentions("boxes and windows", "window")).toBe(true);
    expect(mentions("windowless", "window")).toBe(false);
});
