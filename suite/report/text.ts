const ENTITIES: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
};

/** Text that is safe in HTML, in an element or in a quoted attribute. What nobody could see is made visible. */
export function escapeHtml(text: string): string {
    return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

// Control characters (C0 but tab and line feed, DEL, C1), the marks that turn the direction of what
// follows them (Unicode Annex 9: embeddings, overrides, isolates), and halves of surrogate pairs.
const UNSEEN =
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/**
 * A model may write anything: a control character becomes its picture, a mark of direction its code.
 *
 * @example visible("a\u0007b\u202ec") // "a␇b[U+202E]c"
 */
export function visible(text: string): string {
    return text.replace(/\r\n/g, "\n").replace(UNSEEN, (character) => {
        const code = character.codePointAt(0) as number;
        if (code < 0x20) {
            return String.fromCodePoint(0x2400 + code);
        }
        const isDirection = code >= 0x2000 && code < 0x3000;
        return isDirection
            ? `[U+${code.toString(16).toUpperCase()}]`
            : code === 0x7f
              ? "␡"
              : "\ufffd";
    });
}

/**
 * The beginning of a text that is too long to be shown, and how much is missing.
 *
 * @example cut("abcdef", 4) // { text: "abcd", missing: 2 }
 */
export function cut(text: string, mostCharacters: number): { text: string; missing: number } {
    return text.length <= mostCharacters
        ? { text, missing: 0 }
        : { text: text.slice(0, mostCharacters), missing: text.length - mostCharacters };
}

/** A sentence of its own: a capital at its beginning, an end mark at its end. */
export function sentence(text: string): string {
    const first = text.charAt(0).toUpperCase() + text.slice(1);
    return /[.!?。…]$/.test(first) ? first : `${first}.`;
}

/** @example duration(75) // "1 min 15 s" */
export function duration(seconds: number): string {
    if (seconds < 60) {
        return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
    }
    return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`;
}

/** @example milliseconds(0.0123) // "12 ms" */
export function milliseconds(seconds: number): string {
    return seconds < 10 ? `${grouped(Math.round(seconds * 1000))} ms` : duration(seconds);
}

/** Three digits, or a whole number with its digits in groups. */
export function rounded(value: number): string {
    return value >= 100 ? grouped(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Digits in groups of three. */
export function grouped(value: number): string {
    return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
