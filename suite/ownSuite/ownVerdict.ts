import { CaseResult, Verdict } from "../results";

/** How the command of an own suite ended, as the machine says. */
export interface SuiteEnd {
    /** passed: exit status 0; failed: 1; none: anything else. */
    readonly verdict: Verdict;
    /** `0`, `2`, or a signal such as `TERM`. */
    readonly exitStatus: string;
}

export interface OwnVerdictArgs {
    /** Undefined where the machine did not live to tell. */
    readonly end: SuiteEnd | undefined;
    /** False where the server had ended when the suite did. */
    readonly isServerThere: boolean;
    readonly cases: readonly CaseResult[];
    /** How many JUnit files the cases come from. */
    readonly junitFiles: number;
    readonly unreadable: readonly { readonly file: string; readonly why: string }[];
    /** Whether a test that passed when it was run again fails the suite. */
    readonly flakyFails: boolean;
    /** The machine's own words about a suite without a verdict. */
    readonly machineSays?: string;
}

/**
 * The verdict of an own suite by its exit status and its JUnit, and why. Where the two do not agree the
 * worse one counts, and the reason says so. Without any JUnit the exit status is all there is.
 *
 * | exit status   | failures | no failure | no test at all | unreadable | no JUnit |
 * | ------------- | -------- | ---------- | -------------- | ---------- | -------- |
 * | 0             | failed   | passed     | none           | none       | passed   |
 * | 1             | failed   | failed     | failed         | failed     | failed   |
 * | anything else | none     | none       | none           | none       | none     |
 *
 * A server that has ended meanwhile leaves no verdict: its end is no answer of the model.
 */
export function decideOwnVerdict(args: OwnVerdictArgs): { verdict: Verdict; why: string } {
    const { end, isServerThere, cases, junitFiles, unreadable, flakyFails, machineSays } = args;
    if (end === undefined) {
        return { verdict: "none", why: "the suite did not come to its end" };
    }
    const status = `exit status ${end.exitStatus}`;
    const broken = unreadable.map(({ file, why }) => `${file} cannot be read (${why})`).slice(0, 1);
    const bad = cases.filter(
        (each) =>
            ["failed", "errored"].includes(each.status) || (flakyFails && each.status === "flaky"),
    );
    const counted = `${bad.length} of ${cases.length} tests failed`;
    const join = (...parts: string[]): string => parts.join("; ");
    if (end.verdict === "none" || !isServerThere) {
        const also = bad.length > 0 ? [`${counted} in its JUnit`] : [];
        const ended = isServerThere
            ? `the suite ended with ${status}, which is neither 0 nor 1`
            : `the server ended before the suite did, which ended with ${status}`;
        const why = machineSays ?? ended;
        return { verdict: "none", why: join(why, ...also, ...broken) };
    }
    if (bad.length > 0) {
        const agrees = end.verdict === "failed";
        const why = `${counted}: ${named(bad)}`;
        return {
            verdict: "failed",
            why: join(agrees ? why : `${why}, although the suite ended with ${status}`, ...broken),
        };
    }
    if (end.verdict === "failed") {
        const but =
            junitFiles === 0 ? [] : [`none of ${cases.length} tests in its JUnit has failed`];
        const alone = junitFiles + unreadable.length === 0 ? ["it left no JUnit"] : [];
        return {
            verdict: "failed",
            why: join(`the suite ended with ${status}`, ...but, ...alone, ...broken),
        };
    }
    if (unreadable.length > 0) {
        return { verdict: "none", why: join(...broken, `the suite ended with ${status}`) };
    }
    if (junitFiles === 0) {
        return { verdict: "passed", why: `the suite ended with ${status}; it left no JUnit` };
    }
    return withoutFailure(cases);
}

function withoutFailure(cases: readonly CaseResult[]): { verdict: Verdict; why: string } {
    const skipped = cases.filter(({ status }) => status === "skipped").length;
    const flaky = cases.filter(({ status }) => status === "flaky");
    const judged = cases.length - skipped;
    if (judged === 0) {
        return { verdict: "none", why: `no test was run${skipped > 0 ? ", all are skipped" : ""}` };
    }
    const notes = [
        skipped > 0 && `${skipped} skipped`,
        flaky.length > 0 && `${flaky.length} flaky: ${named(flaky)}`,
    ].filter(Boolean);
    const all = flaky.length === 0 ? `all ${judged}` : `${judged - flaky.length} of ${judged}`;
    return { verdict: "passed", why: [`${all} tests passed`, ...notes].join("; ") };
}

const LONGEST_LIST = 3;

function named(cases: readonly CaseResult[]): string {
    const more = cases.length - LONGEST_LIST;
    const shown = cases.slice(0, LONGEST_LIST).map(({ id }) => id);
    return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
