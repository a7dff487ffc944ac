import { defaultCaseLimitSeconds, withinLimit } from "./caseLimit";
import { TestCase } from "./caseSchema";
import { ChatClient } from "./client";
import { Concurrency } from "./concurrency";
import { ProgressFile } from "./progressFile";
import { QuarantineEntry, quarantineOf } from "./quarantine";
import { CaseResult } from "./results";
import { CaseContext, CaseOutcome, leftOutCase, skippedCase } from "./runCase";
import { isToTryAlone, repeatsWanted, summariseTries, tryAlone, tryCase } from "./runRepeats";
import { Phase, Placed, schedule } from "./schedule";
import { ServerWatch } from "./serverWatch";
import { workOff } from "./workOff";

interface CaseRunOptions {
    readonly cases: readonly TestCase[];
    readonly tierRepeats: number;
    readonly seed: number;
    readonly requestTimeoutSeconds: number;
    readonly caseTimeoutSeconds?: number;
    readonly suspects: ReadonlySet<string>;
    readonly concurrency?: Concurrency;
    readonly leftOut: readonly string[];
    readonly quarantine: readonly QuarantineEntry[];
    readonly startedAt: Date;
    /** Why the rest need not be asked, where that is so. */
    readonly whyCertain: (
        done: readonly CaseResult[],
        left: readonly TestCase[],
    ) => string | undefined;
    /** Asks doubtful cases again as soon as there are some, not at the end of the phase. */
    readonly clearsUpAtOnce: boolean;
    readonly progress?: ProgressFile;
    readonly signal?: AbortSignal;
    /** To see whether the server is still there. */
    readonly client: ChatClient;
    /** For one case, whose requests the signal ends. */
    readonly clientFor: (signal: AbortSignal) => ChatClient;
    readonly contextTokens?: number;
    /** Results that a case's token checks compare with. */
    readonly baselineCases?: readonly CaseResult[];
    /** For cases that want a second model's judgement. */
    readonly judge?: CaseContext["judge"];
    readonly retryAfterSeconds: number;
    readonly onCase?: (result: CaseResult, index: number, count: number) => void;
}

/** Asks the cases of a run, phase by phase, and keeps what came of each. */
export class CaseRun {
    private readonly outcomes: (CaseOutcome | undefined)[];
    /** Cases of lane greedy that failed in company, with their tries. */
    private readonly doubtful: { placed: Placed; tries: CaseOutcome[] }[] = [];
    private readonly watch: ServerWatch;
    private stopped?: string;
    private done = 0;

    constructor(private readonly options: CaseRunOptions) {
        this.outcomes = options.cases.map(() => undefined);
        this.watch = new ServerWatch(options.client, options.retryAfterSeconds);
    }

    /**
     * Every case's outcome, in the order of the cases; of those that were not asked, that they were skipped.
     *
     * @param stopped why nothing is asked at all.
     */
    async all(stopped?: string): Promise<{
        outcomes: CaseOutcome[];
        stopped?: string;
        goneDuring?: readonly string[];
        resumed: number;
    }> {
        this.stopped = stopped;
        const { cases, suspects, concurrency } = this.options;
        this.leaveOut();
        const resumed = stopped === undefined ? this.takeOver() : 0;
        if (resumed > 0) {
            this.stopped = this.options.whyCertain(this.results(), this.casesLeft());
        }
        for (const phase of schedule(cases, suspects, concurrency)) {
            await this.runPhase(phase);
        }
        const outcomes = cases.map(
            (testCase, position) =>
                this.outcomes[position] ??
                this.inQuarantine({ result: skippedCase(testCase, this.stopped as string) }),
        );
        return { outcomes, stopped: this.stopped, goneDuring: this.watch.goneDuring, resumed };
    }

    /** Where the verdict's certainty is asked for, doubtful cases are cleared up as they come. */
    private async runPhase({ queues }: Phase): Promise<void> {
        const isOpen = ({ position }: Placed): boolean => this.outcomes[position] === undefined;
        let left = queues.map(({ limit, cases }) => ({ limit, cases: cases.filter(isOpen) }));
        const isPaused = (): boolean => {
            this.stopped ??= stopReason(this.options.signal);
            return (
                this.stopped !== undefined ||
                (this.options.clearsUpAtOnce && this.doubtful.length > 0)
            );
        };
        do {
            left = await workOff(left, (placed) => this.ask(placed), isPaused);
            await this.clearUp();
        } while (this.stopped === undefined && left.some(({ cases }) => cases.length > 0));
    }

    private async ask(placed: Placed): Promise<void> {
        const { testCase } = placed;
        const { tierRepeats, seed } = this.options;
        this.watch.begin(testCase);
        const tries = await this.withinLimit(testCase, (context) =>
            tryCase(testCase, tierRepeats, seed, context),
        );
        if (isToTryAlone(testCase, tries)) {
            this.doubtful.push({ placed, tries });
        } else {
            await this.finish(placed, summariseTries(testCase, tries));
        }
        this.watch.end(testCase);
    }

    /** Nothing else is under way now: asks those again that failed in company. */
    private async clearUp(): Promise<void> {
        for (const { placed, tries } of this.doubtful.splice(0)) {
            const { testCase } = placed;
            this.stopped ??= stopReason(this.options.signal);
            if (this.stopped !== undefined) {
                // Whether it fails alone is not known: it is as good as not asked.
                return;
            }
            this.watch.begin(testCase);
            const again = await this.withinLimit(testCase, (context) =>
                tryAlone(testCase, context),
            );
            await this.finish(placed, summariseTries(testCase, [...tries, ...again], again.length));
            this.watch.end(testCase);
        }
    }

    private withinLimit(
        testCase: TestCase,
        ask: (context: CaseContext) => Promise<CaseOutcome[]>,
    ): Promise<CaseOutcome[]> {
        const { signal, contextTokens, baselineCases, retryAfterSeconds, clientFor } = this.options;
        const { tierRepeats, requestTimeoutSeconds, caseTimeoutSeconds, judge } = this.options;
        const repeats = repeatsWanted(testCase, tierRepeats);
        const limit =
            caseTimeoutSeconds ?? defaultCaseLimitSeconds(testCase, repeats, requestTimeoutSeconds);
        return withinLimit(testCase, limit, (ended) => {
            const client = clientFor(signal ? AbortSignal.any([ended, signal]) : ended);
            return ask({
                client,
                contextTokens,
                retryAfterSeconds,
                baseline: baselineCases,
                judge,
            });
        });
    }

    private async finish({ position }: Placed, outcome: CaseOutcome): Promise<void> {
        this.keep(position, outcome);
        this.options.progress?.add(outcome);
        if (outcome.result.status === "errored") {
            const asked = this.results().filter(({ problem }) => problem?.kind !== "out-of-memory");
            const ended = stopReason(this.options.signal);
            if (ended !== undefined) {
                this.watch.stop();
            }
            const reason = ended ?? (await this.watch.reasonToStop(asked));
            this.stopped ??= reason;
        } else if (outcome.result.status !== "passed") {
            this.stopped ??= this.options.whyCertain(this.results(), this.casesLeft());
        }
    }

    private keep(position: number, outcome: CaseOutcome): void {
        const kept = this.inQuarantine(outcome);
        this.outcomes[position] = kept;
        this.options.onCase?.(kept.result, this.done++, this.options.cases.length);
    }

    private leaveOut(): void {
        this.options.cases.forEach((testCase, position) => {
            if (this.options.leftOut.includes(testCase.id)) {
                this.keep(position, { result: leftOutCase(testCase) });
            }
        });
    }

    private takeOver(): number {
        let count = 0;
        this.options.cases.forEach((testCase, position) => {
            const done = this.options.progress?.outcomeOf(testCase);
            if (done && this.outcomes[position] === undefined) {
                this.keep(position, done);
                count++;
            }
        });
        return count;
    }

    private inQuarantine(outcome: CaseOutcome): CaseOutcome {
        const { quarantine: entries, startedAt } = this.options;
        const quarantine = quarantineOf(entries, outcome.result.id, startedAt);
        // Of this run, also where the result is of an interrupted one.
        return { ...outcome, result: { ...outcome.result, quarantine } };
    }

    private results(): CaseResult[] {
        return this.outcomes.flatMap((outcome) => outcome?.result ?? []);
    }

    private casesLeft(): TestCase[] {
        return this.options.cases.filter((_, position) => this.outcomes[position] === undefined);
    }
}

function stopReason(signal: AbortSignal | undefined): string | undefined {
    return signal?.aborted ? (signal.reason as Error).message : undefined;
}
