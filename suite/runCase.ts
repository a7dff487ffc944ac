import { setTimeout as sleep } from "node:timers/promises";
import { TestCase, Turn } from "./caseSchema";
import { checkAnswer, CheckResult, isAnswerCheck } from "./checks";
import { checkHttpError } from "./checks/httpError";
import { withWanted } from "./checks/wanted";
import { Answered, ChatClient, ContentPart, Message, Reply, Sampling } from "./client";
import { buildFiller } from "./filler";
import { drawImage, DrawnImage } from "./images";
import {
    checkLatency,
    checkThroughput,
    latencyNumbers,
    sendAll,
    throughputNumbers,
} from "./performance";
import { CaseResult, LatencyNumbers, Problem, ThroughputNumbers, TurnResult } from "./results";

/** What a case needs to run. */
export interface CaseContext {
    readonly client: ChatClient;
    /** Unknown where the server does not tell; cases that need it are skipped then. */
    readonly contextTokens?: number;
    /** Wait before the one retry of a request that got no answer or 5xx. */
    readonly retryAfterSeconds?: number;
    /** Of lane sampled; the requests are pinned where absent. */
    readonly sampling?: Sampling;
}

/** A case's result, and the numbers of a measured one. */
export interface CaseOutcome {
    readonly result: CaseResult;
    readonly latency?: LatencyNumbers;
    readonly throughput?: ThroughputNumbers;
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
    return testCase.measure
        ? runMeasured(testCase, context, record)
        : runDialogue(testCase, context, record);
}

/** The result of a case that was not run. */
export function skippedCase(testCase: TestCase, reason: string): CaseResult {
    return new CaseRecord(testCase, () => 0).skipped(reason).result;
}

/** The result of a case that is left out because the server ran out of memory in it. */
export function leftOutCase(testCase: TestCase): CaseResult {
    const message =
        "the server ran out of memory in this case, even on the last rung; run it on a bigger machine";
    return new CaseRecord(testCase, () => 0).errored({ kind: "out-of-memory", message }).result;
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
        record.addChecks(judged, testCase.turns.length > 1 ? index + 1 : undefined);
    }
    return record.judged();
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
        if (refusal.status >= 500) {
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

async function runMeasured(
    testCase: TestCase,
    context: CaseContext,
    record: CaseRecord,
): Promise<CaseOutcome> {
    const { id, measure } = testCase;
    const turn = testCase.turns[0] as Turn;
    const shown = await buildQuestion(turn, context);
    record.images.push(...shown.images);
    const send = async (index: number): Promise<Reply> => {
        const { message } = await buildQuestion(turn, context, index + 1);
        return context.client.chat([message], turn.maxTokens, { stream: true });
    };
    const latency = measure?.kind === "latency";
    if (latency) {
        // Numbers of their own, so that the warm-up leaves no cached answer to what is measured.
        await sendAll(measure.warmUp, 1, (index) => send(index + 1000));
    }
    const concurrency = measure?.kind === "throughput" ? measure.concurrency : 1;
    const { replies, seconds } = await sendAll(measure?.requests ?? 1, concurrency, send);
    const answers = replies.filter((reply) => reply.kind === "answered");
    record.addTurn(shown, answers[0] ?? (replies[0] as Reply));

    const silent = replies.find((reply) => reply.kind === "silent");
    if (silent) {
        return record.errored({ kind: silent.cause, message: silent.message });
    }
    const refused = replies.find((reply) => reply.kind === "refused");
    const broken = refused !== undefined && refused.status >= 500;
    // Some answers of a server that died of the others are no throughput.
    const died = broken && !(await context.client.isThere());
    if (refused && (latency || answers.length === 0 || died)) {
        const message = `HTTP ${refused.status}: ${refused.message}`;
        if (broken) {
            return record.errored({ kind: "server-error", message });
        }
        record.addChecks([{ kind: "answered", passed: false, message: `refused with ${message}` }]);
        return record.judged();
    }
    if (latency) {
        const numbers = latencyNumbers(id, answers);
        for (const check of turn.checks) {
            record.addChecks(check.kind === "latency" ? checkLatency(check, numbers) : []);
        }
        record.metrics("timeToFirstTokenSeconds", numbers.timeToFirstTokenSeconds?.median);
        record.metrics("endToEndSeconds", numbers.endToEndSeconds.median);
        return { ...record.judged(), latency: numbers };
    }
    const numbers = throughputNumbers(id, replies, concurrency, seconds);
    for (const check of turn.checks) {
        record.addChecks(check.kind === "throughput" ? checkThroughput(check, numbers) : []);
    }
    record.metrics("outputTokensPerSecond", numbers.outputTokensPerSecond);
    record.metrics("requestsPerSecond", numbers.requestsPerSecond);
    return { ...record.judged(), throughput: numbers };
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

interface Question {
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
    const images = (turn.images ?? []).map((spec) => drawImage(spec, index ? index - 1 : 0));
    const pictures = images.map((image): ContentPart => {
        const url = `data:image/png;base64,${image.bytes.toString("base64")}`;
        return { type: "image_url", image_url: { url } };
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
class CaseRecord {
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
        });
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
        return this.outcome(this.checks.every(({ passed }) => passed) ? "passed" : "failed");
    }

    errored(problem: Problem): CaseOutcome {
        return this.outcome("errored", problem);
    }

    skipped(message: string): CaseOutcome {
        return this.outcome("skipped", { kind: "not-run", message });
    }

    private outcome(status: CaseResult["status"], problem?: Problem): CaseOutcome {
        const { id, dimension, title, language, lane, tags, family, digest, cluster } =
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
            images: this.images.map(({ name, width, height, thumbnailPng, damage }) => ({
                name,
                width,
                height,
                ...(thumbnailPng && { thumbnailPng: thumbnailPng.toString("base64") }),
                ...(damage && { damage }),
            })),
            lane,
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
