import type { z } from "zod";
import type { imageSchema } from "../images";
import type { Dice } from "./family";
import { SHAPE_COLOURS, ShapeColour, TELLABLE_SHAPES, TellableShape } from "./words";

type Picture = z.input<typeof imageSchema>;

/** One shape where a picture has several. */
export interface Placed {
    readonly shape: TellableShape;
    readonly colour: ShapeColour;
    readonly at: "left" | "right" | "top" | "bottom" | "centre";
    readonly size?: number;
}

/** One shape in the middle of a small picture; its size is a share of the picture's side. */
export function single(
    name: string,
    shape: TellableShape,
    colour: ShapeColour,
    size = 0.7,
    background: "white" | "black" | "grey" = "white",
): Picture {
    return {
        name,
        draw: "shapes",
        width: 256,
        height: 256,
        background,
        shapes: [{ shape, colour, at: "centre", size }],
    };
}

/** Three shapes of three colours, for a row. */
export function threeShapes(dice: Dice): {
    shapes: TellableShape[];
    colours: ShapeColour[];
    placed: Placed[];
} {
    const shapes = dice.some(3, TELLABLE_SHAPES);
    const colours = dice.some(3, SHAPE_COLOURS);
    const places = ["left", "centre", "right"] as const;
    const placed = shapes.map((shape, index): Placed => ({
        shape,
        colour: colours[index] ?? "red",
        at: places[index] ?? "centre",
    }));
    return { shapes, colours, placed };
}

/** Shapes beside each other. */
export function row(name: string, shapes: readonly Placed[]): Picture {
    return { name, draw: "shapes", width: 448, height: 256, shapes: [...shapes] };
}

/** Shapes one above the other. */
export function column(name: string, shapes: readonly Placed[]): Picture {
    return { name, draw: "shapes", width: 256, height: 448, shapes: [...shapes] };
}

/** Counted shapes here and there. */
export function scattered(
    name: string,
    seed: number,
    groups: readonly { shape: TellableShape; colour: ShapeColour; count: number }[],
): Picture {
    return { name, draw: "scatter", width: 448, height: 448, seed, groups: [...groups] };
}
