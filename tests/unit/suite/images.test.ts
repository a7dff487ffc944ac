import { createHash } from "node:crypto";
import { join } from "node:path";
import { PNG } from "pngjs";
import { COLOURS, Colour } from "../../../suite/canvas";
import { loadCases } from "../../../suite/cases";
import { drawImage, ImageSpec, imageSchema } from "../../../suite/images";

const building: ImageSpec = { name: "b", draw: "building", width: 320, height: 240, seed: 1 };
const specs = loadCases(join(__dirname, "..", "..", "..", "suite", "cases"))
    .flatMap(({ id, turns }) =>
        turns.flatMap(({ images = [] }) =>
            images.flatMap((spec) => (spec.draw === "file" ? [] : { id, spec })),
        ),
    )
    .filter(({ spec }) => spec.width * spec.height < 1e6);

/** The picture as an independent PNG reader sees it: how many areas of each colour there are. */
function areas(bytes: Buffer): Map<Colour | "?", { pixels: number; x: number; y: number }[]> {
    const { width, height, data } = PNG.sync.read(bytes);
    const names = Object.entries(COLOURS) as [Colour, readonly number[]][];
    const nameAt = (pixel: number): Colour | "?" =>
        names.find(([, rgb]) =>
            rgb.every((value, channel) => data[pixel * 4 + channel] === value),
        )?.[0] ?? "?";
    const colours = Array.from({ length: width * height }, (_, pixel) => nameAt(pixel));
    const seen = new Uint8Array(colours.length);
    const found = new Map<Colour | "?", { pixels: number; x: number; y: number }[]>();
    colours.forEach((colour, start) => {
        if (seen[start]) {
            return;
        }
        const queue = [start];
        seen[start] = 1;
        let [pixels, sumX, sumY] = [0, 0, 0];
        for (let pixel = queue.pop(); pixel !== undefined; pixel = queue.pop()) {
            const [x, y] = [pixel % width, Math.floor(pixel / width)];
            pixels++;
            sumX += x;
            sumY += y;
            for (const [dx, dy] of [
                [1, 0],
                [-1, 0],
                [0, 1],
                [0, -1],
            ] as const) {
                const next = pixel + dx + dy * width;
                const inside = x + dx >= 0 && x + dx < width && next >= 0 && next < colours.length;
                if (inside && !seen[next] && colours[next] === colour) {
                    seen[next] = 1;
                    queue.push(next);
                }
            }
        }
        const own = found.get(colour) ?? [];
        own.push({ pixels, x: sumX / pixels / width, y: sumY / pixels / height });
        found.set(colour, own);
    });
    return found;
}

/** Where along a side (0 to 1) something lies, in thirds. */
function third(share = NaN): "first" | "middle" | "last" {
    return share < 1 / 3 ? "first" : share > 2 / 3 ? "last" : "middle";
}

it("the same seed draws the same bytes, another seed others", () => {
    const digest = (spec: ImageSpec, offset = 0): string =>
        createHash("sha256").update(drawImage(spec, offset).bytes).digest("hex");
    expect(digest(building)).toBe(digest({ ...building }));
    expect(digest(building)).not.toBe(digest({ ...building, seed: 2 }));
    expect(digest({ ...building, seed: 2 })).toBe(digest(building, 1));
    expect(digest({ ...building, damage: "noise" })).toBe(digest({ ...building, damage: "noise" }));
});

describe("what a case says is what is drawn", () => {
    const drawn = specs.filter(({ spec }) => !spec.damage && !spec.pixels);

    it.each(drawn.flatMap(({ id, spec }) => (spec.draw === "scatter" ? { id, spec } : [])))(
        "$id has each group's count of separate shapes",
        ({ spec }) => {
            const found = areas(drawImage(spec).bytes);
            for (const { colour, count } of spec.groups) {
                expect(found.get(colour)).toHaveLength(count);
            }
        },
    );

    it.each(drawn.flatMap(({ id, spec }) => (spec.draw === "shapes" ? { id, spec } : [])))(
        "$id has its shapes where they belong, and no other colour",
        ({ spec }) => {
            const found = areas(drawImage(spec).bytes);
            const colours = [spec.background, ...spec.shapes.map(({ colour }) => colour)];
            expect(new Set(found.keys())).toEqual(new Set(colours));
            for (const { colour, at } of spec.shapes) {
                const [area] = found.get(colour) ?? [];
                expect(found.get(colour)).toHaveLength(1);
                expect([third(area?.x), third(area?.y)]).toEqual([
                    { left: "first", right: "last" }[at as string] ?? "middle",
                    { top: "first", bottom: "last" }[at as string] ?? "middle",
                ]);
            }
        },
    );

    it.each(Array.from({ length: 12 }, (_, seed) => seed))(
        "a building of seed %i has sky above, ground below, a roof, a door of its colour and windows",
        (seed) => {
            const spec: ImageSpec = { ...building, width: 640, height: 480, seed, door: "red" };
            const found = areas(drawImage(spec).bytes);
            const big = (colour: Colour) =>
                (found.get(colour) ?? []).filter(({ pixels }) => pixels > 40);
            expect(big("red").length).toBe(1);
            expect(big("brown").length).toBe(1);
            expect(big("sky")[0]?.y).toBeLessThan(0.5);
            expect(big("green")[0]?.y).toBeGreaterThan(0.8);
            // Each window has four panes.
            expect(big("blue").length % 4).toBe(0);
            expect(big("blue").length).toBeGreaterThanOrEqual(8);
        },
    );
});

it("a damaged picture cannot be read, and has no thumbnail", () => {
    const spec = { ...building, width: 640, height: 480 };
    for (const damage of ["truncated", "noise"] as const) {
        const image = drawImage({ ...spec, damage });
        expect(() => PNG.sync.read(image.bytes)).toThrow();
        expect(image.thumbnail).toBeUndefined();
    }
    expect(
        drawImage({ ...spec, damage: "truncated" })
            .bytes.subarray(1, 4)
            .toString(),
    ).toBe("PNG");
});

it("thumbnails are small and keep the aspect", () => {
    const size = (spec: object): number[] => {
        const { thumbnail } = drawImage(
            imageSchema.parse({ name: "x", draw: "shapes", shapes: [], ...spec }),
        );
        const { width, height } = PNG.sync.read(thumbnail?.bytes as Buffer);
        return [width, height];
    };
    expect(size({ width: 1, height: 1 })).toEqual([1, 1]);
    expect(size({ width: 1280, height: 640 })).toEqual([320, 160]);
    expect(size({ width: 2100, height: 10 })).toEqual([320, 2]);
});

it("draws 4096 x 4096 pixels into a small file", () => {
    const spec = imageSchema.parse({
        name: "big",
        draw: "shapes",
        width: 4096,
        height: 4096,
        background: "blue",
        shapes: [{ shape: "circle", colour: "yellow", at: "centre", size: 0.7 }],
    });
    const { bytes } = drawImage(spec);
    expect(bytes.readUInt32BE(16)).toBe(4096);
    expect(bytes.readUInt32BE(20)).toBe(4096);
    expect(bytes.length).toBeLessThan(300_000);
});
