import type { Signals, StopReason } from "./signals";

/** The reasons that end an `up` early, joined into one AbortSignal that fires once. */
export class Stop {
    reason: StopReason | undefined;
    /** From the moment at which the engine was asked for an `up`. */
    isLaunchPossible = false;
    private readonly controller = new AbortController();
    private readonly timers: NodeJS.Timeout[] = [];
    private readonly listeners: (() => void)[] = [];
    private readonly forget: () => void;

    constructor(signals: Signals) {
        this.forget = signals.onStop((reason) => this.now(reason));
    }

    throwIfStopped(): void {
        if (this.reason) {
            throw new Error(this.reason.text);
        }
    }

    get signal(): AbortSignal {
        return this.controller.signal;
    }

    now(reason: StopReason): void {
        if (this.reason === undefined) {
            this.reason = reason;
            // The terminate calls go out before the engine hears of it.
            this.listeners.forEach((listener) => listener());
            this.controller.abort();
        }
    }

    onStop(listener: () => void): void {
        this.listeners.push(listener);
        if (this.reason) {
            listener();
        }
    }

    after(seconds: number, text: string): void {
        const timer = setTimeout(() => this.now({ kind: "deadline", text }), seconds * 1000);
        this.timers.push(timer);
    }

    close(): void {
        this.forget();
        this.timers.forEach(clearTimeout);
    }
}
