import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../common/userError";
import { caseFileSchema, caseSchema, DIMENSIONS, TestCase, WrittenCase } from "./caseSchema";
import { expandFamily } from "./families/expand";
import { loadQuarantine, QUARANTINE_FILE } from "./quarantine";
import { misplaced, readOwnPicture } from "./ownPicture";
import { Fault, parseYamlFile } from "./yamlFile";

/**
 * Loads and checks every case file (*.yaml, *.yml) of a folder, in the order of their dimension, and checks
 * its quarantine.yaml where there is one.
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
        .filter((name) => /\.ya?ml$/.test(name) && name !== QUARANTINE_FILE)
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
    const quarantine = join(folder, QUARANTINE_FILE);
    if (existsSync(quarantine)) {
        // Whoever loads cases before a machine is rented learns of a mistake in here, too.
        loadQuarantine(quarantine, [...seen]);
    }
    return cases.sort((a, b) => DIMENSIONS.indexOf(a.dimension) - DIMENSIONS.indexOf(b.dimension));
}

/** Reads one case file's text; `file` is its name in messages. @throws UserError as loadCases. */
export function parseCaseFile(text: string, file: string): TestCase[] {
    const { value, written } = parseYamlFile(
        text,
        file,
        caseFileSchema,
        "schemas/case.schema.json",
        ({ cases }) => faultyPicture(cases, file),
    );
    const asWritten = (written as { cases?: WrittenCase[] }).cases ?? [];
    const { dimension } = value;
    return [
        ...value.cases.map((each, index) => ({
            ...withPaths(each, file),
            dimension,
            ...identityOf(withDigests(asWritten[index] as WrittenCase, file)),
        })),
        ...value.families.flatMap((spec) =>
            expandFamily(spec).map((made) => ({
                // What a family makes is held to the rules of a case file, too.
                ...caseSchema.parse(made),
                dimension,
                family: spec.family,
                ...identityOf(made),
            })),
        ),
    ];
}

type Images = { readonly draw: string; readonly file?: string };
interface HasPictures {
    readonly turns: readonly { readonly images?: readonly Images[] }[];
}

/** The first picture of the user's own that cannot be had. */
function faultyPicture(cases: readonly HasPictures[], file: string): Fault | undefined {
    const faults = cases.flatMap(({ turns }, at) =>
        turns.flatMap(({ images = [] }, turn) =>
            images.flatMap(({ file: own }, image) => {
                if (own === undefined) {
                    return [];
                }
                const picture = misplaced(file, own) ?? readOwnPicture(join(dirname(file), own));
                const path = ["cases", at, "turns", turn, "images", image, "file"];
                return typeof picture === "string" ? [{ path, message: picture }] : [];
            }),
        ),
    );
    return faults[0];
}

/** Own pictures by where they are, as seen from wherever the suite was started. */
function withPaths<C extends HasPictures>(each: C, file: string): C {
    return withOwn(each, (own) => ({ file: join(dirname(file), own) }));
}

/** Own pictures by what they show: another file of the same name is another case. */
function withDigests<C extends HasPictures>(each: C, file: string): C {
    return withOwn(each, (own) => ({
        file: createHash("sha256")
            .update(readFileSync(join(dirname(file), own)))
            .digest("hex"),
    }));
}

function withOwn<C extends HasPictures>(each: C, change: (own: string) => { file: string }): C {
    const hasOwn = each.turns.some(({ images = [] }) => images.some(({ file }) => file));
    if (!hasOwn) {
        return each;
    }
    return {
        ...each,
        turns: each.turns.map((turn) => ({
            ...turn,
            ...(turn.images && {
                images: turn.images.map((image) =>
                    image.file === undefined ? image : { ...image, ...change(image.file) },
                ),
            }),
        })),
    };
}

/** Made from the file, not from the parsed case: a new default of ours changes no case. */
function identityOf(written: WrittenCase): Pick<TestCase, "digest" | "cluster"> {
    const [picture] = written.turns.flatMap(({ images = [] }) => images);
    return {
        // JSON leaves out what is undefined.
        digest: digestOf({
            ...written,
            id: undefined,
            title: undefined,
            tags: undefined,
            mustPass: undefined,
        }),
        // Its name is for people; the rest is what is drawn.
        cluster: picture ? `picture-${digestOf({ ...picture, name: "" })}` : written.id,
    };
}

function digestOf(value: unknown): string {
    return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
