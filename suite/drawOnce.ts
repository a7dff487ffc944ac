import { drawImage, DrawnImage, ImageSpec } from "./images";

const drawn = new WeakMap<ImageSpec, DrawnImage>();

/**
 * Draws a case's picture, once for as long as the case is there: a case that is asked again, or one of many
 * runs, shows the very same picture. One that moves with a measured request is drawn anew.
 *
 * @param seedOffset as of drawImage.
 */
export function drawOnce(spec: ImageSpec, seedOffset = 0): DrawnImage {
    if (seedOffset !== 0) {
        return drawImage(spec, seedOffset);
    }
    const image = drawn.get(spec) ?? drawImage(spec);
    drawn.set(spec, image);
    return image;
}
