import { PNG } from "pngjs";
import { parseCaseFile } from "../../../../suite/cases";
import { Canvas, COLOURS } from "../../../../suite/canvas";
import { drawImage, ImageSpec, imageSchema } from "../../../../suite/images";
import { drawText } from "../../../../suite/text/drawText";
import { missingCharacter, outlinesOf, textWidth } from "../../../../suite/text/font";

const sides = { name: "x", width: 512, height: 320 };

function pixelsOf(spec: object): { width: number; at: (x: number, y: number) => number[] } {
    const { width, data } = PNG.sync.read(drawImage(imageSchema.parse(spec)).bytes);
    return {
        width,
        at: (x, y) => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)],
    };
}

describe("text", () => {
    it("is as wide as its characters, at every size", () => {
        expect(textWidth("图书馆", 30)).toBeCloseTo(90);
        expect(textWidth("ab", 40)).toBeCloseTo(2 * textWidth("ab", 20));
        expect(textWidth("a b", 20)).toBeGreaterThan(textWidth("ab", 20));
    });

    it("has smooth edges: as much ink as the outlines' area", () => {
        const canvas = new Canvas(120, 120, "white");
        drawText(canvas, "l", 50, 60, { sizePixels: 60.5, colour: "black" });
        const ink = canvas.pixels.reduce(
            (sum, index) => sum + 1 - (canvas.palette[index]?.[0] ?? 0) / 255,
            0,
        );
        const area = outlinesOf("l", 60.5).reduce((sum, outline) => {
            const twice = outline.reduce((total, [x, y], index) => {
                const [nextX, nextY] = outline[(index + 1) % outline.length] ?? [0, 0];
                return total + x * nextY - nextX * y;
            }, 0);
            return sum + Math.abs(twice) / 2;
        }, 0);
        expect(ink / area).toBeGreaterThan(0.98);
        expect(ink / area).toBeLessThan(1.02);
        expect(new Set(canvas.pixels).size).toBeGreaterThan(4);
    });

    it("keeps its holes: the middle of an O is ground", () => {
        const canvas = new Canvas(100, 100, "white");
        drawText(canvas, "O", 50, 50, { sizePixels: 80, colour: "red", align: "centre" });
        const row = [...canvas.pixels.subarray(55 * 100, 56 * 100)].map(
            (index) => canvas.palette[index],
        );
        expect(row[50]).toEqual(COLOURS.white);
        expect(row.filter((rgb) => rgb === COLOURS.red).length).toBeGreaterThan(4);
    });

    it("never has more colours than a palette can hold", () => {
        const canvas = new Canvas(300, 60, "white");
        for (const colour of Object.keys(COLOURS) as (keyof typeof COLOURS)[]) {
            for (const x of [1, 2.3, 3.7]) {
                drawText(canvas, "圆书8", x, 30, { sizePixels: 40, colour });
            }
        }
        expect(canvas.palette.length).toBeLessThanOrEqual(256);
    });

    it("finds what the font lacks", () => {
        expect(missingCharacter("Café 安全出口 2024-05-17")).toBeUndefined();
        expect(missingCharacter("a🦊b")).toBe("🦊");
    });
});

describe("a chart", () => {
    it("has bars as high as their values", () => {
        const bars = [20, 50, 100].map((value, index) => ({ label: `b${index}`, value }));
        const { at } = pixelsOf({
            ...sides,
            draw: "bar-chart",
            axis: { maximum: 100, step: 50 },
            printed: false,
            bars,
        });
        const heights = [0, 1, 2].map((index) => {
            const x = Math.round(48 + (index + 0.5) * ((512 - 16 - 48) / 3));
            const column = Array.from({ length: 320 }, (_, y) => at(x, y).join());
            return column.filter((rgb) => rgb === COLOURS.blue.join()).length;
        });
        expect((heights[0] as number) / (heights[2] as number)).toBeCloseTo(0.2, 1);
        expect((heights[1] as number) / (heights[2] as number)).toBeCloseTo(0.5, 1);
    });
});

describe("what cannot be drawn is refused with file, line and key", () => {
    const lineOf = (image: string): string => `dimension: multimodal
cases:
  - id: x
    title: x
    language: en
    tags: []
    turns:
      - prompt: x
        images:
          - ${image}
        maxTokens: 8
        checks: [{ kind: length, min: 1 }]
`;
    const start = "{ name: x, width: 128, height: 64, draw: ";
    it.each([
        [
            `${start}text, sizePixels: 20, lines: ["ok", "a🦊"] }`,
            /f\.yaml:10: cases\[0\]\.turns\[0\]\.images\[0\]\.lines\[1\]: the font has no "🦊"/,
        ],
        [
            `${start}text, sizePixels: 60, lines: ["Library"] }`,
            /f\.yaml:10: .*lines: it needs \d+ x/,
        ],
        [`${start}sign, sizePixels: 60, text: Library }`, /f\.yaml:10: .*text: it needs \d+ x/],
        [`${start}table, header: [a, b], rows: [[c]] }`, /f\.yaml:10: .*rows\[0\]/],
        [
            `${start}bar-chart, axis: { maximum: 10, step: 5 }, bars: [{ label: a, value: 11 }] }`,
            /f\.yaml:10: .*bars\[0\]\.value: more than axis\.maximum/,
        ],
        [
            `${start}bar-chart, axis: { maximum: 10, step: 5 }, bars: [{ label: much too long, value: 1 }] }`,
            /f\.yaml:10: .*bars\[0\]\.label: wider than its place/,
        ],
    ])("%s", (image, message) => {
        expect(() => parseCaseFile(lineOf(image), "f.yaml")).toThrow(message);
    });

    it("and what can is taken", () => {
        const image = `${start}text, sizePixels: 20, lines: ["Café", "出口"] }`;
        const [made] = parseCaseFile(lineOf(image), "f.yaml");
        expect((made?.turns[0]?.images?.[0] as ImageSpec).draw).toBe("text");
    });
});
