import { z } from "zod";
import { strictShape } from "./checks/strictShape";
import { Canvas, Colour, COLOUR_NAMES, SHAPES } from "./canvas";
import { barChartFields, checkBarChart, paintBarChart } from "./drawing/barChart";
import { checkSign, paintSign, signFields } from "./drawing/sign";
import { checkTable, paintTable, tableFields } from "./drawing/table";
import { checkText, paintText, textFields } from "./drawing/text";
import { readOwnPicture, thumbnailOf } from "./ownPicture";
import { encodeIndexedPng, encodePng, PIXEL_FORMATS } from "./png";
import { seededRandom, shuffled } from "./random";

const PLACES = {
    centre: [0.5, 0.5],
    left: [0.25, 0.5],
    right: [0.75, 0.5],
    top: [0.5, 0.25],
    bottom: [0.5, 0.75],
} as const;
type Place = keyof typeof PLACES;

const colour = z.enum(COLOUR_NAMES);
const DAMAGES = ["truncated", "noise", "text", "base64"] as const;
type Damage = (typeof DAMAGES)[number];
const seed = z.int().min(0).describe("The same seed draws the same picture");

const named = {
    name: z.string().regex(/^[a-z0-9-]+$/, "small letters, digits and hyphens"),
    copies: z
        .int()
        .min(1)
        .max(1000)
        .optional()
        .describe("So many of it are sent, one after another"),
    calledType: z
        .enum(["image/png", "image/jpeg", "image/webp"])
        .optional()
        .describe("What the request says that it is; what it is where absent"),
};
const common = {
    ...named,
    width: z.int().min(1).max(8192).describe("Pixels"),
    height: z.int().min(1).max(8192).describe("Pixels"),
    pixels: z
        .enum(PIXEL_FORMATS)
        .optional()
        .describe(
            "How the PNG holds it; a palette where absent; rgba: the background is transparent",
        ),
    damage: z
        .enum(DAMAGES)
        .optional()
        .describe(
            "truncated: the second half of the file is missing; noise: bytes that are no picture; " +
                "text: a text in place of a picture; base64: the request's base64 is none",
        ),
};
const DAMAGE_TEXT = "This is a text file, and no picture at all.\n";

/** How a case asks for a picture. What is drawn is known, and so is the right answer. */
export const imageSchema = z.discriminatedUnion("draw", [
    z
        .strictObject({
            ...common,
            draw: z.literal("shapes"),
            background: colour.default("white"),
            shapes: z.array(
                strictShape({
                    shape: z.enum(SHAPES),
                    colour,
                    at: z.enum(Object.keys(PLACES) as [Place, ...Place[]]),
                    size: z.number().gt(0).max(1).optional().describe("Share of the shorter side"),
                }),
            ),
        })
        .describe("Named shapes at named places"),
    z
        .strictObject({
            ...common,
            draw: z.literal("scatter"),
            background: colour.default("white"),
            seed,
            groups: z
                .array(
                    strictShape({
                        shape: z.enum(SHAPES),
                        colour,
                        count: z.int().min(1).max(50),
                    }),
                )
                .min(1),
        })
        .describe("Counted shapes at places that the seed chooses; none touches another"),
    z
        .strictObject({
            ...common,
            draw: z.literal("building"),
            seed,
            wall: colour.optional(),
            roof: colour.optional(),
            door: colour.optional(),
        })
        .describe("A building: sky, ground, walls, roof, door, windows, sun; the seed varies them"),
    z
        .strictObject({ ...common, ...textFields })
        .superRefine(checkText)
        .describe("Lines of text on a plain ground"),
    z
        .strictObject({ ...common, ...signFields })
        .superRefine(checkSign)
        .describe("A board with a word in a landscape"),
    z
        .strictObject({ ...common, ...barChartFields })
        .superRefine(checkBarChart)
        .describe("A bar chart with a scale and labels"),
    z
        .strictObject({ ...common, ...tableFields })
        .superRefine(checkTable)
        .describe("A table with a header"),
    z
        .strictObject({
            ...named,
            draw: z.literal("file"),
            file: z
                .string()
                .min(1)
                .describe("A PNG, JPEG or WebP file in the case file's folder or below"),
        })
        .describe("A picture of your own"),
]);
export type ImageSpec = z.infer<typeof imageSchema>;

/** A picture ready to be sent, with a small copy for the report. */
export interface DrawnImage {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    /** The file's bytes as they are sent: a PNG, unless it is damaged on purpose. */
    readonly bytes: Buffer;
    /** What the request says that the bytes are. */
    readonly mediaType: string;
    /** How often it is sent. */
    readonly copies: number;
    /** A small picture for the report; absent where the file can be seen by nobody. */
    readonly thumbnail?: { readonly bytes: Buffer; readonly mediaType: string };
    readonly damage?: Damage;
}

/** A picture that the suite draws itself. */
type Drawn = Exclude<ImageSpec, { draw: "file" }>;

const THUMBNAIL_PIXELS = 320;

/**
 * Draws a picture.
 *
 * @param seedOffset added to the picture's seed, so that repeated requests differ where they can.
 * @example drawImage({ name: "a", draw: "building", width: 640, height: 480, seed: 1 }).bytes
 */
export function drawImage(spec: ImageSpec, seedOffset = 0): DrawnImage {
    const { name, copies = 1 } = spec;
    if (spec.draw === "file") {
        const picture = readOwnPicture(spec.file);
        if (typeof picture === "string") {
            throw new Error(picture);
        }
        const mediaType = spec.calledType ?? picture.mediaType;
        const thumbnail = thumbnailOf(picture, THUMBNAIL_PIXELS);
        return { ...picture, name, copies, mediaType, ...(thumbnail && { thumbnail }) };
    }
    const { width, height, damage, pixels, calledType: mediaType = "image/png" } = spec;
    const canvas = paint(spec, seedOffset);
    const png = pixels === undefined ? encodeIndexedPng(canvas) : encodePng(canvas, pixels);
    const image = { name, width, height, copies, mediaType };
    if (damage === undefined) {
        const bytes = encodeIndexedPng(canvas.thumbnail(THUMBNAIL_PIXELS));
        return { ...image, bytes: png, thumbnail: { bytes, mediaType: "image/png" } };
    }
    return { ...image, bytes: damaged(png, damage), damage };
}

/** The picture as a request holds it, in the form that OpenAI's API has for pictures. */
export function dataUrlOf({ mediaType, bytes, damage }: DrawnImage): string {
    const data = damage === "base64" ? "*this is no base64*" : bytes.toString("base64");
    return `data:${mediaType};base64,${data}`;
}

/** The canvas of a picture, before it becomes a file. */
export function paint(spec: Drawn, seedOffset = 0): Canvas {
    switch (spec.draw) {
        case "shapes":
            return paintShapes(spec);
        case "scatter":
            return paintScatter(spec, seededRandom(spec.seed + seedOffset));
        case "building":
            return paintBuilding(spec, seededRandom(spec.seed + seedOffset));
        case "text":
            return paintText(spec);
        case "sign":
            return paintSign(spec);
        case "bar-chart":
            return paintBarChart(spec);
        case "table":
            return paintTable(spec);
    }
}

function damaged(png: Buffer, damage: Damage): Buffer {
    if (damage === "text" || damage === "base64") {
        return Buffer.from(DAMAGE_TEXT);
    }
    if (damage === "truncated") {
        return png.subarray(0, Math.floor(png.length / 2));
    }
    const random = seededRandom(png.length);
    return Buffer.from(Array.from({ length: 2048 }, () => Math.floor(random() * 256)));
}

function paintShapes(spec: Extract<ImageSpec, { draw: "shapes" }>): Canvas {
    const canvas = new Canvas(spec.width, spec.height, spec.background);
    const sideways = spec.shapes.some(({ at }) => at === "left" || at === "right");
    const upright = spec.shapes.some(({ at }) => at === "top" || at === "bottom");
    const crowded = spec.shapes.length > 2;
    for (const { shape, colour: fill, at, size } of spec.shapes) {
        const [shareX, shareY] = PLACES[at];
        // Three in a row stand at 1/6, 3/6 and 5/6, two at 1/4 and 3/4.
        const spread = crowded ? 4 / 3 : 1;
        const room = Math.min(
            spec.width / (sideways ? (crowded ? 3 : 2) : 1),
            spec.height / (upright ? (crowded ? 3 : 2) : 1),
        );
        canvas.shape(
            shape,
            spec.width * (0.5 + (shareX - 0.5) * spread),
            spec.height * (0.5 + (shareY - 0.5) * spread),
            size === undefined ? room * 0.7 : Math.min(spec.width, spec.height) * size,
            fill,
        );
    }
    return canvas;
}

function paintScatter(spec: Extract<ImageSpec, { draw: "scatter" }>, random: () => number): Canvas {
    const canvas = new Canvas(spec.width, spec.height, spec.background);
    const shapes = spec.groups.flatMap((group) => Array.from({ length: group.count }, () => group));
    const columns = Math.max(2, Math.ceil(Math.sqrt((shapes.length * spec.width) / spec.height)));
    const rows = Math.max(2, Math.ceil(shapes.length / columns));
    const [cellWidth, cellHeight] = [spec.width / columns, spec.height / rows];
    const cells = shuffled(
        Array.from({ length: columns * rows }, (_, cell) => cell),
        random,
    );
    shapes.forEach(({ shape, colour: fill }, index) => {
        const cell = cells[index] as number;
        const size = Math.min(cellWidth, cellHeight) * (0.5 + 0.2 * random());
        const jitter = (room: number): number => (random() - 0.5) * (room - size) * 0.8;
        canvas.shape(
            shape,
            ((cell % columns) + 0.5) * cellWidth + jitter(cellWidth),
            (Math.floor(cell / columns) + 0.5) * cellHeight + jitter(cellHeight),
            size,
            fill,
        );
    });
    return canvas;
}

function paintBuilding(
    spec: Extract<ImageSpec, { draw: "building" }>,
    random: () => number,
): Canvas {
    const { width, height } = spec;
    const one = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)] as T;
    const storeys = one(1, 2);
    const columns = one(2, 4);
    const wall = spec.wall ?? one<Colour>("orange", "yellow", "grey");
    const roof = spec.roof ?? "brown";
    const door = spec.door ?? "brown";
    const sunAtLeft = random() < 0.5;

    const canvas = new Canvas(width, height, "sky");
    const ground = height * 0.8;
    canvas.disc(width * (sunAtLeft ? 0.12 : 0.88), height * 0.15, height * 0.07, "yellow");
    canvas.box(0, ground, width, height, "green");

    const halfWidth = width * (0.2 + 0.03 * columns);
    const middle = width * (0.47 + 0.06 * random());
    const [left, right] = [middle - halfWidth, middle + halfWidth];
    const eaves = height * (storeys === 2 ? 0.32 : 0.42);
    const ridge = eaves - height * 0.2;
    canvas.box(left, eaves, right, ground, wall);
    canvas.polygon(
        [
            [left - width * 0.04, eaves],
            [middle, ridge],
            [right + width * 0.04, eaves],
        ],
        roof,
    );

    const storeyHeight = (ground - eaves) / storeys;
    const doorHeight = Math.min(storeyHeight * 0.75, height * 0.24);
    const doorHalf = doorHeight * 0.27;
    canvas.box(
        middle - doorHalf - 4,
        ground - doorHeight - 4,
        middle + doorHalf + 4,
        ground,
        "white",
    );
    canvas.box(middle - doorHalf, ground - doorHeight, middle + doorHalf, ground, door);
    canvas.disc(middle + doorHalf * 0.65, ground - doorHeight * 0.45, doorHalf * 0.14, "yellow");
    canvas.polygon(
        [
            [middle - doorHalf, ground],
            [middle + doorHalf, ground],
            [middle + doorHalf * 2.4, height],
            [middle - doorHalf * 2.4, height],
        ],
        "grey",
    );

    const windowSize = Math.min((halfWidth * 2) / (columns + 1), storeyHeight) * 0.5;
    for (let storey = 0; storey < storeys; storey++) {
        for (let column = 0; column < columns; column++) {
            const x = left + ((column + 0.5) / columns) * 2 * halfWidth;
            const y = eaves + (storey + 0.45) * storeyHeight;
            const besideDoor = Math.abs(x - middle) > doorHalf + windowSize * 0.75;
            if (besideDoor || storey < storeys - 1) {
                paintWindow(canvas, x, y, windowSize);
            }
        }
    }
    return canvas;
}

function paintWindow(canvas: Canvas, x: number, y: number, size: number): void {
    const half = size / 2;
    const frame = Math.max(2, size * 0.08);
    const bar = frame / 2;
    canvas.box(x - half - frame, y - half - frame, x + half + frame, y + half + frame, "white");
    canvas.box(x - half, y - half, x + half, y + half, "blue");
    canvas.box(x - bar, y - half, x + bar, y + half, "white");
    canvas.box(x - half, y - bar, x + half, y + bar, "white");
}
