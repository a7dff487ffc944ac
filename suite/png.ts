import { deflateSync } from "node:zlib";

/** A picture of few flat colours: one palette index for each pixel, row by row. */
export interface IndexedPicture {
    readonly width: number;
    readonly height: number;
    /** At most 256 colours, each red, green, blue from 0 to 255. */
    readonly palette: readonly (readonly [number, number, number])[];
    readonly pixels: Uint8Array;
}

const CRC_TABLE = Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) {
        value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    }
    return value >>> 0;
});

function crc32(bytes: Buffer): number {
    let crc = 0xffffffff;
    for (const byte of bytes) {
        crc = (CRC_TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
    }
    return (crc ^ 0xffffffff) >>> 0;
}

function chunk(type: string, data: Buffer): Buffer {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const whole = Buffer.alloc(body.length + 8);
    whole.writeUInt32BE(data.length, 0);
    body.copy(whole, 4);
    whole.writeUInt32BE(crc32(body), body.length + 4);
    return whole;
}

/**
 * Encodes a picture as a PNG with a palette (colour type 3, 8 bits, no filter).
 *
 * pngjs writes no palettes, and takes seconds for the RGB of 4096 x 4096 pixels; this takes a tenth
 * of one, because a flat area deflates at memory speed. Format: W3C PNG, sections 5 and 11.
 */
export function encodeIndexedPng(picture: IndexedPicture): Buffer {
    const { width, height, palette, pixels } = picture;
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 3, 0, 0, 0], 8);
    const rows = Buffer.alloc((width + 1) * height);
    for (let y = 0; y < height; y++) {
        rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
    }
    return framed(header, rows, [chunk("PLTE", Buffer.from(palette.flat()))]);
}

/** The other ways in which a PNG may hold the same picture; `rgba` with a background that is transparent. */
export const PIXEL_FORMATS = ["rgb", "rgb-16", "grey", "grey-16", "rgba"] as const;
export type PixelFormat = (typeof PIXEL_FORMATS)[number];

/** PNG's colour type and bits a channel. Source: W3C PNG, table 12. */
const FORMATS = {
    rgb: [2, 8],
    "rgb-16": [2, 16],
    grey: [0, 8],
    "grey-16": [0, 16],
    rgba: [6, 8],
} as const satisfies Record<PixelFormat, readonly [colourType: number, bits: number]>;

/**
 * Encodes a picture as a PNG without a palette.
 *
 * In `rgba` the colour of the first pixel, the background, is transparent black: who ignores alpha sees black
 * there. Grey is the luma of ITU-R BT.601.
 */
export function encodePng(picture: IndexedPicture, format: PixelFormat): Buffer {
    const { width, height, palette, pixels } = picture;
    const [colourType, bits] = FORMATS[format];
    const samples = palette.map(([red, green, blue], index) => {
        switch (format) {
            case "grey":
            case "grey-16":
                return [Math.round(0.299 * red + 0.587 * green + 0.114 * blue)];
            case "rgba":
                return index === pixels[0] ? [0, 0, 0, 0] : [red, green, blue, 255];
            default:
                return [red, green, blue];
        }
    });
    // A sample of 16 bits is 257 times that of 8, so its byte twice.
    const colours = samples.map((one) =>
        Buffer.from(bits === 16 ? one.flatMap((sample) => [sample, sample]) : one),
    );
    const pixelBytes = (colours[0] as Buffer).length;
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([bits, colourType, 0, 0, 0], 8);
    const rowBytes = width * pixelBytes + 1;
    const rows = Buffer.alloc(rowBytes * height);
    pixels.forEach((colour, pixel) => {
        const at = Math.floor(pixel / width) * rowBytes + 1 + (pixel % width) * pixelBytes;
        rows.set(colours[colour] as Buffer, at);
    });
    return framed(header, rows, []);
}

function framed(header: Buffer, rows: Buffer, between: readonly Buffer[]): Buffer {
    return Buffer.concat([
        Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
        chunk("IHDR", header),
        ...between,
        chunk("IDAT", deflateSync(rows, { level: 1 })),
        chunk("IEND", Buffer.alloc(0)),
    ]);
}
