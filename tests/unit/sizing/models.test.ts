import { resolveModel } from "../../../sizing/models";

describe("what a person may write for a model", () => {
    test.each`
        model                                       | precision    | id                                             | size           | gets
        ${"8B"}                                     | ${undefined} | ${"cyankiwi/Qwen3-VL-8B-Instruct-AWQ-4bit"}    | ${"8B"}        | ${"int4"}
        ${"8b-thinking"}                            | ${"fp8"}     | ${"Qwen/Qwen3-VL-8B-Thinking-FP8"}             | ${"8B"}        | ${"fp8"}
        ${"Qwen3-VL-4B-Instruct"}                   | ${"bf16"}    | ${"Qwen/Qwen3-VL-4B-Instruct"}                 | ${"4B"}        | ${"bf16"}
        ${"30B"}                                    | ${"FP16"}    | ${"Qwen/Qwen3-VL-30B-A3B-Instruct"}            | ${"30B-A3B"}   | ${"fp16"}
        ${"235B-A22B"}                              | ${"int4"}    | ${"QuantTrio/Qwen3-VL-235B-A22B-Instruct-AWQ"} | ${"235B-A22B"} | ${"int4"}
        ${"Qwen/Qwen3-VL-8B-Instruct"}              | ${"int4"}    | ${"cyankiwi/Qwen3-VL-8B-Instruct-AWQ-4bit"}    | ${"8B"}        | ${"int4"}
        ${"Qwen/Qwen3-VL-8B-Instruct-FP8"}          | ${undefined} | ${"Qwen/Qwen3-VL-8B-Instruct-FP8"}             | ${"8B"}        | ${"fp8"}
        ${"cyankiwi/Qwen3-VL-8B-Instruct-AWQ-8bit"} | ${undefined} | ${"cyankiwi/Qwen3-VL-8B-Instruct-AWQ-8bit"}    | ${"8B"}        | ${"int8"}
        ${"acme/My-Qwen3-VL-8B-finetune"}           | ${undefined} | ${"acme/My-Qwen3-VL-8B-finetune"}              | ${"8B"}        | ${"bf16"}
        ${"acme/My-Qwen3-VL-2B-Thinking-W8A16"}     | ${"int8"}    | ${"acme/My-Qwen3-VL-2B-Thinking-W8A16"}        | ${"2B"}        | ${"int8"}
    `("$model, $precision -> $id", ({ model, precision, id, size, gets }) => {
        expect(resolveModel(model, precision, "int4")).toMatchObject({ id, size, precision: gets });
    });

    test("a repository of the user's own is named as such in the notes", () => {
        const { notes, variant } = resolveModel(
            "acme/My-Qwen3-VL-8B-Thinking-v2",
            undefined,
            "int4",
        );
        expect(variant).toBe("Thinking");
        expect(notes.join()).toMatch(
            /acme\/My-Qwen3-VL-8B-Thinking-v2 is not in the model table.*8B/,
        );
    });

    test("a community build is named as such in the notes", () => {
        expect(resolveModel("8B", "int4", "bf16").notes.join()).toMatch(/community/);
        expect(resolveModel("8B", "fp8", "bf16").notes).toEqual([]);
    });
});

describe("what is refused, and how", () => {
    test.each`
        model                              | precision    | says
        ${"7B"}                            | ${undefined} | ${/unknown model "7B".*2B, 4B, 8B, 32B, 30B-A3B, 235B-A22B/i}
        ${"8B; rm -rf /"}                  | ${undefined} | ${/unknown model/i}
        ${"acme/model"}                    | ${undefined} | ${/unknown model "acme\/model"/i}
        ${"acme/Qwen3-VL-8B --trust"}      | ${undefined} | ${/unknown model/i}
        ${"--host/8B"}                     | ${undefined} | ${/unknown model/i}
        ${"Qwen/Qwen2.5-VL-32B-Instruct"}  | ${undefined} | ${/unknown model/i}
        ${"Qwen/Qwen3-8B"}                 | ${undefined} | ${/unknown model/i}
        ${"acme/Qwen3-VL-18B"}             | ${undefined} | ${/unknown model/i}
        ${"Qwen3-VL-8B-Instuct"}           | ${undefined} | ${/unknown model.*did you mean Qwen3-VL-8B-Instruct/i}
        ${"3B"}                            | ${undefined} | ${/did you mean 2B or 32B or 4B/i}
        ${"8B"}                            | ${"int3"}    | ${/unknown precision "int3".*fp32, bf16, fp16, fp8, int8, int4.*did you mean int4/i}
        ${"8B"}                            | ${"awq"}     | ${/unknown precision "awq".*leave it out/i}
        ${"2B"}                            | ${"int8"}    | ${/no int8 build of Qwen3-VL-2B-Instruct.*repository/i}
        ${"Qwen/Qwen3-VL-8B-Instruct-FP8"} | ${"bf16"}    | ${/contradicts.*fp8 build/i}
    `("$model, $precision", ({ model, precision, says }) => {
        const refused = () => resolveModel(model, precision, "bf16");
        expect(refused).toThrow(says);
        expect(refused).toThrow(expect.objectContaining({ name: "UserError" }));
    });
});
