import { parse } from "shell-quote";

import { UserError } from "./userError";

const ALLOWED =
    'words as a shell splits them, such as pytest /suite -k "not slow", or a JSON list such as ["pytest", "/suite"]';
/** Every quote has its end; the parser takes one without for a whole one. */
const CLOSED = /^(?:[^'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")*$/s;
const NEXT = "correct the command; what a shell does itself is written as sh -c '...'";

/**
 * The words of a command that no shell runs: a JSON list as it is, other text split at spaces outside
 * of quotes, by the rules of a POSIX shell (shell-quote). A pattern such as *.py stays as it is written.
 *
 * @throws UserError for nothing at all, for a word with a line break, for what only a shell can do
 *     (pipes, redirections, variables), for a quote without an end, and for JSON that is no list of words.
 * @example commandWords("pytest /suite -k 'not slow'") // ["pytest", "/suite", "-k", "not slow"]
 */
export function commandWords(text: string): string[] {
    const refuse = (why: string): never => {
        throw new UserError(
            `the command ${JSON.stringify(text.slice(0, 200))} ${why}`,
            ALLOWED,
            NEXT,
        );
    };
    const words = text.trimStart().startsWith("[") ? listed(text, refuse) : split(text, refuse);
    if (words.length === 0 || words[0].trim() === "") {
        refuse("is empty");
    }
    if (words.some((word) => /[\r\n]/.test(word))) {
        refuse("has a line break in a word");
    }
    return words;
}

function listed(text: string, refuse: (why: string) => never): string[] {
    let list: unknown;
    try {
        list = JSON.parse(text);
    } catch (error) {
        refuse(`begins as a JSON list and is none: ${(error as Error).message}`);
    }
    return Array.isArray(list) && list.every((word) => typeof word === "string")
        ? list
        : refuse("is no list of texts");
}

function split(text: string, refuse: (why: string) => never): string[] {
    if (!CLOSED.test(text)) {
        refuse("has a quote without an end");
    }
    return parse(text, (name) => refuse(`has the variable $${name}, which is a shell's`)).map(
        (word) => {
            if (typeof word === "string") {
                return word;
            }
            if ("comment" in word) {
                return refuse(`has a comment: #${word.comment}`);
            }
            return word.op === "glob"
                ? word.pattern
                : refuse(`has "${word.op}", which is a shell's`);
        },
    );
}
