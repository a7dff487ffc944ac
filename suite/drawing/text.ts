import { z } from "zod";
import { Canvas } from "../canvas";
import { drawText } from "../text/drawText";
import { textWidth } from "../text/font";
import { colour, drawable, lineHeight, refuseOverflow, Sides, sizePixels } from "./writing";

/** Of a picture with `draw: text`. */
export const textFields = {
    draw: z.literal("text"),
    background: colour.default("white"),
    colour: colour.default("black"),
    sizePixels,
    align: z.enum(["left", "centre"]).default("centre"),
    lines: z.array(drawable).min(1).max(60),
};
export type TextSpec = z.infer<z.ZodObject<typeof textFields>> & Sides;

const neededBy = ({ lines, sizePixels: size }: TextSpec): Sides => ({
    width: Math.max(...lines.map((line) => textWidth(line, size))),
    height: lines.length * lineHeight(size),
});

/** Refuses lines that leave the picture. */
export function checkText(spec: TextSpec, context: z.core.$RefinementCtx): void {
    refuseOverflow(neededBy(spec), spec, context, "lines");
}

/** Lines in the middle of a plain ground. */
export function paintText(spec: TextSpec): Canvas {
    const { width, height, sizePixels: size, align, lines } = spec;
    const canvas = new Canvas(width, height, spec.background);
    const needed = neededBy(spec);
    const x = align === "centre" ? width / 2 : (width - needed.width) / 2;
    lines.forEach((line, index) => {
        const middle = (height - needed.height) / 2 + (index + 0.5) * lineHeight(size);
        drawText(canvas, line, x, middle, { sizePixels: size, colour: spec.colour, align });
    });
    return canvas;
}
