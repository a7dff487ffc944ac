import { z } from "zod";
import { Canvas } from "../canvas";
import { strictShape } from "../checks/strictShape";
import { drawText } from "../text/drawText";
import { textWidth } from "../text/font";
import { colour, drawable, lineHeight, Sides, sizePixels } from "./writing";

/** Of a picture with `draw: bar-chart`. */
export const barChartFields = {
    draw: z.literal("bar-chart"),
    title: drawable.optional(),
    sizePixels: sizePixels.default(16),
    axis: strictShape({
        maximum: z.number().gt(0).max(1e6),
        step: z.number().gt(0).describe("From one line of the grid to the next"),
    }).describe("Begins at 0"),
    printed: z.boolean().default(true).describe("Each bar has its value above it"),
    bars: z
        .array(
            strictShape({
                label: drawable,
                value: z.number().min(0),
                colour: colour.default("blue"),
            }),
        )
        .min(1)
        .max(20),
};
export type BarChartSpec = z.infer<z.ZodObject<typeof barChartFields>> & Sides;

/** Refuses bars above the axis and labels that touch each other. */
export function checkBarChart(spec: BarChartSpec, context: z.core.$RefinementCtx): void {
    const { bars, axis, sizePixels: size } = spec;
    const { left, right } = plotOf(spec);
    const room = (right - left) / bars.length - size / 2;
    bars.forEach(({ label, value }, index) => {
        const complain = (message: string, key: string): void =>
            context.addIssue({ code: "custom", message, path: ["bars", index, key] });
        if (value > axis.maximum) {
            complain(`more than axis.maximum; allowed: up to ${axis.maximum}`, "value");
        }
        if (textWidth(label, size) > room) {
            complain(`wider than its place; allowed: ${Math.floor(room)} pixels`, "label");
        }
    });
}

/** Upright bars on a white ground, with a scale at the left and a grid. */
export function paintBarChart(spec: BarChartSpec): Canvas {
    const { width, height, axis, bars, sizePixels: size } = spec;
    const canvas = new Canvas(width, height, "white");
    const ink = { sizePixels: size, colour: "black" } as const;
    const { left, right, top, bottom } = plotOf(spec);
    const rowOf = (value: number): number =>
        Math.round(bottom - (value / axis.maximum) * (bottom - top));
    if (spec.title !== undefined) {
        drawText(canvas, spec.title, width / 2, size * 1.2, { ...ink, align: "centre" });
    }
    for (let value = 0; value <= axis.maximum; value += axis.step) {
        const row = rowOf(value);
        canvas.box(left, row, right, row + 1, "grey");
        drawText(canvas, String(value), left - size / 2, row, { ...ink, align: "right" });
    }
    const place = (right - left) / bars.length;
    bars.forEach((bar, index) => {
        const middle = left + (index + 0.5) * place;
        const barTop = rowOf(bar.value);
        canvas.box(middle - place * 0.3, barTop, middle + place * 0.3, bottom, bar.colour);
        const below = bottom + lineHeight(size) * 0.7;
        drawText(canvas, bar.label, middle, below, { ...ink, align: "centre" });
        if (spec.printed) {
            const above = barTop - lineHeight(size) * 0.5;
            // The grid must not run through the digits.
            const half = textWidth(String(bar.value), size) / 2 + 3;
            canvas.box(middle - half, above - size / 2, middle + half, above + size / 2, "white");
            drawText(canvas, String(bar.value), middle, above, { ...ink, align: "centre" });
        }
    });
    canvas.box(left, bottom, right, bottom + 2, "black");
    canvas.box(left - 2, top, left, bottom + 2, "black");
    return canvas;
}

function plotOf(spec: BarChartSpec): { left: number; right: number; top: number; bottom: number } {
    const { width, height, axis, sizePixels: size } = spec;
    return {
        left: Math.round(textWidth(String(axis.maximum), size) + size * 1.5),
        right: width - size,
        top: Math.round(size * (spec.title === undefined ? 2 : 4)),
        bottom: Math.round(height - lineHeight(size) * 1.4),
    };
}
