import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../common/userError";
import { strictShape } from "./checks/strictShape";
import { parseYamlFile } from "./yamlFile";

/** The file of a folder of cases that names those in quarantine. */
export const QUARANTINE_FILE = "quarantine.yaml";

const entrySchema = strictShape({
    case: z.string().min(1).describe("The case's id"),
    reason: z.string().min(1).describe("Why, and where it is looked after"),
    expires: z.iso.date().describe("The last day, UTC; from the next on the case counts again"),
});

/** Cases that are known to fail now and then. Published as schemas/quarantine.schema.json. */
export const quarantineFileSchema = strictShape({ quarantine: z.array(entrySchema) });

export type QuarantineEntry = z.infer<typeof entrySchema>;

/** What a case's result says of its quarantine. */
export interface Quarantine {
    readonly reason: string;
    readonly expires: string;
    /** True from the day after `expires`: the case counts, and the report says why again. */
    readonly expired: boolean;
}

/**
 * The quarantined cases of a file.
 *
 * @param ids of all cases there are: an entry for another is a mistake that would hide nothing today
 * and the wrong thing tomorrow.
 * @throws UserError naming file, line and key, or the entry.
 */
export function loadQuarantine(file: string, ids: readonly string[]): QuarantineEntry[] {
    if (!existsSync(file)) {
        throw new UserError(
            `no quarantine file at ${file}.`,
            "a YAML file with quarantine: [{ case, reason, expires }]",
            `pass --quarantine FILE, or put ${QUARANTINE_FILE} into the folder of the cases`,
        );
    }
    const text = readFileSync(file, "utf8");
    const { value } = parseYamlFile(
        text,
        file,
        quarantineFileSchema,
        "schemas/quarantine.schema.json",
    );
    const entries = value.quarantine;
    for (const [index, entry] of entries.entries()) {
        const where = `${file}: quarantine[${index}].case`;
        if (!ids.includes(entry.case)) {
            throw new UserError(
                `${where}: no case has the id "${entry.case}".`,
                "the id of a case",
                "correct it, or take the entry out",
            );
        }
        if (entries.findIndex((other) => other.case === entry.case) < index) {
            throw new UserError(`${where}: "${entry.case}" is there twice.`, "a case once");
        }
    }
    return entries;
}

/** Of one case at a time; undefined where no entry names it. */
export function quarantineOf(
    entries: readonly QuarantineEntry[],
    id: string,
    now: Date,
): Quarantine | undefined {
    const entry = entries.find((each) => each.case === id);
    return (
        entry && {
            reason: entry.reason,
            expires: entry.expires,
            expired: now.toISOString().slice(0, 10) > entry.expires,
        }
    );
}

/** True where a result that is not right does not count for the verdict. */
export function isQuarantined({ quarantine }: { quarantine?: Quarantine }): boolean {
    return quarantine !== undefined && !quarantine.expired;
}
