import { setTimeout as sleep } from "node:timers/promises";
import { keepTokens } from "./answerTokens";
import { AlignedTokens, alignTokens } from "./baseline/alignTokens";
import { TestCase, Turn } from "./caseSchema";
import { checkAnswer, CheckResult, isAnswerCheck } from "./checks";
import { checkHttpError } from "./checks/httpError";
import { isJudgeCheck } from "./checks/judge";
import { checkTokens, isTokenCheck } from "./checks/tokens";
import { withWanted } from "./checks/wanted";
import { Answered, ChatClient, ContentPart, Message, Reply, Sampling } from "./client";
import { buildFiller } from "./filler";
import { drawOnce } from "./drawOnce";
import { dataUrlOf, DrawnImage } from "./images";
import { Judge } from "./judge/judge";
import { CaseResult, Problem, TurnResult } from "./results";
import { MeasuredNumbers, runMeasured } from "./runMeasured";

/** What a case needs to run. */
export interface CaseContext {
    readonly client: ChatClient;
    /** Unknown where the server does not tell; cases that need it are skipped then. */
    readonly contextTokens?: number;
    /** Wait before the one retry of a request that got no answer or 5xx. */
    readonly retryAfterSeconds?: number;
    /** Of lane sampled; the requests are pinned where absent. */
    readonly sampling?: Sampling;
    /** Results that answers are compared with, token by token. */
    readonly baseline?: readonly CaseResult[];
    /** Cases that want a judge are skipped without one. */
    readonly judge?: Judge;
}

/** A case's result, and the numbers of a measured one. */
export interface CaseOutcome extends MeasuredNumbers {
    readonly result: CaseResult;
}

/** Runs a case: asks, judges, and never throws for what the server does. */
export async function runCase(testCase: TestCase, context: CaseContext): Promise<CaseOutcome> {
    const started = performance.now();
    const record = new CaseRecord(testCase, () => (performance.now() - started) / 1000);
    const needsContext = testCase.turns.some(({ filler }) => filler !== undefined);
    if (needsContext && context.contextTokens === undefined) {
        return record.skipped(
            "the server does not tell the length of its context; pass --context-tokens",
        );
    }
    if (context.judge === undefined && wantsJudge(testCase)) {
        return record.skipped("it wants a judge; pass --judge-url and --judge-model");
    }
    const { id, measure } = testCase;
    if (measure === undefined) {
        return runDialogue(testCase, context, record);
    }
    const turn = testCase.turns[0] as Turn;
    const question = (index?: number): Promise<Question> => buildQuestion(turn, context, index);
    return runMeasured({ id, measure, turn, client: context.client, question }, record);
}

/** Whether a case has a check that a second model makes. */
export function wantsJudge({ turns }: TestCase): boolean {
    return turns.some(({ checks }) => checks.some(isJudgeCheck));
}

/** The result of a case that was not run. */
export function skippedCase(testCase: TestCase, reason: string): CaseResult {
    return new CaseRecord(testCase, () => 0).skipped(reason).result;
}

/** The result of a case that ended without being judged, for a reason outside of its requests. */
export function erroredCase(testCase: TestCase, problem: Problem, seconds: number): CaseResult {
    return new CaseRecord(testCase, () => seconds).errored(problem).result;
}

/** The result of a case that is left out because the server ran out of memory in it. */
export function leftOutCase(testCase: TestCase): CaseResult {
    const message =
        "the server ran out of memory in this case, even on the last rung; run it on a bigger machine";
    return erroredCase(testCase, { kind: "out-of-memory", message }, 0);
}

async function runDialogue(
    testCase: TestCase,
    context: CaseContext,
    record: CaseRecord,
): Promise<CaseOutcome> {
    const history: Message[] = [];
    for (const [index, turn] of testCase.turns.entries()) {
        const question = await buildQuestion(turn, context);
        record.images.push(...question.images);
        const send = (): Promise<Reply> =>
            context.client.chat([...history, question.message], turn.maxTokens, {
                sampling: context.sampling,
                stop: turn.stop,
            });
        const wantsError = turn.checks.some(({ kind }) => kind === "error");
        const reply = await sendWithRetry(send, wantsError, context.retryAfterSeconds);
        record.addTurn(question, reply);
        if (reply.kind === "answered") {
            record.metrics("promptTokens", reply.promptTokens);
            record.metrics("completionTokens", reply.completionTokens);
            history.push(question.message, { role: "assistant", content: reply.text });
        }
        const judged = judgeTurn(turn, reply);
        if (!Array.isArray(judged)) {
            return record.errored(judged);
        }
        const compared = turn.checks
            .filter(isTokenCheck)
            .map((check) => checkTokens(check, record.againstBaseline(context, index)));
        const number = testCase.turns.length > 1 ? index + 1 : undefined;
        record.addChecks([...judged, ...compared], number);
        if (reply.kind === "answered") {
            const byJudge = await askJudge(turn, question, reply.text, context);
            if (!Array.isArray(byJudge)) {
                return record.errored(byJudge);
            }
            record.addChecks(byJudge, number);
        }
    }
    return record.judged();
}

/** The judge's checks of a turn, or the problem that there was with the judge. */
async function askJudge(
    turn: Turn,
    { shown, message: { content } }: Question,
    answer: string,
    { judge }: CaseContext,
): Promise<CheckResult[] | Problem> {
    const pictures =
        typeof content === "string" ? [] : content.filter(({ type }) => type === "image_url");
    const results: CheckResult[] = [];
    for (const check of turn.checks.filter(isJudgeCheck)) {
        const judgement = await (judge as Judge).judge(check, { prompt: shown, answer, pictures });
        if ("problem" in judgement) {
            return { kind: "judge", message: judgement.problem };
        }
        results.push({ kind: check.kind, ...judgement });
    }
    return results;
}

/** The checks' results, or the problem that kept the turn from being judged. */
function judgeTurn(turn: Turn, reply: Reply): CheckResult[] | Problem {
    if (reply.kind === "silent") {
        return { kind: reply.cause, message: reply.message };
    }
    const [first] = turn.checks;
    const refusal = reply.kind === "refused" ? reply : undefined;
    if (first?.kind === "error") {
        return [withWanted(first, checkHttpError(first, refusal))];
    }
    if (refusal) {
        // Servers that refuse with a 5xx what others refuse with a 4xx, where a case says that either will do.
        if (refusal.status >= 500 && !turn.mayRefuse?.status.startsWith("[45]")) {
            return {
                kind: "server-error",
                message: `HTTP ${refusal.status}: ${refusal.message}`,
            };
        }
        if (turn.mayRefuse) {
            return [checkHttpError(turn.mayRefuse, refusal)];
        }
        const message = `refused with HTTP ${refusal.status}: ${refusal.message}`;
        return [{ kind: "answered", passed: false, message }];
    }
    return turn.checks
        .filter(isAnswerCheck)
        .map((check) => withWanted(check, checkAnswer(check, reply as Answered)));
}

/** One retry, for a broken connection or a 5xx that no check asked for; never for a time limit. */
async function sendWithRetry(
    send: () => Promise<Reply>,
    wantsError: boolean,
    retryAfterSeconds = 1,
): Promise<Reply> {
    const reply = await send();
    const again =
        (reply.kind === "silent" && reply.cause === "connection") ||
        (reply.kind === "refused" && reply.status >= 500 && !wantsError);
    if (!again) {
        return reply;
    }
    await sleep(retryAfterSeconds * 1000);
    return send();
}

export interface Question {
    readonly message: Message;
    readonly images: readonly DrawnImage[];
    /** The prompt as the report shows it: a filler is described, not repeated. */
    readonly shown: string;
}

/** A turn's message; `index` numbers a measured request and moves the seeds of its pictures. */
async function buildQuestion(turn: Turn, context: CaseContext, index?: number): Promise<Question> {
    const prompt = turn.prompt?.replaceAll("{{index}}", String(index ?? 1));
    const filler = turn.filler
        ? await buildFiller(turn.filler, context.contextTokens ?? 0, context.client)
        : undefined;
    const images = (turn.images ?? []).map((spec) => drawOnce(spec, index ? index - 1 : 0));
    const pictures = images.flatMap((image): ContentPart[] => {
        const part: ContentPart = { type: "image_url", image_url: { url: dataUrlOf(image) } };
        return Array<ContentPart>(image.copies).fill(part);
    });
    const join = (parts: (string | undefined)[]): string =>
        parts.filter((part) => part !== undefined).join("\n\n");
    const text = join([filler?.text, prompt]);
    const content: string | ContentPart[] =
        pictures.length === 0
            ? text
            : [...pictures, ...(text === "" ? [] : [{ type: "text" as const, text }])];
    return {
        message: { role: "user", content },
        images,
        shown: join([filler?.summary, turn.prompt]),
    };
}

/** Gathers what a case leaves behind. */
export class CaseRecord {
    private readonly checks: CaseResult["checks"] = [];
    readonly images: DrawnImage[] = [];
    private readonly turns: TurnResult[] = [];
    private readonly numbers: Record<string, number> = {};

    constructor(
        private readonly testCase: TestCase,
        private readonly seconds: () => number,
    ) {}

    addTurn({ shown, images }: Question, reply: Reply): void {
        this.turns.push({
            prompt: shown,
            ...(reply.kind === "answered" && { answer: reply.text }),
            ...(reply.kind === "refused" && {
                refusal: { status: reply.status, message: reply.message },
            }),
            images: images.map(({ name }) => name),
            ...(reply.kind === "answered" && reply.tokens && { tokens: keepTokens(reply.tokens) }),
        });
    }

    /** The turn's answer beside that of the baseline, or why it cannot be compared. */
    againstBaseline({ baseline }: CaseContext, index: number): AlignedTokens | string {
        const { id, digest } = this.testCase;
        const before = baseline?.find((each) => each.id === id && each.digest === digest);
        if (before === undefined) {
            return baseline ? "the baseline has not this case" : "there is no baseline";
        }
        const turns = [before.turns[index], this.turns[index]].map((turn) => (turn ? [turn] : []));
        const aligned = alignTokens(turns[0] as TurnResult[], turns[1] as TurnResult[]);
        return aligned ?? "there are no log-probabilities of both answers";
    }

    addChecks(checks: readonly CheckResult[], turn?: number): void {
        this.checks.push(...checks.map((check) => ({ ...check, ...(turn && { turn }) })));
    }

    /** Keeps a number; that of several turns is their sum. */
    metrics(name: string, value: number | undefined): void {
        if (value !== undefined) {
            this.numbers[name] = (this.numbers[name] ?? 0) + value;
        }
    }

    judged(): CaseOutcome {
        const [first] = this.checks;
        if (first && this.checks.every(({ skipped }) => skipped)) {
            return this.skipped(first.message);
        }
        return this.outcome(this.checks.every(({ passed }) => passed) ? "passed" : "failed");
    }

    errored(problem: Problem): CaseOutcome {
        return this.outcome("errored", problem);
    }

    skipped(message: string): CaseOutcome {
        return this.outcome("skipped", { kind: "not-run", message });
    }

    private outcome(status: CaseResult["status"], problem?: Problem): CaseOutcome {
        const { id, dimension, title, language, lane, mustPass, tags, family, digest, cluster } =
            this.testCase;
        const join = (parts: (string | undefined)[]): string => parts.filter(Boolean).join("\n\n");
        const result: CaseResult = {
            id,
            dimension,
            title,
            language,
            status,
            seconds: this.seconds(),
            checks: this.checks,
            prompt: join(this.turns.map(({ prompt }) => prompt)),
            answer: join(this.turns.map(({ answer }) => answer)),
            turns: this.turns,
            images: this.images.map(({ name, width, height, thumbnail, damage }) => ({
                name,
                width,
                height,
                ...(thumbnail && {
                    thumbnailPng: thumbnail.bytes.toString("base64"),
                    ...(thumbnail.mediaType !== "image/png" && {
                        thumbnailType: thumbnail.mediaType,
                    }),
                }),
                ...(damage && { damage }),
            })),
            lane,
            ...(mustPass && { mustPass }),
            ...(tags.length > 0 && { tags }),
            ...(family !== undefined && { family }),
            digest,
            cluster,
            ...(problem && { problem }),
            ...(Object.keys(this.numbers).length > 0 && { metrics: this.numbers }),
        };
        return { result };
    }
}
