/** One stretch of a run, for the receipt. */
export interface Phase {
    readonly name: string;
    /** Wall time in seconds, to a tenth. */
    readonly seconds: number;
}

export interface ProgressOptions {
    /** Takes one whole line without its newline. */
    readonly write: (line: string) => void;
    /** Milliseconds since 1970. */
    readonly now?: () => number;
    /** Write GitHub's `::group::` around each phase. */
    readonly github?: boolean;
}

/**
 * Plain timestamped lines, in phases. No colours, no cursor movement: the same text is good for a
 * terminal, a pipe and a CI log.
 *
 * @example
 * const progress = new Progress({ write: console.log });
 * progress.phase("up");
 * progress.line("machine i-0abc is running"); // 06:30:12Z up          machine i-0abc is running
 */
export class Progress {
    private readonly finished: Phase[] = [];
    private current: { name: string; startedAt: number } | undefined;
    private readonly now: () => number;

    constructor(private readonly options: ProgressOptions) {
        this.now = options.now ?? Date.now;
    }

    /** Ends the phase under way, if any, and starts another. */
    phase(name: string): void {
        this.end();
        this.current = { name, startedAt: this.now() };
        if (this.options.github) {
            this.options.write(`::group::${name}`);
        }
    }

    line(text: string): void {
        this.emit(text);
    }

    /** A line that a person should not miss; a GitHub annotation in CI. */
    warn(text: string): void {
        this.emit(`! ${text}`);
        if (this.options.github) {
            this.options.write(`::warning::${oneLine(text)}`);
        }
    }

    /** Adds a phase that was measured elsewhere: a resource of the engine, the suite itself. */
    record(name: string, seconds: number): void {
        this.finished.push({ name, seconds: tenths(seconds) });
    }

    /** Ends the phase under way. */
    end(): void {
        if (this.current === undefined) {
            return;
        }
        const { name, startedAt } = this.current;
        this.record(name, (this.now() - startedAt) / 1000);
        this.current = undefined;
        if (this.options.github) {
            this.options.write("::endgroup::");
        }
    }

    /** Every phase so far, the one under way with its time up to now. */
    phases(): Phase[] {
        const running = this.current && {
            name: this.current.name,
            seconds: tenths((this.now() - this.current.startedAt) / 1000),
        };
        return running ? [...this.finished, running] : [...this.finished];
    }

    private emit(text: string): void {
        const time = new Date(this.now()).toISOString().slice(11, 19);
        const phase = (this.current?.name ?? "").padEnd(10);
        for (const part of text.split(/\r?\n/)) {
            this.options.write(`${time}Z ${phase}  ${part}`.trimEnd());
        }
    }
}

function tenths(seconds: number): number {
    return Math.max(0, Math.round(seconds * 10) / 10);
}

function oneLine(text: string): string {
    return text.replace(/\r?\n/g, " ");
}
