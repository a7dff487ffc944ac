import { ascender, descender, glyphs, unitsPerEm } from "./glyphs.json";

/** One step of an outline, in units of the font, upwards: to `x`, `y`, by way of `control` in a curve. */
interface Step {
    readonly kind: "m" | "l" | "q";
    readonly control?: Point;
    readonly to: Point;
}
export type Point = readonly [x: number, y: number];

interface Glyph {
    /** How far the next character stands, in units of the font. */
    readonly advance: number;
    readonly steps: string;
}

const CURVE_PIECES = 6;

const GLYPHS: ReadonlyMap<string, Glyph> = new Map(
    glyphs.map((line) => {
        // The character, its advance, its outline: "l113 m46 0l...".
        const [character = ""] = line;
        const [advance = "", steps = ""] = line.slice(character.length).split(/ (.*)/);
        return [character, { advance: Number(advance), steps }];
    }),
);

/** The first character of a text that the font cannot draw. @example missingCharacter("a🦊") // "🦊" */
export function missingCharacter(text: string): string | undefined {
    return [...text].find((character) => !GLYPHS.has(character));
}

/** How wide a text is, in pixels. @example textWidth("Hi", 20) */
export function textWidth(text: string, sizePixels: number): number {
    const units = [...text].reduce((sum, character) => sum + glyphOf(character).advance, 0);
    return (units * sizePixels) / unitsPerEm;
}

/** From the baseline up to the top of a line, and down to its bottom, in pixels. */
export function lineExtent(sizePixels: number): { above: number; below: number } {
    return {
        above: (ascender * sizePixels) / unitsPerEm,
        below: (-descender * sizePixels) / unitsPerEm,
    };
}

/**
 * The closed lines that make a character, in pixels; y grows downwards from the baseline, which is 0.
 *
 * @throws Error for a character that the font lacks; `missingCharacter` finds it before.
 */
export function outlinesOf(character: string, sizePixels: number): Point[][] {
    const scale = sizePixels / unitsPerEm;
    const outlines: Point[][] = [];
    let at: Point = [0, 0];
    for (const { kind, control, to } of stepsOf(glyphOf(character).steps)) {
        if (kind === "m") {
            outlines.push([]);
        }
        const outline = outlines[outlines.length - 1] as Point[];
        for (const [x, y] of control ? curve(at, control, to) : [to]) {
            outline.push([x * scale, -y * scale]);
        }
        at = to;
    }
    return outlines;
}

function glyphOf(character: string): Glyph {
    const glyph = GLYPHS.get(character);
    if (!glyph) {
        throw new Error(`the font has no "${character}"`);
    }
    return glyph;
}

function stepsOf(steps: string): Step[] {
    let [x, y] = [0, 0];
    return [...steps.matchAll(/([mlq])([-\d ]+)/g)].map(([, kind, numbers = ""]) => {
        const deltas = numbers.trim().split(" ").map(Number);
        const points: Point[] = [];
        for (let index = 0; index + 1 < deltas.length; index += 2) {
            x += deltas[index] as number;
            y += deltas[index + 1] as number;
            points.push([x, y]);
        }
        const to = points[points.length - 1] as Point;
        return { kind: kind as Step["kind"], control: kind === "q" ? points[0] : undefined, to };
    });
}

/** A quadratic Bézier curve as short lines. */
function curve(from: Point, control: Point, to: Point): Point[] {
    return Array.from({ length: CURVE_PIECES }, (_, index) => {
        const t = (index + 1) / CURVE_PIECES;
        const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
        return [a * from[0] + b * control[0] + c * to[0], a * from[1] + b * control[1] + c * to[1]];
    });
}
