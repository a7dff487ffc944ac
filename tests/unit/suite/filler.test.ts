import { buildFiller } from "../../../suite/filler";

const sentence = "The grass is green.";
const byWords = { countTokens: (text: string) => Promise.resolve(text.split(" ").length) };
const unknown = { countTokens: () => Promise.resolve(undefined) };

async function placesOf(hidden: string | { sentence: string; depth: number }[]): Promise<number[]> {
    const spec = { fractionOfContext: 0.4, sentence, hidden };
    const { text } = await buildFiller(spec, 1000, byWords);
    const sentences = text.split(/(?<=\.) /);
    return ["Needle one.", "Needle two."].map((each) => sentences.indexOf(each));
}

describe("a long text", () => {
    it("has each hidden sentence at its depth, the first at 0 and the last at 1", async () => {
        expect(await placesOf([{ sentence: "Needle one.", depth: 0 }])).toEqual([0, -1]);
        expect(await placesOf([{ sentence: "Needle one.", depth: 0.25 }])).toEqual([25, -1]);
        expect(await placesOf([{ sentence: "Needle one.", depth: 1 }])).toEqual([100, -1]);
        expect(await placesOf("Needle one.")).toEqual([60, -1]);
    });

    it("has two, neither of which moves the other from its place", async () => {
        const two = [
            { sentence: "Needle one.", depth: 0.2 },
            { sentence: "Needle two.", depth: 0.7 },
        ];
        expect(await placesOf(two)).toEqual([20, 71]);
        expect(await placesOf([...two].reverse())).toEqual([20, 71]);
    });

    it("says in its summary what is hidden where", async () => {
        const hidden = [{ sentence: "Needle one.", depth: 0.25 }];
        const spec = { fractionOfContext: 0.4, sentence, hidden };
        const { summary } = await buildFiller(spec, 1000, byWords);
        expect(summary).toContain("100 times “The grass is green.”");
        expect(summary).toContain("once “Needle one.” at depth 0.25");
    });

    it("in Chinese is not longer than the context where no tokenizer can be asked", async () => {
        const spec = { fractionOfContext: 0.9, sentence: "草是绿色的，天空是蓝色的。" };
        const { text } = await buildFiller(spec, 1000, unknown);
        const han = text.match(/\p{Script=Han}/gu) ?? [];
        expect(han.length).toBeGreaterThan(600);
        expect(han.length).toBeLessThanOrEqual(900);
    });
});
