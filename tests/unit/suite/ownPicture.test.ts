import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { loadCases } from "../../../suite/cases";
import { dataUrlOf, drawImage, imageSchema } from "../../../suite/images";
import { thumbnailOf } from "../../../suite/ownPicture";
import { sizeOfPicture } from "../../../suite/pictureHeader";

const root = mkdtempSync(join(tmpdir(), "suite-pictures-"));
const folder = join(root, "cases");
mkdirSync(join(folder, "photos"), { recursive: true });
afterAll(() => rmSync(root, { recursive: true }));

function pngOf(width: number, height: number, value = 200): Buffer {
    const png = new PNG({ width, height });
    // No two pixels alike, so that the file is not small.
    png.data.forEach((_, at) => (png.data[at] = at % 4 === 3 ? 255 : (at * 7919 + value) % 256));
    return PNG.sync.write(png);
}

function write(file: string): void {
    writeFileSync(
        join(folder, "own.yaml"),
        `dimension: multimodal
cases:
  - id: cat
    title: A cat
    language: en
    tags: []
    turns:
      - prompt: What is this?
        images:
          - { name: cat, draw: file, file: "${file}" }
        maxTokens: 8
        checks: [{ kind: length, min: 1 }]
`,
    );
}

writeFileSync(join(folder, "photos", "cat.jpg"), pngOf(40, 30));

it("is found beside the case file, with its own type and size, whatever it is called", () => {
    write("photos/cat.jpg");
    const [image] = loadCases(folder)[0]?.turns[0]?.images ?? [];
    const drawn = drawImage(image as NonNullable<typeof image>);
    expect(drawn).toMatchObject({ name: "cat", width: 40, height: 30, mediaType: "image/png" });
    expect(dataUrlOf(drawn)).toBe(`data:image/png;base64,${pngOf(40, 30).toString("base64")}`);
    expect(drawn.thumbnail?.bytes).toEqual(pngOf(40, 30));
});

it("is part of the case's digest and cluster by its bytes, not by its name", () => {
    const identity = (): (string | undefined)[] => {
        const [one] = loadCases(folder);
        return [one?.digest, one?.cluster];
    };
    write("photos/cat.jpg");
    const before = identity();
    writeFileSync(join(folder, "photos", "same.png"), pngOf(40, 30));
    writeFileSync(join(folder, "photos", "other.png"), pngOf(40, 30, 100));
    write("photos/same.png");
    expect(identity()).toEqual(before);
    write("photos/other.png");
    const after = identity();
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
});

it.each([
    ["photos/dog.png", /there is no file .*dog\.png/],
    ["photos", /there is no file/],
    ["../secret.png", /outside of the case file's folder/],
    ["/etc/hostname", /outside of the case file's folder/],
    ["photos/link.png", /a link that leads out/],
    ["photos/text.png", /no picture that servers read; allowed: a PNG, JPEG or WebP file/],
    ["photos/large.png", /has 16777217 bytes; allowed: at most 16777216/],
])("%s is refused with the case file's line and key", (file, message) => {
    writeFileSync(join(root, "secret.png"), pngOf(4, 4));
    writeFileSync(join(folder, "photos", "text.png"), "hello, this is no picture at all, is it?");
    writeFileSync(join(folder, "photos", "large.png"), Buffer.alloc(16 * 1024 * 1024 + 1));
    rmSync(join(folder, "photos", "link.png"), { force: true });
    symlinkSync(join(root, "secret.png"), join(folder, "photos", "link.png"));
    write(file);
    expect(() => loadCases(folder)).toThrow(message);
    expect(() => loadCases(folder)).toThrow(
        /own\.yaml:10: cases\[0\]\.turns\[0\]\.images\[0\]\.file: /,
    );
});

it("has a small copy in the report, which for a large JPEG it has not", () => {
    const large = { bytes: pngOf(800, 400), mediaType: "image/png", width: 800, height: 400 };
    expect(large.bytes.length).toBeGreaterThan(64 * 1024);
    const small = PNG.sync.read(thumbnailOf(large, 320)?.bytes as Buffer);
    expect([small.width, small.height]).toEqual([320, 160]);
    expect(thumbnailOf({ ...large, mediaType: "image/jpeg" }, 320)).toBeUndefined();
    const cutOff = { ...large, bytes: large.bytes.subarray(0, 100_000) };
    expect(thumbnailOf(cutOff, 320)).toBeUndefined();
});

describe("the header of a picture", () => {
    const jpeg = (...segments: number[][]): Buffer => Buffer.from([0xff, 0xd8, ...segments.flat()]);
    const frame = [0xff, 0xc2, 0, 11, 8, 0, 30, 0, 40, 1, 1, 0x11, 0];
    const webp = (kind: string, rest: number[]): Buffer =>
        Buffer.concat([
            Buffer.from(`RIFF\0\0\0\0WEBP${kind}\0\0\0\0`, "latin1"),
            Buffer.from([...rest, ...Array<number>(20).fill(0)]),
        ]);

    it.each<[string, Buffer, string]>([
        ["a JPEG after other segments", jpeg([0xff, 0xe0, 0, 4, 1, 2], frame), "image/jpeg"],
        ["a JPEG after fill bytes", jpeg([0xff, 0xff, 0xe0, 0, 2], frame), "image/jpeg"],
        ["a lossy WebP", webp("VP8 ", [0, 0, 0, 0x9d, 1, 0x2a, 40, 0, 30, 0]), "image/webp"],
        ["a lossless WebP", webp("VP8L", [0x2f, 39, 0x40, 7, 0]), "image/webp"],
        ["an extended WebP", webp("VP8X", [0, 0, 0, 0, 39, 0, 0, 29, 0, 0]), "image/webp"],
        ["a PNG", pngOf(40, 30), "image/png"],
    ])("tells type and size of %s", (_, bytes, mediaType) => {
        expect(sizeOfPicture(bytes)).toEqual({ mediaType, width: 40, height: 30 });
    });

    it.each<[string, Buffer]>([
        ["nothing", Buffer.alloc(0)],
        ["a GIF", Buffer.from("GIF89a".padEnd(40))],
        ["a JPEG without a frame", jpeg([0xff, 0xe0, 0, 4, 1, 2])],
        ["a JPEG of noise", jpeg([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])],
        ["a PNG that is cut off", pngOf(40, 30).subarray(0, 20)],
    ])("of %s tells nothing", (_, bytes) => {
        expect(sizeOfPicture(bytes)).toBeUndefined();
    });
});

describe("a drawn picture as another kind of PNG", () => {
    const drawn = (more: object): ReturnType<typeof drawImage> =>
        drawImage(
            imageSchema.parse({
                name: "x",
                draw: "shapes",
                width: 64,
                height: 32,
                shapes: [{ shape: "circle", colour: "red", at: "centre" }],
                ...more,
            }),
        );
    it.each([
        ["rgb", [255, 255, 255, 255], [220, 30, 30, 255]],
        ["rgb-16", [255, 255, 255, 255], [220, 30, 30, 255]],
        ["rgba", [0, 0, 0, 0], [220, 30, 30, 255]],
        ["grey", [255, 255, 255, 255], [87, 87, 87, 255]],
        ["grey-16", [255, 255, 255, 255], [87, 87, 87, 255]],
    ])("%s is read so by an independent reader", (pixels, corner, middle) => {
        const { data, width } = PNG.sync.read(drawn({ pixels }).bytes);
        expect([...data.subarray(0, 4)]).toEqual(corner);
        const at = (16 * width + 32) * 4;
        expect([...data.subarray(at, at + 4)]).toEqual(middle);
    });

    it("may be called something else, and may be no picture or no base64", () => {
        expect(dataUrlOf(drawn({ calledType: "image/webp" }))).toMatch(
            /^data:image\/webp;base64,iVBOR/,
        );
        expect(drawn({ damage: "text" }).bytes.toString()).toMatch(/no picture/);
        expect(dataUrlOf(drawn({ damage: "base64" }))).toBe(
            "data:image/png;base64,*this is no base64*",
        );
    });
});
