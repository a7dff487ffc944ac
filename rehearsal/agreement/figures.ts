import { median, mean } from "simple-statistics";

/** What a client says of its requests, in the order of their start. */
export interface ClientFigures {
    readonly cpuSeconds: number;
    readonly requests: readonly {
        /** On a clock of the client's own. */
        readonly startSeconds: number;
        readonly endSeconds: number;
        readonly timeToFirstTokenSeconds: number;
        readonly interTokenSeconds: number;
        readonly tokens: number;
    }[];
}

/** What is compared of a client's run. */
export interface Summary {
    readonly timeToFirstTokenSeconds: number;
    readonly interTokenSeconds: number;
    readonly outputTokensPerSecond: number;
}

/**
 * Median time to first token, mean inter-token time, and output tokens a second from the first start to
 * the last end. The first requests of a client open connections (and guidellm's worker processes
 * each set up theirs), which is no part of a server's speed: they are left out of both alike.
 *
 * @param warmUp how many are left out.
 */
export function summarise({ requests }: ClientFigures, warmUp: number): Summary {
    const counted = requests.slice(warmUp);
    const starts = counted.map(({ startSeconds }) => startSeconds);
    const ends = counted.map(({ endSeconds }) => endSeconds);
    const tokens = counted.reduce((sum, each) => sum + each.tokens, 0);
    return {
        timeToFirstTokenSeconds: median(counted.map(({ timeToFirstTokenSeconds: first }) => first)),
        interTokenSeconds: mean(counted.map(({ interTokenSeconds }) => interTokenSeconds)),
        outputTokensPerSecond: tokens / (Math.max(...ends) - Math.min(...starts)),
    };
}
