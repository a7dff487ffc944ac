/** What the limits have to know of a candidate. */
interface LimitedCandidate {
    readonly instanceType: string;
    readonly expectedUsd: number;
    readonly minutes: { readonly total: number };
}

// From the driver's decision to the moment at which the new stack fixes its own deadline.
const UNTIL_STACK_FIXES_IT_SECONDS = 20;

/**
 * Deadline and budget of a run, which all its attempts share: a second machine does not get the
 * time and the money of the first one again.
 *
 * @example
 * const limits = new RunLimits({ deadlineMinutes: 45, budgetUsd: 2 }, Date.now);
 * limits.begin(); // then, an attempt of 12 minutes later:
 * limits.minutesLeft(); // 32
 */
export class RunLimits {
    private deadlineAt: number | undefined;
    private spentUsd = 0;

    constructor(
        private readonly plan: { readonly deadlineMinutes: number; readonly budgetUsd: number },
        private readonly now: () => number,
    ) {}

    /** Fixes the run's deadline, once. */
    begin(): void {
        this.deadlineAt ??= this.now() + this.plan.deadlineMinutes * 60_000;
    }

    spend(usd: number): void {
        this.spentUsd += usd;
    }

    /** Whole minutes until the run's deadline, for the stack of an attempt that starts now. */
    minutesLeft(): number {
        if (this.deadlineAt === undefined) {
            return this.plan.deadlineMinutes;
        }
        const seconds = (this.deadlineAt - this.now()) / 1000 - UNTIL_STACK_FIXES_IT_SECONDS;
        return Math.max(0, Math.floor(seconds / 60));
    }

    /** Why an attempt on this candidate is not worth starting now; undefined where it is. */
    refusal({ instanceType, expectedUsd, minutes }: LimitedCandidate): string | undefined {
        const left = this.minutesLeft();
        if (left < Math.max(1, minutes.total)) {
            return (
                `${instanceType} was not tried: it needs about ${minutes.total} minutes, and ` +
                `${left} of the run's ${this.plan.deadlineMinutes} are left`
            );
        }
        const wouldBeUsd = this.spentUsd + expectedUsd;
        if (wouldBeUsd > this.plan.budgetUsd) {
            return (
                `${instanceType} was not tried: with the ${this.spentUsd.toFixed(2)} USD spent ` +
                `the run would cost about ${wouldBeUsd.toFixed(2)} USD, and its budget is ` +
                `${this.plan.budgetUsd} USD`
            );
        }
        return undefined;
    }
}
