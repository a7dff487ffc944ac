/** What the first bytes of a picture tell. */
export interface PictureHeader {
    readonly mediaType: "image/png" | "image/jpeg" | "image/webp";
    /** Pixels. */
    readonly width: number;
    readonly height: number;
}

/**
 * Reads type and size of a picture from its first bytes, whatever its name is.
 *
 * Sources: W3C PNG, 11.2.2 (https://www.w3.org/TR/png-3/#11IHDR); ITU-T T.81, B.2.2
 * (https://www.w3.org/Graphics/JPEG/itu-t81.pdf); RFC 9649, 2.5 to 2.7 (https://www.rfc-editor.org/rfc/rfc9649).
 *
 * @returns undefined for anything else than PNG, JPEG and WebP, and for a header that is cut off.
 */
export function sizeOfPicture(bytes: Buffer): PictureHeader | undefined {
    const header = ofPng(bytes) ?? ofJpeg(bytes) ?? ofWebp(bytes);
    return header && header.width > 0 && header.height > 0 ? header : undefined;
}

function ofPng(bytes: Buffer): PictureHeader | undefined {
    if (bytes.length < 33 || bytes.toString("latin1", 0, 8) !== "\x89PNG\r\n\x1a\n") {
        return undefined;
    }
    return {
        mediaType: "image/png",
        width: bytes.readUInt32BE(16),
        height: bytes.readUInt32BE(20),
    };
}

function ofJpeg(bytes: Buffer): PictureHeader | undefined {
    if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) {
        return undefined;
    }
    for (let at = 2; at + 9 <= bytes.length;) {
        const marker = bytes[at + 1] as number;
        if (bytes[at] !== 0xff) {
            return undefined;
        }
        // A frame header; between them lie the tables DHT, JPG and DAC.
        if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
            return {
                mediaType: "image/jpeg",
                width: bytes.readUInt16BE(at + 7),
                height: bytes.readUInt16BE(at + 5),
            };
        }
        // A marker may be preceded by fill bytes, which are 0xff too.
        at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
    }
    return undefined;
}

function ofWebp(bytes: Buffer): PictureHeader | undefined {
    const isWebp =
        bytes.length >= 30 &&
        bytes.toString("latin1", 0, 4) === "RIFF" &&
        bytes.toString("latin1", 8, 12) === "WEBP";
    if (!isWebp) {
        return undefined;
    }
    const mediaType = "image/webp";
    switch (bytes.toString("latin1", 12, 16)) {
        case "VP8 ":
            return {
                mediaType,
                width: bytes.readUInt16LE(26) & 0x3fff,
                height: bytes.readUInt16LE(28) & 0x3fff,
            };
        case "VP8L": {
            const packed = bytes.readUInt32LE(21);
            return {
                mediaType,
                width: (packed & 0x3fff) + 1,
                height: ((packed >>> 14) & 0x3fff) + 1,
            };
        }
        case "VP8X":
            return {
                mediaType,
                width: bytes.readUIntLE(24, 3) + 1,
                height: bytes.readUIntLE(27, 3) + 1,
            };
        default:
            return undefined;
    }
}
