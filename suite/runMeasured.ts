import { Measure, Turn } from "./caseSchema";
import { ChatClient, Message, Reply } from "./client";
import { checkLatency, checkThroughput } from "./performance/checks";
import { latencyNumbers } from "./performance/latency";
import { levelNumbers } from "./performance/level";
import {
    LatencyNumbers,
    LevelNumbers,
    LoadNumbers,
    ThroughputNumbers,
} from "./performance/numbers";
import { readStream } from "./performance/readStream";
import { sendAll } from "./performance/sendAll";
import { Metrics, parseMetrics, serverNumbers } from "./performance/serverMetrics";
import type { CaseOutcome, CaseRecord, Question } from "./runCase";

/** The numbers of a measured case; one of them is there. */
export interface MeasuredNumbers {
    readonly latency?: LatencyNumbers;
    readonly throughput?: ThroughputNumbers;
    readonly load?: LoadNumbers;
}

/** A case that is measured: what to ask, and how to make the request of a number. */
export interface MeasuredCase {
    readonly id: string;
    readonly measure: Measure;
    readonly turn: Turn;
    readonly client: ChatClient;
    /** The n-th request, from 1; undefined: the one that the report shows. */
    readonly question: (index?: number) => Promise<Question>;
}

/** Numbers of their own, so that the warm-up leaves no cached answer to what is measured. */
const FIRST_WARM_UP = 1000;

interface Level {
    readonly replies: readonly Reply[];
    readonly numbers: LevelNumbers;
}

/** Asks as often as the case wants, at each of its levels, and judges what came of it. */
export async function runMeasured(
    { id, measure, turn, client, question }: MeasuredCase,
    record: CaseRecord,
): Promise<CaseOutcome> {
    const shown = await question();
    record.images.push(...shown.images);
    const messageOf = async (index: number): Promise<Message> =>
        (await question(index + 1)).message;
    const levels: Level[] = [];
    let warmUp = measure.kind === "throughput" ? 0 : measure.warmUp;
    let asked = 0;
    for (const { requests, concurrency } of levelsOf(measure)) {
        const prepare = async (first: number, count: number): Promise<Buffer[]> => {
            const messages = Array.from({ length: count }, (_, index) => messageOf(first + index));
            return (await Promise.all(messages)).map((message) =>
                client.prepare([message], turn.maxTokens),
            );
        };
        // No level asks what another has asked: a prefix cache would answer for the model.
        const [prepared, warm] = [
            await prepare(asked, requests),
            await prepare(FIRST_WARM_UP, warmUp),
        ];
        await sendAll(warm.length, concurrency, (index) => client.measure(warm[index] as Buffer));
        [warmUp, asked] = [0, asked + requests];
        const objective = measure.kind === "load" ? measure.objective : undefined;
        const level = await runLevel(client, prepared, concurrency, (replies, seconds) =>
            levelNumbers(replies, concurrency, seconds, objective),
        );
        levels.push(level);
        const broken = level.replies.some(({ kind }) => kind === "silent");
        if (broken || level.replies.every(({ kind }) => kind !== "answered")) {
            break;
        }
    }
    const replies = levels.flatMap((level) => level.replies);
    record.addTurn(shown, replies.find(({ kind }) => kind === "answered") ?? (replies[0] as Reply));
    const unusable = await whyUnusable(replies, measure, client, record);
    return unusable ?? judge(id, measure, turn, levels, record);
}

/** A level has at least two requests for each that is under way at a time. */
function levelsOf(measure: Measure): { requests: number; concurrency: number }[] {
    const { requests } = measure;
    switch (measure.kind) {
        case "latency":
            return [{ requests, concurrency: 1 }];
        case "throughput":
            return [{ requests, concurrency: measure.concurrency }];
        case "load":
            return measure.concurrency.map((concurrency) => ({
                requests: Math.max(requests, 2 * concurrency),
                concurrency,
            }));
    }
}

async function runLevel(
    client: ChatClient,
    prepared: readonly Buffer[],
    concurrency: number,
    numbersOf: (replies: readonly Reply[], seconds: number) => LevelNumbers,
): Promise<Level> {
    const metrics = async (): Promise<Metrics | undefined> => {
        const text = await client.readMetrics();
        return text === undefined ? undefined : parseMetrics(text);
    };
    const before = await metrics();
    const between: Promise<Metrics | undefined>[] = [];
    const half = Math.floor(prepared.length / 2);
    const { replies: raw, seconds } = await sendAll(prepared.length, concurrency, (index) => {
        if (before && concurrency > 1 && index === half) {
            between.push(metrics());
        }
        return client.measure(prepared[index] as Buffer);
    });
    const after = before && (await metrics());
    const replies = raw.map(readStream);
    const numbers = numbersOf(replies, seconds);
    const server =
        before &&
        after &&
        serverNumbers(
            before,
            after,
            numbers.distributions,
            (await Promise.all(between)).flatMap((each) => each ?? []),
        );
    return { replies, numbers: { ...numbers, ...(server && { serverNumbers: server }) } };
}

/** The outcome of a case whose requests got no answers that could be measured. */
async function whyUnusable(
    replies: readonly Reply[],
    { kind }: Measure,
    client: ChatClient,
    record: CaseRecord,
): Promise<CaseOutcome | undefined> {
    const silent = replies.find((reply) => reply.kind === "silent");
    if (silent) {
        return record.errored({ kind: silent.cause, message: silent.message });
    }
    const refused = replies.find((reply) => reply.kind === "refused");
    if (refused === undefined) {
        return undefined;
    }
    const broken = refused.status >= 500;
    const isNone = replies.every((reply) => reply.kind === "refused");
    // Some answers of a server that died of the others are no throughput.
    if (kind !== "latency" && !isNone && !(broken && !(await client.isThere()))) {
        return undefined;
    }
    const message = `HTTP ${refused.status}: ${refused.message}`;
    if (broken) {
        return record.errored({ kind: "server-error", message });
    }
    record.addChecks([{ kind: "answered", passed: false, message: `refused with ${message}` }]);
    return record.judged();
}

function judge(
    id: string,
    { kind }: Measure,
    turn: Turn,
    levels: readonly Level[],
    record: CaseRecord,
): CaseOutcome {
    const all = levels.map(({ numbers }) => numbers);
    const [first, last] = [levels[0] as Level, all.at(-1) as LevelNumbers];
    if (kind === "latency") {
        const numbers: LatencyNumbers = {
            ...latencyNumbers(
                id,
                first.replies.filter((reply) => reply.kind === "answered"),
            ),
            ...(last.serverNumbers && { serverNumbers: last.serverNumbers }),
        };
        for (const check of turn.checks) {
            record.addChecks(check.kind === "latency" ? checkLatency(check, numbers) : []);
        }
        record.metrics("timeToFirstTokenSeconds", numbers.timeToFirstTokenSeconds?.median);
        record.metrics("endToEndSeconds", numbers.endToEndSeconds.median);
        return { ...record.judged(), latency: numbers };
    }
    for (const check of turn.checks) {
        record.addChecks(check.kind === "throughput" ? checkThroughput(check, all) : []);
    }
    record.metrics("outputTokensPerSecond", last.outputTokensPerSecond);
    record.metrics("requestsPerSecond", last.requestsPerSecond);
    return kind === "load"
        ? { ...record.judged(), load: { caseId: id, levels: all } }
        : { ...record.judged(), throughput: { caseId: id, ...last } };
}
