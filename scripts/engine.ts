import { automation } from "@pulumi/pulumi";

import { UserError } from "../common/userError";
import { EventReader } from "./engineEvents";
import { EngineProcess, EngineProcessError } from "./engineProcess";
import { formatInstant } from "./instants";
import { providerSetting, removeStackFile, writeStackFile, type StackFile } from "./stackFile";
import { isOwnerDead, lockOwners, thisComputer } from "./stateLock";

/** The driver's only door to the Pulumi engine. */
export interface Engine {
    /** Version of the engine and where its state is kept. Throws UserError when either is missing. */
    describe(): Promise<EngineDescription>;
    /** A stack of one attempt; nothing happens before `create` or `open`. */
    stack(order: StackOrder): RunStack;
    /** Names of the project's stacks. One whose state is broken can make the engine refuse them all. */
    stackNames(): Promise<string[]>;
}

export interface EngineDescription {
    readonly version: string;
    /** URL of the state's backend, such as `file://~` or `https://app.pulumi.com/me`. */
    readonly backend: string;
}

export interface StackOrder {
    readonly name: string;
    /** The tier's settings file, which the stack's own starts from. */
    readonly base: StackFile;
    /** Keys of ours and their values for this attempt. */
    readonly settings: Readonly<Record<string, string>>;
    /** Environment of the program, over the driver's own. */
    readonly env: Readonly<Record<string, string>>;
}

export interface OperationOptions {
    /** Cancels the operation: one SIGINT, and an end after a time. */
    readonly signal?: AbortSignal;
    readonly onLine?: (line: string) => void;
    /** A resource that took its time. */
    readonly onPhase?: (name: string, seconds: number) => void;
}

export interface UpOptions extends OperationOptions {
    /**
     * Called once, as soon as the engine has done everything without an error: some seconds before
     * `up` returns, which still asks for outputs and history. The machine's time after the suite is
     * money, so it is ended from here.
     */
    readonly onSuccess?: () => void;
}

export interface DestroyOptions extends OperationOptions {
    /** Ask the cloud about each resource first: after a failure, state and cloud may differ. */
    readonly refresh?: boolean;
}

/** Whether a stack is there from an earlier process. */
export type Opened = "opened" | "absent" | "unreadable";

/** One attempt's stack. Every method throws EngineError. */
export interface RunStack {
    readonly name: string;
    create(): Promise<void>;
    /** Finds one that an earlier process made; changes nothing. */
    open(): Promise<Opened>;
    /** Region of its provider: of the settings file, else of the state; undefined: neither tells. */
    region(): Promise<string | undefined>;
    /** Returns the stack's outputs. */
    up(options: UpOptions): Promise<Record<string, unknown>>;
    /**
     * A stack that was never made is a success; one whose state is gone or unreadable is not. A lock
     * is removed only where its owner is proven dead.
     */
    destroy(options: DestroyOptions): Promise<void>;
    /** Removes the stack and its settings file; with `force` also one that still holds resources. */
    remove(options?: { force?: boolean }): Promise<void>;
}

/** What the engine reported, in short. */
export class EngineError extends Error {
    constructor(
        message: string,
        /** Texts of the errors that it reported, each shortened. */
        readonly errors: readonly string[],
        readonly kind: "failed" | "locked" | "no-stack" | "unreadable-state" = "failed",
    ) {
        super(message);
        this.name = "EngineError";
    }
}

const LOCK_TRIES = 5;
const LOCK_WAIT_SECONDS = 3;

/** The engine on PATH, by the Automation API, in the project's own folder. */
export class LocalEngine implements Engine {
    private ready: Promise<{ process: EngineProcess; env: Record<string, string> }> | undefined;
    private backend = "";

    constructor(
        private readonly projectDir: string,
        private readonly env: NodeJS.ProcessEnv = process.env,
        readonly lockWaitSeconds = LOCK_WAIT_SECONDS,
    ) {}

    async describe(): Promise<EngineDescription> {
        const { process } = await this.prepare();
        return { version: process.version?.toString() ?? "unknown", backend: this.backend };
    }

    stack(order: StackOrder): RunStack {
        return new LocalStack(this, this.projectDir, order);
    }

    async stackNames(): Promise<string[]> {
        const workspace = await this.workspace({ env: {}, base: {} });
        const stacks = await guarded([], () => workspace.listStacks());
        return stacks.map(({ name }) => name);
    }

    /** Runs one of the engine's commands by itself, and returns what it printed. */
    async command(args: string[]): Promise<string> {
        const { process, env } = await this.prepare();
        return guarded([], async () => (await process.run(args, this.projectDir, env)).stdout);
    }

    /** A workspace in the project's folder, with the environment that the backend needs. */
    async workspace(order: Pick<StackOrder, "env" | "base">): Promise<automation.LocalWorkspace> {
        const { process, env } = await this.prepare();
        return automation.LocalWorkspace.create({
            workDir: this.projectDir,
            pulumiCommand: process as unknown as automation.PulumiCommand,
            envVars: { ...(usesPassphrase(order.base) ? env : {}), ...order.env },
        });
    }

    private prepare() {
        this.ready ??= this.find();
        return this.ready;
    }

    private async find() {
        const process = await EngineProcess.find().catch((error: Error) => {
            const isAbsent = error.message.includes("ENOENT");
            throw new UserError(
                isAbsent
                    ? "there is no pulumi on PATH"
                    : `the Pulumi engine cannot be used: ${firstLine(error)}`,
                "pulumi on PATH, version 3.x",
                "install it (https://www.pulumi.com/docs/install) and open a new terminal",
            );
        });
        const workspace = await automation.LocalWorkspace.create({
            workDir: this.projectDir,
            pulumiCommand: process as unknown as automation.PulumiCommand,
        });
        const who = await workspace.whoAmI().catch((error: Error) => {
            throw new UserError(
                `the Pulumi engine has no place for its state: ${firstLine(error)}`,
                "a backend that you are logged in to",
                "pulumi login (or pulumi login --local, or set PULUMI_BACKEND_URL)",
            );
        });
        this.backend = who.url ?? "";
        return { process, env: passphraseEnv(this.backend, this.env) };
    }
}

class LocalStack implements RunStack {
    readonly name: string;
    private workspace: automation.LocalWorkspace | undefined;
    private opened: automation.Stack | undefined;
    private isUnreadable = false;
    /** Which plug-ins are in use is told once, not for each operation. */
    private readonly told = new Set<string>();

    constructor(
        private readonly engine: LocalEngine,
        private readonly projectDir: string,
        private readonly order: StackOrder,
    ) {
        this.name = order.name;
    }

    async create(): Promise<void> {
        writeStackFile(this.projectDir, this.name, this.order.base, this.order.settings);
        const workspace = await this.engine.workspace(this.order);
        this.workspace = workspace;
        // A process that dies after this line leaves an empty stack and a settings file, no machine.
        this.opened = await guarded([], () => automation.Stack.create(this.name, workspace));
    }

    async open(): Promise<Opened> {
        const workspace = await this.engine.workspace(this.order);
        this.workspace = workspace;
        try {
            this.opened = await guarded([], () => automation.Stack.select(this.name, workspace));
            return "opened";
        } catch (error) {
            const { kind } = error as EngineError;
            if (kind === "no-stack" || kind === "unreadable-state") {
                this.isUnreadable = kind === "unreadable-state";
                return kind === "no-stack" ? "absent" : "unreadable";
            }
            throw error;
        }
    }

    async region(): Promise<string | undefined> {
        const named = providerSetting(this.order.base, "aws:region");
        if (named !== undefined || this.opened === undefined) {
            return named;
        }
        // Not by the API's exportStack, which asks for the secrets in plain text.
        const state = await this.engine.command(["stack", "export", "--stack", this.name]);
        const resources: { type: string; inputs?: { region?: unknown } }[] =
            JSON.parse(state).deployment?.resources ?? [];
        const region = resources.find(({ type }) => type === "pulumi:providers:aws")?.inputs
            ?.region;
        return typeof region === "string" ? region : undefined;
    }

    async up(options: UpOptions): Promise<Record<string, unknown>> {
        const stack = this.opened;
        if (stack === undefined) {
            throw new EngineError(`stack ${this.name} has not been created`, [], "no-stack");
        }
        const listener = listen(options, this.told, options.onSuccess);
        const result = await guarded(listener.errors, () =>
            whenUnlocked(this.engine.lockWaitSeconds, () =>
                stack.up({ ...quiet, signal: options.signal, onEvent: listener.onEvent }),
            ),
        );
        return Object.fromEntries(
            Object.entries(result.outputs).map(([key, output]) => [key, output.value]),
        );
    }

    async destroy(options: DestroyOptions): Promise<void> {
        const stack = this.opened;
        if (stack === undefined) {
            if (this.isUnreadable) {
                throw new EngineError(`${this.name} cannot be read`, [], "unreadable-state");
            }
            return;
        }
        const listener = listen(options, this.told);
        await guarded(listener.errors, () =>
            whenUnlocked(
                this.engine.lockWaitSeconds,
                () =>
                    stack.destroy({
                        ...quiet,
                        continueOnError: true,
                        refresh: options.refresh,
                        signal: options.signal,
                        onEvent: listener.onEvent,
                    }),
                (refusal) => this.unlock(refusal, options.onLine),
            ),
        );
    }

    async remove(options: { force?: boolean } = {}): Promise<void> {
        const { workspace } = this;
        if (workspace !== undefined) {
            const remove = () =>
                whenUnlocked(
                    this.engine.lockWaitSeconds,
                    () => workspace.removeStack(this.name, options),
                    (refusal) => this.unlock(refusal),
                );
            await guarded([], remove).catch(async (error: EngineError) => {
                if (options.force && error.kind === "unreadable-state") {
                    return this.removeUnreadable(workspace);
                }
                if (error.kind !== "no-stack") {
                    throw error;
                }
            });
        }
        removeStackFile(this.projectDir, this.name);
    }

    /** The engine removes no stack whose state it cannot read, but takes an empty one in its place. */
    private async removeUnreadable(workspace: automation.LocalWorkspace): Promise<void> {
        await guarded([], async () => {
            await workspace.importStack(this.name, EMPTY_STATE);
            await workspace.removeStack(this.name);
        });
    }

    /** True when the lock that the engine told of is gone: every owner is proven dead. */
    private async unlock(refusal: string, onLine?: OperationOptions["onLine"]): Promise<boolean> {
        const owners = lockOwners(refusal);
        const now = Date.now();
        if (owners.length === 0 || !owners.every((each) => isOwnerDead(each, thisComputer, now))) {
            return false;
        }
        const dead = owners.map(({ pid, host }) => `process ${pid} on ${host}`).join(", ");
        onLine?.(`the lock of stack ${this.name} is removed: its owner is dead (${dead})`);
        await this.engine.command(["cancel", "--yes", "--stack", this.name]);
        return true;
    }
}

const EMPTY_STATE: automation.Deployment = {
    version: 3,
    deployment: { manifest: { time: "0001-01-01T00:00:00Z", magic: "", version: "" } },
};

// No live display and no outputs on the engine's stdout; what people see comes from events.
const quiet = { color: "never", suppressOutputs: true, suppressProgress: true } as const;

/**
 * A file or bucket backend wants a passphrase, even an empty one. Nothing of a run's state is worth
 * one: its keys die with the machine. Whoever set a passphrase or a secrets provider keeps it.
 */
export function passphraseEnv(backend: string, env: NodeJS.ProcessEnv): Record<string, string> {
    const isOwnStore = /^(file|s3|gs|azblob):/.test(backend);
    const isGiven =
        env.PULUMI_CONFIG_PASSPHRASE !== undefined ||
        env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
    return isOwnStore && !isGiven ? { PULUMI_CONFIG_PASSPHRASE: "" } : {};
}

function usesPassphrase(file: StackFile): boolean {
    return file.secretsprovider === undefined || file.secretsprovider === "passphrase";
}

function listen(options: OperationOptions, told: Set<string>, onSuccess?: () => void) {
    const reader = new EventReader();
    const errors: string[] = [];
    const onEvent = (event: automation.EngineEvent) => {
        const note = reader.read(event);
        if (note.line !== undefined && !told.has(note.line)) {
            options.onLine?.(note.line);
        }
        if (note.line?.startsWith("using ")) {
            told.add(note.line);
        }
        if (note.error !== undefined) {
            errors.push(note.error);
        }
        if (note.phase !== undefined) {
            options.onPhase?.(note.phase.name, note.phase.seconds);
        }
        if (note.finished && errors.length === 0) {
            onSuccess?.();
        }
    };
    return { errors, onEvent };
}

/** Runs an engine operation; whatever it throws becomes an EngineError with the errors reported. */
async function guarded<T>(errors: readonly string[], operation: () => Promise<T>): Promise<T> {
    try {
        return await operation();
    } catch (error) {
        const text =
            error instanceof EngineProcessError
                ? `${error.message}\n${error.stderr}`
                : String((error as Error)?.message ?? error);
        const kind = kindOf(text);
        const said = errors[0] ?? firstLine(text);
        throw new EngineError(kind === "locked" ? lockedText(text, said) : said, errors, kind);
    }
}

/**
 * A stack of its own for each attempt has no rival, so a lock is a request of ours that the backend
 * has not finished yet, worth waiting for, shortly; or one that a killed engine left.
 *
 * @param unlock removes the lock that the engine's refusal tells of, if that is safe.
 */
async function whenUnlocked<T>(
    waitSeconds: number,
    operation: () => Promise<T>,
    unlock: (refusal: string) => Promise<boolean> = async () => false,
): Promise<T> {
    for (let tries = 1; ; tries += 1) {
        try {
            return await operation();
        } catch (error) {
            const text = String((error as Error)?.message ?? error);
            if (kindOf(text) !== "locked" || tries === LOCK_TRIES) {
                throw error;
            }
            if (await unlock(text)) {
                continue;
            }
            await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000));
        }
    }
}

/** Who holds the lock, and what to do: nobody but a person can know that it is dead. */
function lockedText(text: string, said: string): string {
    const owners = lockOwners(text).map(
        ({ user, host, pid, at }) => `${user}@${host}, process ${pid}, since ${formatInstant(at)}`,
    );
    const who = owners.length === 0 ? said : `the stack is locked by ${owners.join("; ")}`;
    return `${who}. It may be at work; once you know that it is not: pulumi cancel --yes --stack NAME, then again`;
}

function kindOf(text: string): EngineError["kind"] {
    if (/no stack named .* found/.test(text)) {
        return "no-stack";
    }
    // The engine's words for a state that is cut short, empty or no JSON.
    if (
        /failed to load checkpoint|unexpected end of JSON input|invalid character .* looking/.test(
            text,
        )
    ) {
        return "unreadable-state";
    }
    const isLocked =
        text.includes("[409] Conflict: Another update is currently in progress") ||
        text.includes("the stack is currently locked by");
    return isLocked ? "locked" : "failed";
}

function firstLine(error: Error | string): string {
    const text = typeof error === "string" ? error : error.message;
    const lines = text.split("\n").map((line) => line.trim());
    return (
        lines
            .find((line) => line.startsWith("error:"))
            ?.slice("error:".length)
            .trim() ??
        lines.find((line) => line !== "") ??
        "the engine failed without a word"
    );
}
