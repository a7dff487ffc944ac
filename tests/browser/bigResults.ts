import { Before, Comparison } from "../../suite/baseline/comparison";
import { drawImage } from "../../suite/images";
import { LevelNumbers } from "../../suite/performance/numbers";
import { drawBelow, seededRandom } from "../../suite/random";
import { CaseResult, countStatuses, SuiteResults } from "../../suite/results";

const DIMENSIONS = ["single-modality", "multimodal", "boundary"] as const;
const WORDS =
    "the picture shows a red circle left of two blue squares under grey sky with five windows and one door near tall trees".split(
        " ",
    );
const CHINESE = "图片里有一个红色的圆形和两个蓝色的方块在灰色的天空下面还有五扇窗户";

export interface BigOptions {
    readonly cases: number;
    /** How many of them fail; each has a picture of its own. */
    readonly failing: number;
    readonly seed?: number;
}

/**
 * Results as a large run leaves them: prompts of 20 to 80 words, answers of 5 to 120, checks, pictures, and the
 * baseline's answer of each case that fails. The same seed gives the same results.
 */
export function bigResults({ cases: count, failing, seed = 1 }: BigOptions): SuiteResults {
    const random = seededRandom(seed);
    const every = Math.ceil(count / Math.max(1, failing));
    const cases = Array.from({ length: count }, (_, index) =>
        oneCase(index, failing > 0 && index % every === 0, random),
    );
    const totals = countStatuses(cases);
    const failed = cases.filter(({ status }) => status === "failed");
    const why = `${failed.length} of ${count} cases failed: ${failed[0]?.id ?? ""}`;
    const latency = [0, 1].map((index) => oneLatency(`latency-${index}`, random));
    return {
        schemaVersion: 2,
        tier: "release",
        model: "Qwen/Qwen3-VL-8B-Instruct",
        seed: 20261124,
        server: { url: "http://127.0.0.1:8000", version: "0.31.0", name: "vLLM", standIn: false },
        startedAt: "2026-11-24T06:00:00.000Z",
        endedAt: "2026-11-24T06:41:00.000Z",
        seconds: 2460,
        verdict: failing > 0 ? "failed" : "passed",
        why: failing > 0 ? why : `all ${count} cases passed`,
        totals,
        comparison: oneComparison(failed, latency, random),
        cases: [...cases, ...["latency-0", "latency-1", "load"].map(measured)],
        performance: {
            latency,
            throughput: [],
            load: [{ caseId: "load", levels: [1, 4, 16, 64].map(oneLevel) }],
        },
    };
}

function oneCase(index: number, isBad: boolean, random: () => number): CaseResult {
    const dimension = DIMENSIONS[drawBelow(3, random)] as CaseResult["dimension"];
    const isChinese = random() < 0.4;
    const text = (least: number, most: number): string => say(isChinese, least, most, random);
    const prompt = text(20, 80);
    const answer = text(5, 120);
    const picture = dimension === "multimodal" || isBad;
    return {
        id: `${dimension}-case-${index}`,
        dimension,
        title: `Case ${index}: ${text(3, 8)}`,
        language: isChinese ? "zh" : "en",
        status: isBad ? "failed" : "passed",
        seconds: 0.2 + 3 * random(),
        checks: [
            {
                kind: "keywords",
                passed: !isBad,
                message: isBad ? "does not name red (0 of 1 found, 1 wanted)" : "names red",
                ...(isBad && { wanted: "red / crimson" }),
            },
            { kind: "length", passed: true, message: `${answer.length} characters` },
        ],
        prompt,
        answer,
        turns: [{ prompt, answer, images: picture ? ["building"] : [] }],
        images: picture
            ? [{ name: "building", width: 640, height: 480, thumbnailPng: thumbnail(isBad, index) }]
            : [],
        lane: random() < 0.2 ? "sampled" : "deterministic",
        tags: random() < 0.3 ? ["core"] : [],
        digest: `digest-${index}`,
        cluster: `cluster-${index}`,
    };
}

/** Those that pass share one: drawing thousands takes minutes. */
function thumbnail(isBad: boolean, index: number): string {
    const seed = isBad ? index : 0;
    drawn[seed] ??= drawImage({
        ...{ name: "building", draw: "building", width: 640, height: 480 },
        seed,
    } as Parameters<typeof drawImage>[0]).thumbnail?.bytes.toString("base64") as string;
    return drawn[seed];
}
const drawn: Record<number, string> = {};

function say(isChinese: boolean, least: number, most: number, random: () => number): string {
    const length = least + drawBelow(most - least, random);
    return isChinese
        ? Array.from({ length: 2 * length }, () => CHINESE[drawBelow(CHINESE.length, random)]).join(
              "",
          )
        : Array.from({ length }, () => WORDS[drawBelow(WORDS.length, random)]).join(" ");
}

type Latency = SuiteResults["performance"]["latency"][number];

function oneLatency(caseId: string, random: () => number): Latency {
    const draw = (median: number): number[] =>
        Array.from({ length: 40 }, () => median * Math.exp(0.5 * (random() + random() - 1)));
    const spread = (median: number) => ({ median, p95: 1.4 * median, max: 1.6 * median });
    return {
        caseId,
        requests: 40,
        samples: { timeToFirstTokenSeconds: draw(0.09), endToEndSeconds: draw(1.1) },
        timeToFirstTokenSeconds: spread(0.09),
        endToEndSeconds: spread(1.1),
        outputTokensPerSecond: 48,
        interTokenQuantiles: Array.from({ length: 50 }, (_, index) => 0.018 + 0.0001 * index),
        distributions: { timeToFirstTokenSeconds: distribution(0.09) },
        serverNumbers: {
            requests: 40,
            timeToFirstTokenSeconds: 0.088,
            queueSeconds: 0.001,
            preemptions: 0,
            kvCacheUse: 0.12,
            differences: [],
        },
    };
}

function distribution(mean: number) {
    const at = (factor: number) => ({
        value: factor * mean,
        interval: { low: 0.95 * factor * mean, high: 1.05 * factor * mean },
    });
    return { count: 40, mean, p50: at(1), p90: at(1.3), p95: at(1.4), p99: { value: 1.6 * mean } };
}

function oneLevel(concurrency: number): LevelNumbers {
    const outputTokensPerSecond = 40 * concurrency ** 0.8;
    const requestsPerSecond = outputTokensPerSecond / 64;
    const share = 1 / (1 + concurrency / 40);
    return {
        ...{ requests: 64, failedRequests: 0, concurrency, seconds: 20 },
        ...{ requestsPerSecond, outputTokensPerSecond },
        goodput: {
            objective: { timeToFirstTokenSeconds: 0.5 },
            good: Math.round(64 * share),
            share,
            shareInterval: { low: 0.9 * share, high: Math.min(1, 1.1 * share) },
            requestsPerSecond: share * requestsPerSecond,
        },
    };
}

function measured(id: string): CaseResult {
    return {
        ...{ id, dimension: "performance", title: `Latency of ${id}`, language: "en" },
        ...{ status: "passed", seconds: 44, prompt: "Say something.", answer: "Something." },
        checks: [],
        turns: [{ prompt: "Say something.", answer: "Something.", images: [] }],
        images: [],
    };
}

function oneComparison(
    failed: readonly CaseResult[],
    latency: readonly Latency[],
    random: () => number,
): Comparison {
    const before: Before = {
        answers: failed.map(({ id, answer }) => ({
            caseId: id,
            status: "passed",
            answer: answer.replace(/red|红/, (word) => (word === "red" ? "dark red" : "深红")),
        })),
        latency: latency.map(({ caseId }) => ({
            caseId,
            endToEndSeconds: oneLatency(caseId, random).samples!.endToEndSeconds,
        })),
        throughput: [1, 4, 16, 64].map((concurrency) => ({
            caseId: "load",
            concurrency,
            outputTokensPerSecond: 42 * concurrency ** 0.8,
        })),
    };
    return {
        baseline: {
            name: "known-good",
            model: "Qwen/Qwen3-VL-8B-Instruct",
            startedAt: "2026-11-20T06:00:00.000Z",
        },
        outcome: failed.length > 0 ? "regression" : "no-evidence",
        why: failed.length > 0 ? "all cases: many lost" : "0 lost and 0 won",
        level: 0.05,
        slowdownTolerance: 0.1,
        pairs: 5000,
        lost: failed.map(({ id }) => id).slice(0, 20),
        won: [],
        leftOut: [],
        quality: [],
        speed: [],
        before,
    };
}
