import { Reply } from "../client";
import { clopperPearson } from "../statistics/clopperPearson";
import { Goodput, Objective } from "./numbers";
import { timePerOutputToken } from "./timings";

/**
 * Requests a second that keep every limit of the objective, and their share of all requests; one that
 * was refused keeps none, and a limit of what cannot be known is not kept.
 *
 * Source: Zhong et al. 2024 (DistServe), https://arxiv.org/abs/2401.09670, section 1.
 *
 * @param seconds that all of the requests took together.
 * @throws RangeError without a request.
 */
export function goodputOf(
    replies: readonly Reply[],
    objective: Objective,
    seconds: number,
): Goodput {
    const good = replies.filter((reply) => keeps(reply, objective)).length;
    return {
        objective,
        good,
        share: good / replies.length,
        shareInterval: clopperPearson(good, replies.length),
        requestsPerSecond: good / seconds,
    };
}

function keeps(reply: Reply, objective: Objective): boolean {
    if (reply.kind !== "answered") {
        return false;
    }
    const within = (limit: number | undefined, given: number | undefined): boolean =>
        limit === undefined || (given !== undefined && given <= limit);
    // An answer of one token has no time between tokens that could be too long.
    const perToken = (reply.pieceSeconds ?? []).length === 1 ? 0 : timePerOutputToken(reply);
    return (
        within(objective.timeToFirstTokenSeconds, reply.timeToFirstTokenSeconds) &&
        within(objective.timePerOutputTokenSeconds, perToken) &&
        within(objective.endToEndSeconds, reply.seconds)
    );
}
