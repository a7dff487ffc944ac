import { isAlias, isCollection, isMap, isPair, LineCounter, Node, parseDocument } from "yaml";
import type { Document } from "yaml";
import { z } from "zod";
import { UserError } from "../common/userError";

/**
 * Reads YAML by a schema.
 *
 * @param file its name in messages.
 * @param published where people find what the schema allows.
 * @param look what else may be wrong with it: a path and what is wrong there.
 * @returns the value with the schema's defaults, and as it was written.
 * @throws UserError naming file, line and key of the first thing that is wrong.
 */
export function parseYamlFile<S extends z.ZodType>(
    text: string,
    file: string,
    schema: S,
    published: string,
    look: (value: z.output<S>) => Fault | undefined = () => undefined,
): { value: z.output<S>; written: unknown } {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, merge: true });
    const [broken] = document.errors;
    if (broken) {
        const { line } = lines.linePos(broken.pos[0]);
        const [reason] = broken.message.split(" at line ");
        throw new UserError(`${file}:${line}: not valid YAML: ${reason}.`);
    }
    const written: unknown = document.toJS();
    const parsed = schema.safeParse(written);
    const fault = parsed.success ? look(parsed.data) : faultOf(parsed.error);
    if (parsed.success && !fault) {
        return { value: parsed.data, written };
    }
    const { path, message } = fault as Fault;
    const { line } = lines.linePos(offsetOf(document, path));
    throw new UserError(
        `${file}:${line}: ${keyOf(path) || "the file"}: ${message}.`,
        undefined,
        `${published} lists what it may say`,
    );
}

/** Something that is wrong, and where. */
export interface Fault {
    readonly path: readonly PropertyKey[];
    readonly message: string;
}

function faultOf({ issues }: z.ZodError): Fault {
    const issue = issues[0] as z.core.$ZodIssue;
    const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
    return { path: [...issue.path, ...unknown], message: issue.message };
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
