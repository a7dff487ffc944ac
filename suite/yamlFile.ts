import { isAlias, isCollection, isMap, isPair, LineCounter, Node, parseDocument } from "yaml";
import type { Document } from "yaml";
import { z } from "zod";
import { UserError } from "../common/userError";

/**
 * Reads YAML by a schema.
 *
 * @param file its name in messages.
 * @param published where people find what the schema allows.
 * @returns the value with the schema's defaults, and as it was written.
 * @throws UserError naming file, line and key of the first thing that is wrong.
 */
export function parseYamlFile<S extends z.ZodType>(
    text: string,
    file: string,
    schema: S,
    published: string,
): { value: z.output<S>; written: unknown } {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines });
    const [broken] = document.errors;
    if (broken) {
        const { line } = lines.linePos(broken.pos[0]);
        const [reason] = broken.message.split(" at line ");
        throw new UserError(`${file}:${line}: not valid YAML: ${reason}.`);
    }
    const written: unknown = document.toJS();
    const parsed = schema.safeParse(written);
    if (parsed.success) {
        return { value: parsed.data, written };
    }
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    const path = [...issue.path];
    if (issue.code === "unrecognized_keys") {
        path.push(issue.keys[0] as string);
    }
    const { line } = lines.linePos(offsetOf(document, path));
    throw new UserError(
        `${file}:${line}: ${keyOf(path) || "the file"}: ${issue.message}.`,
        undefined,
        `${published} lists what it may say`,
    );
}

/** @example keyOf(["cases", 0, "title"]) // "cases[0].title" */
export function keyOf(path: readonly PropertyKey[]): string {
    return path
        .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
        .join("")
        .replace(/^\./, "");
}

/** Where in the text the deepest existing part of a path begins; a key's place, not its value's. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
    let node = document.contents as Node | null;
    let offset = node?.range?.[0] ?? 0;
    for (const part of path) {
        if (isAlias(node)) {
            node = node.resolve(document) ?? null;
        }
        if (!isCollection(node)) {
            break;
        }
        const item = isMap(node)
            ? node.items.find(({ key }) => String(key) === String(part))
            : node.items[Number(part)];
        const [from, next] = isPair(item)
            ? [item.key as Node | null, item.value as Node | null]
            : [item as Node | null, item as Node | null];
        if (!from) {
            break;
        }
        offset = from.range?.[0] ?? offset;
        node = next;
    }
    return offset;
}
