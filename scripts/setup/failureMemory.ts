import * as fs from "node:fs";
import * as path from "node:path";

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * Downloads that failed within the last day, so that a machine without internet does not wait for
 * them at every start. `rm CACHE/failed-downloads.json` asks for another try at once.
 */
export class FailureMemory {
    private readonly file: string;

    constructor(
        cacheDir: string,
        private readonly now: () => number = Date.now,
    ) {
        this.file = path.join(cacheDir, "failed-downloads.json");
    }

    failedLately(name: string, key: string): boolean {
        const at = this.read()[`${name} ${key}`];
        return at !== undefined && this.now() - at < DAY_MILLISECONDS && at <= this.now();
    }

    remember(name: string, key: string): void {
        const failures = this.read();
        for (const [old, at] of Object.entries(failures)) {
            if (this.now() - at >= DAY_MILLISECONDS) {
                delete failures[old];
            }
        }
        failures[`${name} ${key}`] = this.now();
        const draft = `${this.file}.new`;
        fs.mkdirSync(path.dirname(this.file), { recursive: true });
        fs.writeFileSync(draft, `${JSON.stringify(failures, null, 4)}\n`);
        fs.renameSync(draft, this.file);
    }

    private read(): Record<string, number> {
        try {
            return JSON.parse(fs.readFileSync(this.file, "utf8")) as Record<string, number>;
        } catch {
            return {}; // nothing failed yet, or a file that cannot be read: try again
        }
    }
}
