import { z } from "zod";
import { Canvas } from "../canvas";
import { drawText } from "../text/drawText";
import { textWidth } from "../text/font";
import { colour, drawable, lineHeight, refuseOverflow, Sides, sizePixels } from "./writing";

/** Of a picture with `draw: sign`. */
export const signFields = {
    draw: z.literal("sign"),
    text: drawable,
    sizePixels,
    board: colour.default("white"),
    colour: colour.default("black"),
};
export type SignSpec = z.infer<z.ZodObject<typeof signFields>> & Sides;

const boardOf = ({ text, sizePixels: size }: SignSpec): Sides => ({
    width: textWidth(text, size) + size * 1.2,
    height: lineHeight(size) * 1.2,
});

/** Refuses a board that leaves the upper part of the picture, where it hangs. */
export function checkSign(spec: SignSpec, context: z.core.$RefinementCtx): void {
    const room = { width: spec.width, height: Math.floor(spec.height * 0.6) };
    refuseOverflow(boardOf(spec), room, context, "text");
}

/** A board with a word on two posts in the grass, under the sky. */
export function paintSign(spec: SignSpec): Canvas {
    const { width, height } = spec;
    const canvas = new Canvas(width, height, "sky");
    const ground = height * 0.8;
    canvas.box(0, ground, width, height, "green");
    canvas.disc(width * 0.1, height * 0.1, height * 0.06, "yellow");
    const board = boardOf(spec);
    const [left, top] = [(width - board.width) / 2, height * 0.4 - board.height / 2];
    const [right, bottom] = [left + board.width, top + board.height];
    const post = Math.max(4, board.width * 0.04);
    for (const x of [left + board.width * 0.15, right - board.width * 0.15]) {
        canvas.box(x - post / 2, bottom, x + post / 2, ground + height * 0.08, "brown");
    }
    const rim = 4;
    canvas.box(left - rim, top - rim, right + rim, bottom + rim, "brown");
    canvas.box(left, top, right, bottom, spec.board);
    drawText(canvas, spec.text, width / 2, (top + bottom) / 2, {
        sizePixels: spec.sizePixels,
        colour: spec.colour,
        align: "centre",
    });
    return canvas;
}
