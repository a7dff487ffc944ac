import {
    appendFileSync,
    existsSync,
    mkdirSync,
    readFileSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { TestCase } from "./caseSchema";
import { caseResultSchema, CaseResult } from "./results";
import { CaseOutcome } from "./runCase";

/** What a run has to have in common with an interrupted one to take over its results. */
export interface RunKey {
    readonly model: string;
    readonly server: {
        readonly name?: string;
        readonly version?: string;
        readonly contextTokens?: number;
    };
    readonly tier: string;
    readonly seed: number;
}

const PROGRESS_FILE = "progress.jsonl";
const JUDGED: readonly CaseResult["status"][] = ["passed", "flaky", "failed"];

// Numbers of a measured case are kept as they are: they come from this suite, and go into its results.
const lineSchema = z.object({ outcome: z.looseObject({ result: caseResultSchema }) });

/**
 * The cases of a run that are done, one a line, so that an interrupted run can go on. Each line is in the
 * file before the next case is asked: it outlives a process that is killed.
 */
export class ProgressFile {
    private readonly path: string;
    private readonly done = new Map<string, CaseOutcome>();
    /** Why nothing is taken over from a file that is there. */
    readonly whyNothing?: string;

    /**
     * @param resume whether to take over what is done; else an earlier file is replaced.
     */
    constructor(folder: string, key: RunKey, resume: boolean) {
        this.path = join(folder, PROGRESS_FILE);
        const head = JSON.stringify(key);
        mkdirSync(folder, { recursive: true });
        const [first = "", ...lines] =
            resume && existsSync(this.path) ? readFileSync(this.path, "utf8").split("\n") : [];
        if (first !== "" && first !== head) {
            this.whyNothing = whatDiffers(first, key);
        }
        const kept = first === head ? lines.filter((line) => this.take(line)) : [];
        // Anew, without what was cut off at its end, and in one step.
        writeFileSync(`${this.path}.new`, [head, ...kept, ""].join("\n"));
        renameSync(`${this.path}.new`, this.path);
    }

    /** The outcome of a case that is done, and was asked and judged in the same way. */
    outcomeOf({ id, digest }: TestCase): CaseOutcome | undefined {
        const outcome = this.done.get(id);
        return outcome?.result.digest === digest ? outcome : undefined;
    }

    /** Keeps a case that was judged; what got no answer is asked again. */
    add(outcome: CaseOutcome): void {
        if (JUDGED.includes(outcome.result.status)) {
            appendFileSync(this.path, `${JSON.stringify({ outcome })}\n`);
        }
    }

    remove(): void {
        rmSync(this.path, { force: true });
    }

    private take(line: string): boolean {
        let parsed;
        try {
            parsed = lineSchema.safeParse(JSON.parse(line));
        } catch {
            // The last line of a process that was killed while it wrote.
            return false;
        }
        if (parsed.success) {
            const { outcome } = parsed.data;
            this.done.set(outcome.result.id, outcome as CaseOutcome);
        }
        return parsed.success;
    }
}

function whatDiffers(head: string, key: RunKey): string {
    try {
        const before = JSON.parse(head) as Record<string, unknown>;
        const names = Object.entries(key)
            .filter(([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value))
            .map(([name]) => name);
        return `it is of a run with another ${names.join(", ")}`;
    } catch {
        return "it is no progress file of this suite";
    }
}
