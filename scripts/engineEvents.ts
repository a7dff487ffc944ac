import type { automation } from "@pulumi/pulumi";

/** What an event of the engine means for a person: at most one short line. */
export interface EventNote {
    readonly line?: string;
    /** An error's text, shortened: the engine's diagnostics hold whole outputs of commands. */
    readonly error?: string;
    /** A resource that took its time, for the receipt's phases. */
    readonly phase?: { readonly name: string; readonly seconds: number };
    /** The engine has done everything it was going to do. */
    readonly finished?: boolean;
}

const LINE_CHARACTERS = 160;
const SECONDS_WORTH_A_LINE = 0.5;
const ERROR_CHARACTERS = 1200;

const VERBS: Record<string, readonly [string, string]> = {
    create: ["creating", "created"],
    "create-replacement": ["creating", "created"],
    update: ["updating", "updated"],
    delete: ["deleting", "deleted"],
    "delete-replaced": ["deleting", "deleted"],
    read: ["reading", "read"],
    discard: ["forgetting", "forgotten"],
};

/**
 * Turns the engine's events into short lines; nothing that the suite or the server prints goes
 * through, only one-line notes. One reader for one operation, because it times the resources.
 */
export class EventReader {
    private readonly startedAt = new Map<string, number>();
    private readonly retained = new Set<string>();
    private readonly told = new Set<string>();

    constructor(private readonly now: () => number = Date.now) {}

    read(event: automation.EngineEvent): EventNote {
        if (event.resourcePreEvent) {
            return this.started(event.resourcePreEvent.metadata);
        }
        if (event.resOutputsEvent) {
            return this.done(event.resOutputsEvent.metadata);
        }
        if (event.resOpFailedEvent) {
            const { metadata } = event.resOpFailedEvent;
            return { line: `${label(metadata)} failed` };
        }
        if (event.diagnosticEvent) {
            return this.once(event.diagnosticEvent);
        }
        return event.summaryEvent ? { finished: true } : {};
    }

    /** The engine repeats a warning for every resource that it concerns; once is enough. */
    private once(event: automation.DiagnosticEvent): EventNote {
        const note = diagnosis(event);
        if (event.severity !== "warning" || note.line === undefined) {
            return note;
        }
        const isNew = !this.told.has(note.line);
        this.told.add(note.line);
        return isNew ? note : {};
    }

    private started(metadata: automation.StepEventMetadata): EventNote {
        const verb = VERBS[metadata.op];
        if (!isShown(metadata) || verb === undefined) {
            return {};
        }
        this.startedAt.set(metadata.urn, this.now());
        if (metadata.op === "delete" && metadata.old?.retainOnDelete) {
            this.retained.add(metadata.urn);
            return {};
        }
        return takesTime(metadata) ? { line: `${label(metadata)} ${verb[0]}` } : {};
    }

    private done(metadata: automation.StepEventMetadata): EventNote {
        const startedAt = this.startedAt.get(metadata.urn);
        const verb = VERBS[metadata.op];
        if (!isShown(metadata) || verb === undefined || startedAt === undefined) {
            return {};
        }
        const seconds = (this.now() - startedAt) / 1000;
        const phase = { name: `${metadata.op} ${resourceName(metadata.urn)}`, seconds };
        const isWorthALine = seconds >= SECONDS_WORTH_A_LINE || metadata.type.startsWith("aws:");
        if (!isWorthALine) {
            return { phase };
        }
        const what = this.retained.has(metadata.urn) ? "left in place on purpose" : verb[1];
        return {
            line: `${label(metadata)} ${what} (${seconds.toFixed(1)} s)`,
            phase,
        };
    }
}

/** Text without the engine's colour tags (`<{%reset%}>`). */
export function withoutColour(text: string): string {
    return text.replace(/<\{%[^%]*%\}>/g, "");
}

/** Head and tail of a long text; the middle of a command's output says least. */
export function shorten(text: string, characters: number): string {
    if (text.length <= characters) {
        return text;
    }
    const half = Math.floor((characters - 5) / 2);
    return `${text.slice(0, half)} ... ${text.slice(-half)}`;
}

function diagnosis(event: automation.DiagnosticEvent): EventNote {
    const text = withoutColour(event.message).trim();
    if (text === "") {
        return {};
    }
    if (event.ephemeral) {
        return isSuiteProgress(event, text) ? { line: shorten(text, LINE_CHARACTERS) } : {};
    }
    if (event.severity === "error") {
        const error = shorten(text, ERROR_CHARACTERS);
        return { line: `error: ${error}`, error };
    }
    if (event.severity === "warning") {
        return { line: shorten(text.replace(/\s*\n\s*/g, " "), LINE_CHARACTERS) };
    }
    // A note of one line is progress; more than that is somebody's log, and stays in its file. The
    // Automation API switches on debug events, which the type does not know.
    const isNote = ["info", "info#err"].includes(event.severity) && !text.includes("\n");
    return isNote && text.length <= LINE_CHARACTERS ? { line: text } : {};
}

/** What a remote command prints while it runs: the suite's lines. Tries to dial are not. */
function isSuiteProgress(event: automation.DiagnosticEvent, text: string): boolean {
    return (
        event.severity.startsWith("info") &&
        (event.urn ?? "").includes("command:remote:Command") &&
        !text.startsWith("Dial ")
    );
}

/** Those for which a person waits; the others are told when they are done. */
function takesTime({ op, type }: automation.StepEventMetadata): boolean {
    return (
        (op.startsWith("create") || op === "update") &&
        (type === "aws:ec2/instance:Instance" || type === "command:remote:Command")
    );
}

function isShown(metadata: automation.StepEventMetadata): boolean {
    const { type } = metadata;
    return type.includes("/") || type.startsWith("command:");
}

/** `aws:ec2/instance:Instance` and the URN's last part -> `ec2.Instance run-machine`. */
function label(metadata: automation.StepEventMetadata): string {
    const [provider, module, kind] = metadata.type.split(":");
    const group = module?.split("/")[0];
    return `${group === "index" ? provider : group}.${kind} ${resourceName(metadata.urn)}`;
}

function resourceName(urn: string): string {
    return urn.slice(urn.lastIndexOf("::") + 2);
}
