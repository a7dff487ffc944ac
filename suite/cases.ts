import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isAlias, isCollection, isMap, isPair, LineCounter, Node, parseDocument } from "yaml";
import type { Document } from "yaml";
import { z } from "zod";
import { UserError } from "../common/userError";
import { checkSchema } from "./checks";
import { messagePattern } from "./checks/httpError";
import { strictShape } from "./checks/strictShape";
import { imageSchema } from "./images";

/** The four sides of the suite. */
export const DIMENSIONS = ["single-modality", "multimodal", "boundary", "performance"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

const turnSchema = strictShape({
    prompt: z
        .string()
        .min(1)
        .optional()
        .describe("{{index}} becomes the number of a measured request"),
    images: z.array(imageSchema).min(1).optional(),
    filler: strictShape({
        fractionOfContext: z.number().gt(0).max(4),
        atMostTokens: z.int().min(1).optional(),
        sentence: z.string().min(1).describe("Repeated until the length is reached"),
        hidden: z.string().min(1).optional().describe("A sentence put in the middle"),
    })
        .optional()
        .describe("A long text before the prompt, measured by the server's own tokenizer"),
    maxTokens: z.int().min(1).max(8192),
    mayRefuse: strictShape({ status: z.string().regex(/^4(xx|\d\d)$/), message: messagePattern })
        .optional()
        .describe("A refusal like this passes too; its checks are then left out"),
    checks: z.array(checkSchema).min(1),
}).refine((turn) => turn.prompt !== undefined || turn.images !== undefined, {
    message: "a turn needs a prompt, images or both",
});

const measureSchema = z.discriminatedUnion("kind", [
    strictShape({
        kind: z.literal("latency"),
        requests: z.int().min(1).max(100),
        warmUp: z.int().min(0).max(10).default(0),
    }).describe("Requests one after another, streamed"),
    strictShape({
        kind: z.literal("throughput"),
        requests: z.int().min(1).max(1000),
        concurrency: z.int().min(1).max(256),
    }).describe("Requests at the same time, streamed"),
]);

const caseSchema = strictShape({
    id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "small letters, digits and hyphens"),
    title: z.string().min(1),
    language: z.enum(["en", "zh"]),
    tags: z
        .array(z.enum(["smoke", "core"]))
        .describe("smoke: in tier dev; core: in tier commit; merge and release run every case"),
    measure: measureSchema.optional(),
    turns: z.array(turnSchema).min(1),
}).superRefine((testCase, context) => {
    const complain = (message: string, ...path: (string | number)[]): void =>
        context.addIssue({ code: "custom", message, path });
    const { measure } = testCase;
    if (measure && testCase.turns.length > 1) {
        complain("a measured case has one turn", "turns", 1);
    }
    testCase.turns.forEach((turn, turnIndex) =>
        turn.checks.forEach((check, index) => {
            const path = ["turns", turnIndex, "checks", index];
            if (measure && check.kind !== measure.kind) {
                complain(
                    `a case that measures ${measure.kind} has no ${check.kind} check; allowed: ${measure.kind}`,
                    ...path,
                    "kind",
                );
            }
            if (!measure && check.kind === "throughput") {
                complain("a throughput check needs measure.kind throughput", ...path, "kind");
            }
            if (!measure && check.kind === "latency" && check.maxTimeToFirstTokenSeconds) {
                complain(
                    "a time to first token needs measure.kind latency; allowed without: maxEndToEndSeconds",
                    ...path,
                    "maxTimeToFirstTokenSeconds",
                );
            }
            if (check.kind === "error" && turn.checks.length > 1) {
                complain("an error check stands alone in its turn", ...path, "kind");
            }
        }),
    );
});

/** A case file: YAML, one dimension a file. Published as schemas/case.schema.json. */
export const caseFileSchema = strictShape({
    dimension: z.enum(DIMENSIONS),
    cases: z.array(caseSchema).min(1),
});

export type Turn = z.infer<typeof turnSchema>;
export type Measure = z.infer<typeof measureSchema>;
export type TestCase = z.infer<typeof caseSchema> & { readonly dimension: Dimension };

/**
 * Loads and checks every case file (*.yaml, *.yml) of a folder, in the order of their dimension.
 *
 * @throws UserError naming file, line and key of the first thing that is wrong.
 * @example loadCases("suite/cases").map(({ id }) => id)
 */
export function loadCases(folder: string): TestCase[] {
    if (!existsSync(folder) || !statSync(folder).isDirectory()) {
        throw new UserError(
            `no folder of cases at ${folder}.`,
            "a folder with *.yaml files",
            "pass --cases DIR, or leave it out for the suite's own cases",
        );
    }
    const files = readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name))
        .sort();
    const cases = files.flatMap((name) =>
        parseCaseFile(readFileSync(join(folder, name), "utf8"), join(folder, name)),
    );
    if (cases.length === 0) {
        throw new UserError(`no case in ${folder}.`, "*.yaml files", "add a case file there");
    }
    const seen = new Set<string>();
    for (const { id } of cases) {
        if (seen.has(id)) {
            throw new UserError(
                `two cases in ${folder} have the id "${id}".`,
                "an id once in all files",
                "rename one of them",
            );
        }
        seen.add(id);
    }
    return cases.sort((a, b) => DIMENSIONS.indexOf(a.dimension) - DIMENSIONS.indexOf(b.dimension));
}

/** Reads one case file's text; `file` is its name in messages. @throws UserError as loadCases. */
export function parseCaseFile(text: string, file: string): TestCase[] {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines });
    const [broken] = document.errors;
    if (broken) {
        const { line } = lines.linePos(broken.pos[0]);
        const [reason] = broken.message.split(" at line ");
        throw new UserError(`${file}:${line}: not valid YAML: ${reason}.`);
    }
    const parsed = caseFileSchema.safeParse(document.toJS());
    if (parsed.success) {
        const { dimension, cases } = parsed.data;
        return cases.map((each) => ({ ...each, dimension }));
    }
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    const path = [...issue.path];
    if (issue.code === "unrecognized_keys") {
        path.push(issue.keys[0] as string);
    }
    const key = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
    const { line } = lines.linePos(offsetOf(document, path));
    throw new UserError(
        `${file}:${line}: ${key.join("").replace(/^\./, "") || "the file"}: ${issue.message}.`,
        undefined,
        "schemas/case.schema.json lists what a case may say",
    );
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
