/** Lines of one step: what it does, how long it took. */
export class StepLog {
    private readonly startedAt = Date.now();

    constructor(
        private readonly step: string,
        private readonly write: (line: string) => void,
    ) {}

    line(text: string): void {
        const time = new Date().toISOString().slice(11, 19);
        for (const part of text.split(/\r?\n/)) {
            this.write(`${time}Z ${this.step.padEnd(10)}  ${part}`.trimEnd());
        }
    }

    /** A line with the seconds since the step began. */
    done(text: string): void {
        this.line(`${text} (${((Date.now() - this.startedAt) / 1000).toFixed(1)} s)`);
    }
}
