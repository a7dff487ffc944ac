import { UserError } from "../../common/userError";
import { Judge } from "./judge";

interface NamedJudge {
    readonly judgeUrl?: string;
    readonly judgeModel?: string;
    readonly requestTimeout: number;
}

/**
 * The judge that the command line names, if it names one; its key is GPU_CI_JUDGE_API_KEY.
 *
 * @throws UserError where it is half named.
 */
export function namedJudge(
    { judgeUrl, judgeModel, requestTimeout }: NamedJudge,
    signal: AbortSignal,
): Judge | undefined {
    if (judgeUrl === undefined && judgeModel === undefined) {
        return undefined;
    }
    if (judgeUrl === undefined || judgeModel === undefined) {
        throw new UserError(
            `--judge-${judgeUrl ? "url" : "model"} stands alone.`,
            "--judge-url and --judge-model together",
        );
    }
    return new Judge({
        url: judgeUrl,
        model: judgeModel,
        apiKey: process.env.GPU_CI_JUDGE_API_KEY || undefined,
        requestTimeoutSeconds: requestTimeout,
        signal,
    });
}
