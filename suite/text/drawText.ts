import type { Canvas, Colour } from "../canvas";
import { lineExtent, outlinesOf, Point, textWidth } from "./font";

const ROWS_A_PIXEL = 8;
/** Steps between no cover and full cover: few, because each is a colour of the palette. */
const LEVELS = 16;

export type Alignment = "left" | "centre" | "right";

/**
 * Writes one line of text with smooth edges.
 *
 * @param x where it begins, has its middle or ends, by the alignment, in pixels.
 * @param middleY the middle between the line's top and bottom, in pixels.
 * @example drawText(canvas, "Exit", 100, 40, { sizePixels: 24, colour: "black" });
 */
export function drawText(
    canvas: Canvas,
    text: string,
    x: number,
    middleY: number,
    look: { sizePixels: number; colour: Colour; align?: Alignment },
): void {
    const { sizePixels, colour, align = "left" } = look;
    const { above, below } = lineExtent(sizePixels);
    const baseline = Math.round(middleY + (above - below) / 2);
    const width = textWidth(text, sizePixels);
    let pen = x - { left: 0, centre: width / 2, right: width }[align];
    for (const character of text) {
        fill(canvas, outlinesOf(character, sizePixels), pen, baseline, colour);
        pen += textWidth(character, sizePixels);
    }
}

/** Fills outlines by the non-zero rule: each row of pixels is cut into some thin ones. */
function fill(
    canvas: Canvas,
    outlines: readonly Point[][],
    x: number,
    y: number,
    colour: Colour,
): void {
    const points = outlines.flat();
    if (points.length === 0) {
        return;
    }
    const edges = outlines.flatMap((outline) =>
        outline.map(
            (from, index) => [from, outline[(index + 1) % outline.length] as Point] as const,
        ),
    );
    const rows = points.map(([, row]) => row + y);
    const columns = points.map(([column]) => column + x);
    const [left, right] = [Math.floor(Math.min(...columns)), Math.ceil(Math.max(...columns))];
    for (let row = Math.floor(Math.min(...rows)); row < Math.max(...rows); row++) {
        const cover = new Float64Array(right - left + 1);
        for (let part = 0; part < ROWS_A_PIXEL; part++) {
            const height = row + (part + 0.5) / ROWS_A_PIXEL - y;
            for (const [from, to] of insideSpans(edges, height)) {
                addSpan(cover, from + x - left, to + x - left);
            }
        }
        cover.forEach((sum, column) => {
            const level = Math.round((sum / ROWS_A_PIXEL) * LEVELS);
            if (level > 0) {
                canvas.blend(left + column, row, colour, Math.min(1, level / LEVELS));
            }
        });
    }
}

/** Where a horizontal line is inside of the outlines. */
function insideSpans(
    edges: readonly (readonly [Point, Point])[],
    y: number,
): [from: number, to: number][] {
    const crossings = edges
        .filter(([from, to]) => from[1] <= y !== to[1] <= y)
        .map(([[x1, y1], [x2, y2]]) => ({
            x: x1 + ((y - y1) / (y2 - y1)) * (x2 - x1),
            turn: y2 > y1 ? 1 : -1,
        }))
        .sort((a, b) => a.x - b.x);
    const spans: [number, number][] = [];
    let winding = 0;
    let entered = 0;
    for (const { x, turn } of crossings) {
        if (winding === 0) {
            entered = x;
        }
        winding += turn;
        if (winding === 0) {
            spans.push([entered, x]);
        }
    }
    return spans;
}

/** Adds to each pixel how much of it lies between two places of a row. */
function addSpan(cover: Float64Array, from: number, to: number): void {
    for (let column = Math.floor(from); column < to; column++) {
        const part = Math.min(to, column + 1) - Math.max(from, column);
        cover[column] = (cover[column] as number) + part;
    }
}
