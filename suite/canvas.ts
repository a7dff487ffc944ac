import { IndexedPicture } from "./png";

/** The colours that a case may name; a person and a model call each of them by this name. */
export const COLOURS = {
    red: [220, 30, 30],
    green: [30, 150, 50],
    blue: [30, 80, 210],
    yellow: [250, 215, 30],
    black: [0, 0, 0],
    white: [255, 255, 255],
    orange: [245, 130, 20],
    purple: [130, 40, 160],
    brown: [120, 70, 30],
    grey: [130, 130, 130],
    sky: [150, 205, 245],
} as const;
export type Colour = keyof typeof COLOURS;
export const COLOUR_NAMES = Object.keys(COLOURS) as [Colour, ...Colour[]];

export const SHAPES = ["circle", "square", "rectangle", "triangle", "star"] as const;
export type Shape = (typeof SHAPES)[number];

type Point = readonly [x: number, y: number];

/** Draws flat shapes on a picture with a palette, row by row, without smoothing of edges. */
export class Canvas implements IndexedPicture {
    readonly palette = Object.values(COLOURS);
    readonly pixels: Uint8Array;

    constructor(
        readonly width: number,
        readonly height: number,
        background: Colour,
    ) {
        this.pixels = new Uint8Array(width * height).fill(COLOUR_NAMES.indexOf(background));
    }

    /** A rectangle by its left, top, right and bottom edge in pixels. */
    box(left: number, top: number, right: number, bottom: number, colour: Colour): void {
        for (let y = Math.max(0, Math.round(top)); y < Math.round(bottom); y++) {
            this.span(y, left, right, colour);
        }
    }

    /** A disc by its centre and radius in pixels. */
    disc(centreX: number, centreY: number, radius: number, colour: Colour): void {
        for (let y = Math.floor(centreY - radius); y <= centreY + radius; y++) {
            const half = Math.sqrt(radius ** 2 - (y + 0.5 - centreY) ** 2);
            if (half > 0) {
                this.span(y, centreX - half, centreX + half, colour);
            }
        }
    }

    /**
     * A polygon, filled by the even-odd rule.
     *
     * @param narrowest spans of fewer pixels are left out: where a slanting tip ends, they would be islands.
     */
    polygon(points: readonly Point[], colour: Colour, narrowest = 0): void {
        const rows = points.map(([, y]) => y);
        for (let y = Math.floor(Math.min(...rows)); y <= Math.max(...rows); y++) {
            const crossings = points
                .map((from, index) => [from, points[(index + 1) % points.length] as Point] as const)
                .filter(([from, to]) => from[1] <= y + 0.5 !== to[1] <= y + 0.5)
                .map(([[x1, y1], [x2, y2]]) => x1 + ((y + 0.5 - y1) / (y2 - y1)) * (x2 - x1))
                .sort((a, b) => a - b);
            for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
                const [left, right] = [crossings[pair] as number, crossings[pair + 1] as number];
                if (right - left >= narrowest) {
                    this.span(y, left, right, colour);
                }
            }
        }
    }

    /** A named shape about a centre, within a box of `size` pixels a side. */
    shape(shape: Shape, centreX: number, centreY: number, size: number, colour: Colour): void {
        const half = size / 2;
        const around = (angles: number, radiusOf: (corner: number) => number): Point[] =>
            Array.from({ length: angles }, (_, corner) => {
                const angle = (corner / angles) * 2 * Math.PI - Math.PI / 2;
                const radius = radiusOf(corner);
                return [centreX + radius * Math.cos(angle), centreY + radius * Math.sin(angle)];
            });
        switch (shape) {
            case "circle":
                return this.disc(centreX, centreY, half, colour);
            case "square": {
                const side = half * 0.88;
                return this.box(
                    centreX - side,
                    centreY - side,
                    centreX + side,
                    centreY + side,
                    colour,
                );
            }
            case "rectangle":
                return this.box(
                    centreX - half,
                    centreY - half / 2,
                    centreX + half,
                    centreY + half / 2,
                    colour,
                );
            case "triangle":
                return this.polygon(
                    [
                        [centreX, centreY - half * 0.9],
                        [centreX + half, centreY + half * 0.8],
                        [centreX - half, centreY + half * 0.8],
                    ],
                    colour,
                );
            case "star":
                return this.polygon(
                    around(10, (corner) => (corner % 2 === 0 ? half : half * 0.42)),
                    colour,
                    // The row above reaches 1.2 pixels of it at least, so one pixel in common.
                    1.5,
                );
        }
    }

    /** A smaller copy, nearest pixel, whose longer side is at most `longest` pixels. */
    thumbnail(longest: number): IndexedPicture {
        const scale = Math.min(1, longest / Math.max(this.width, this.height));
        const width = Math.max(1, Math.round(this.width * scale));
        const height = Math.max(1, Math.round(this.height * scale));
        const pixels = new Uint8Array(width * height);
        for (let y = 0; y < height; y++) {
            const row = Math.floor(((y + 0.5) / height) * this.height) * this.width;
            for (let x = 0; x < width; x++) {
                const from = row + Math.floor(((x + 0.5) / width) * this.width);
                pixels[y * width + x] = this.pixels[from] as number;
            }
        }
        return { width, height, palette: this.palette, pixels };
    }

    private span(y: number, left: number, right: number, colour: Colour): void {
        if (y >= 0 && y < this.height) {
            const from = Math.min(this.width, Math.max(0, Math.round(left)));
            const to = Math.min(this.width, Math.max(from, Math.round(right)));
            this.pixels.fill(
                COLOUR_NAMES.indexOf(colour),
                y * this.width + from,
                y * this.width + to,
            );
        }
    }
}
