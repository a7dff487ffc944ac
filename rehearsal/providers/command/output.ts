import { StringDecoder } from "node:string_decoder";

/** Which streams are shown while a command runs; what is captured does not depend on it. */
export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

export const LOGGING_VALUES: readonly string[] = ["stdout", "stderr", "stdoutAndStderr", "none"];

/** Go's bufio.MaxScanTokenSize: a longer line stops the real provider's reader for ever. */
const LONGEST_LINE_BYTES = 64 * 1024;

/** Collects a command's output as the real provider does, and passes lines on as they come. */
export class CommandOutput {
    private readonly out: Buffer[] = [];
    private readonly err: Buffer[] = [];
    private readonly both: Buffer[] = [];
    private readonly decoder = new StringDecoder("utf8");
    private pending = "";
    private overlong = false;

    /**
     * @param onLine gets each whole line of the streams that are logged, in order of arrival.
     * @param onOverlongLine is told once about a line over 64 KiB in a stream that is logged.
     */
    constructor(
        private readonly logging: Logging | undefined,
        private readonly onLine: (line: string) => void,
        private readonly onOverlongLine: () => void,
    ) {}

    write(stream: "stdout" | "stderr", chunk: Buffer): void {
        (stream === "stdout" ? this.out : this.err).push(chunk);
        this.both.push(chunk);
        const shown =
            this.logging === undefined ||
            this.logging === "stdoutAndStderr" ||
            this.logging === stream;
        if (shown) {
            this.log(this.decoder.write(chunk));
        }
    }

    /** Passes on what has no newline behind it. */
    end(): void {
        if (this.pending !== "") {
            this.onLine(this.pending);
            this.pending = "";
        }
    }

    /** Without the last newline, as the real provider keeps it in its state. */
    get stdout(): string {
        return Buffer.concat(this.out).toString("utf8").replace(/\n$/, "");
    }

    get stderr(): string {
        return Buffer.concat(this.err).toString("utf8").replace(/\n$/, "");
    }

    /** Both streams as they came, for an error. */
    get combined(): string {
        return Buffer.concat(this.both).toString("utf8");
    }

    private log(text: string): void {
        const lines = (this.pending + text).split("\n");
        this.pending = lines.pop() ?? "";
        for (const line of lines) {
            this.check(line);
            this.onLine(line.replace(/\r$/, ""));
        }
        this.check(this.pending);
    }

    private check(line: string): void {
        if (!this.overlong && Buffer.byteLength(line) >= LONGEST_LINE_BYTES) {
            this.overlong = true;
            this.onOverlongLine();
        }
    }
}

/** What a stand-in says where the real provider would hang. */
export const OVERLONG_LINE_MESSAGE =
    "a line of over 64 KiB while logging is on: the real command provider hangs for ever on it. " +
    'Set logging to "none", or cut the lines short';
