import { z } from "zod";
import { COLOUR_NAMES } from "../canvas";
import { lineExtent, missingCharacter } from "../text/font";

/** A line that can be drawn: the font has each of its characters. */
export const drawable = z
    .string()
    .min(1)
    .superRefine((text, context) => {
        const missing = missingCharacter(text);
        if (missing !== undefined) {
            context.addIssue({
                code: "custom",
                // What cannot be drawn cannot be measured either.
                continue: false,
                message:
                    `the font has no "${missing}"; allowed: ASCII, Latin-1 and the characters ` +
                    "of suite/text/characters.txt",
            });
        }
    });

export const colour = z.enum(COLOUR_NAMES);

export const sizePixels = z
    .int()
    .min(8)
    .max(256)
    .describe("Size of the letters: the em in pixels; a capital has three quarters of it");

/** What every picture has. */
export interface Sides {
    readonly width: number;
    readonly height: number;
}

/** How high a line is with the room above it, in pixels. */
export function lineHeight(size: number): number {
    const { above, below } = lineExtent(size);
    return above + below;
}

/** Complains of what does not fit into a picture. */
export function refuseOverflow(
    needed: Sides,
    { width, height }: Sides,
    context: z.core.$RefinementCtx,
    key: string,
): void {
    if (needed.width > width || needed.height > height) {
        const [wide, high] = [Math.ceil(needed.width), Math.ceil(needed.height)];
        context.addIssue({
            code: "custom",
            path: [key],
            message: `it needs ${wide} x ${high} pixels; allowed: ${width} x ${height}, the picture's size`,
        });
    }
}
