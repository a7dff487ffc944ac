import type { Progress } from "./progress";

/** Why a run is being stopped before its end. */
export interface StopReason {
    readonly kind: "signal" | "deadline" | "machine-ended" | "driver-error";
    readonly text: string;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const CRASHES = ["uncaughtException", "unhandledRejection"] as const;

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into one cancellation, and everything after into a line.
 *
 * GitHub sends SIGINT, SIGTERM 7.5 s later, and kills 2.5 s after that: the listeners of `onStop` run
 * at once, inside the signal's own turn of the event loop, so that the terminate call is on its way
 * within milliseconds. A second Ctrl-C of an impatient person must not stop the release: it is
 * counted and ignored. An exception that nobody caught ends in the same release.
 */
export class Signals {
    /** The first reason to stop, if any. */
    stopped: StopReason | undefined;
    /** A reason that came during a release: it cannot shorten it, but no other candidate follows. */
    stoppedInRelease: StopReason | undefined;
    /** Signals that came after the first, or during a release. */
    ignored = 0;
    private releasing = false;
    private readonly listeners = new Set<(reason: StopReason) => void>();
    private readonly handlers: [string, (...args: never[]) => void][] = [];

    constructor(
        private readonly progress: Progress,
        private readonly source: NodeJS.EventEmitter = process,
    ) {
        for (const name of SIGNALS) {
            this.handle(name, () => this.stop({ kind: "signal", text: name }));
        }
        for (const name of CRASHES) {
            this.handle(name, (error: unknown) => {
                const text =
                    error instanceof Error ? (error.stack ?? error.message) : String(error);
                this.stop({ kind: "driver-error", text: `the driver itself failed: ${text}` });
            });
        }
    }

    /** Calls back at the first reason to stop, at once if there was one. Returns how to take it back. */
    onStop(listener: (reason: StopReason) => void): () => void {
        this.listeners.add(listener);
        if (this.stopped) {
            listener(this.stopped);
        }
        return () => this.listeners.delete(listener);
    }

    /** From here on a signal is only counted: the release is under way and nothing shortens it. */
    beginRelease(): void {
        this.releasing = true;
    }

    /** A next candidate follows a release, and can be cancelled again. */
    endRelease(): void {
        this.releasing = false;
    }

    /** True when no further candidate may be tried. */
    get wanted(): boolean {
        return (this.stopped ?? this.stoppedInRelease) !== undefined;
    }

    stop(reason: StopReason): void {
        if (this.stopped || this.releasing) {
            this.ignored += 1;
            this.stoppedInRelease ??= reason;
            this.progress.line(
                `${reason.text} (${this.ignored} ignored): releasing the machine, please wait`,
            );
            return;
        }
        this.stopped = reason;
        this.progress.warn(`${reason.text}: stopping; the machine is ended first, then the rest`);
        for (const listener of this.listeners) {
            listener(reason);
        }
    }

    /** Gives the process its usual handlers back. */
    close(): void {
        for (const [name, handler] of this.handlers) {
            this.source.removeListener(name, handler as (...args: unknown[]) => void);
        }
        this.listeners.clear();
    }

    private handle(name: string, handler: (...args: never[]) => void): void {
        this.source.on(name, handler as (...args: unknown[]) => void);
        this.handlers.push([name, handler]);
    }
}
