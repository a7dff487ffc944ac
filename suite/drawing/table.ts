import { z } from "zod";
import { Canvas } from "../canvas";
import { drawText } from "../text/drawText";
import { textWidth } from "../text/font";
import { colour, drawable, lineHeight, refuseOverflow, Sides, sizePixels } from "./writing";

const cells = z.array(drawable).min(2).max(12);

/** Of a picture with `draw: table`. */
export const tableFields = {
    draw: z.literal("table"),
    sizePixels: sizePixels.default(18),
    headerColour: colour.default("white").describe("The ground of the header"),
    ruled: z.boolean().default(true).describe("Lines between the cells"),
    header: cells,
    rows: z.array(cells).min(1).max(20),
};
export type TableSpec = z.infer<z.ZodObject<typeof tableFields>> & Sides;

/** Refuses a row with a cell too many or too few, and a table that leaves the picture. */
export function checkTable(spec: TableSpec, context: z.core.$RefinementCtx): void {
    spec.rows.forEach((row, index) => {
        if (row.length !== spec.header.length) {
            context.addIssue({
                code: "custom",
                path: ["rows", index],
                message: `${row.length} cells; allowed: ${spec.header.length}, as in the header`,
            });
        }
    });
    refuseOverflow(neededBy(spec), spec, context, "rows");
}

/** A table on a white ground: names at the left of their cells, everything else at the right. */
export function paintTable(spec: TableSpec): Canvas {
    const { sizePixels: size } = spec;
    const canvas = new Canvas(spec.width, spec.height, "white");
    const widths = columnWidths(spec);
    const needed = neededBy(spec);
    const rowHeight = Math.round(lineHeight(size) * 1.2);
    const left = Math.round((spec.width - needed.width) / 2);
    const top = Math.round((spec.height - needed.height) / 2);
    const bottom = top + rowHeight * (spec.rows.length + 1);
    const edges = widths.reduce((all, wide) => [...all, (all.at(-1) as number) + wide], [left]);
    const right = edges.at(-1) as number;
    canvas.box(left, top, right, top + rowHeight, spec.headerColour);
    [spec.header, ...spec.rows].forEach((row, rowIndex) => {
        row.forEach((text, column) => {
            const align = column === 0 ? "left" : "right";
            const x = column === 0 ? left + size * 0.6 : (edges[column + 1] as number) - size * 0.6;
            const middle = top + (rowIndex + 0.5) * rowHeight;
            drawText(canvas, text, x, middle, { sizePixels: size, colour: "black", align });
        });
        if (spec.ruled) {
            canvas.box(
                left,
                top + rowIndex * rowHeight,
                right,
                top + rowIndex * rowHeight + 1,
                "black",
            );
        }
    });
    if (spec.ruled) {
        canvas.box(left, bottom, right + 1, bottom + 1, "black");
        edges.forEach((edge) => canvas.box(edge, top, edge + 1, bottom, "black"));
    }
    return canvas;
}

function columnWidths({ header, rows, sizePixels: size }: TableSpec): number[] {
    return header.map((name, column) => {
        const texts = [name, ...rows.map((row) => row[column] ?? "")];
        return Math.round(Math.max(...texts.map((text) => textWidth(text, size))) + size * 1.6);
    });
}

function neededBy(spec: TableSpec): Sides {
    return {
        width: columnWidths(spec).reduce((sum, wide) => sum + wide, 0),
        height: Math.round(lineHeight(spec.sizePixels) * 1.2) * (spec.rows.length + 1),
    };
}
