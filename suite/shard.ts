import { UserError } from "../common/userError";

/** Which part of a tier's cases, from 1. */
export interface Shard {
    readonly index: number;
    readonly of: number;
}

/**
 * Reads what `--shard` says.
 *
 * @throws UserError for what is no shard.
 * @example parseShard("2/4") // { index: 2, of: 4 }
 */
export function parseShard(text: string): Shard {
    const [, index, of] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number);
    if (!index || !of || index > of) {
        throw new UserError(
            `--shard "${text}"`,
            "NUMBER/COUNT, the number from 1 to the count",
            "such as --shard 2/4 on the second of four machines",
        );
    }
    return { index, of };
}

/** @example sayShard({ index: 2, of: 4 }) // "2/4" */
export function sayShard({ index, of }: Shard): string {
    return `${index}/${of}`;
}
