import { Comparison } from "../baseline/comparison";
import { levelsOf, SuiteResults, ThroughputNumbers } from "../results";
import { LineChart, renderLineChart, Series } from "./lineChart";
import { milliseconds, rounded } from "./text";

type Level = Pick<ThroughputNumbers, "caseId" | "concurrency" | "outputTokensPerSecond">;

const X = "requests at the same time";

/**
 * What the server gives over the requests at the same time: a curve for each case with several levels, one for
 * all cases with one level together, each beside the baseline's. Where the cases state an objective, also how
 * many requests keep it.
 */
export function renderThroughputPlots(
    performance: SuiteResults["performance"],
    comparison: Comparison | undefined,
    titleOf: (caseId: string) => string,
): string[] {
    const several = (performance.load ?? []).map(({ caseId }) => caseId);
    const levels = levelsOf(performance);
    const curves = [
        ...several.map((caseId) => ({
            title: titleOf(caseId),
            isOf: (each: Level) => each.caseId === caseId,
        })),
        { title: "Throughput", isOf: (each: Level) => !several.includes(each.caseId) },
    ];
    return curves.flatMap(({ title, isOf }) => {
        const own = levels.filter(isOf).sort((a, b) => a.concurrency - b.concurrency);
        if (new Set(own.map(({ concurrency }) => concurrency)).size < 2) {
            return [];
        }
        const before = (comparison?.before?.throughput ?? []).filter(isOf);
        const name = comparison?.baseline.name ?? "";
        return [renderThroughput(title, own, before, name, titleOf), renderGoodput(title, own)];
    });
}

function renderThroughput(
    title: string,
    own: readonly ThroughputNumbers[],
    before: readonly Level[],
    baseline: string,
    titleOf: (caseId: string) => string,
): string {
    const curve = (name: string, levels: readonly Level[]): Series => ({
        name,
        points: [...levels]
            .sort((a, b) => a.concurrency - b.concurrency)
            .map((each) => [each.concurrency, each.outputTokensPerSecond]),
    });
    return renderLineChart({
        title,
        x: X,
        y: "output tokens/s",
        scale: "log",
        series: [curve("this run", own), ...(before.length > 0 ? [curve(baseline, before)] : [])],
        table: tableOf(own, before, titleOf),
    });
}

function tableOf(
    own: readonly ThroughputNumbers[],
    before: readonly Level[],
    titleOf: (caseId: string) => string,
): LineChart["table"] {
    const head = [
        "At the same time",
        "Output tokens/s",
        "Baseline’s",
        "Requests/s",
        "End to end",
        "Failed",
    ];
    return {
        head: [...head, "Case"],
        rows: own.map((each) => {
            const { outputTokensPerSecond: interval } = each.throughputIntervals ?? {};
            const range = interval
                ? ` (${rounded(interval.low)} to ${rounded(interval.high)})`
                : "";
            const then = before.find(
                ({ caseId, concurrency }) =>
                    caseId === each.caseId && concurrency === each.concurrency,
            );
            return [
                String(each.concurrency),
                rounded(each.outputTokensPerSecond) + range,
                then ? rounded(then.outputTokensPerSecond) : "–",
                rounded(each.requestsPerSecond),
                each.endToEndSeconds ? milliseconds(each.endToEndSeconds.median) : "–",
                String(each.failedRequests),
                titleOf(each.caseId),
            ];
        }),
    };
}

function renderGoodput(title: string, own: readonly ThroughputNumbers[]): string {
    const judged = own.flatMap((each) => (each.goodput ? { ...each, goodput: each.goodput } : []));
    if (judged.length < 2) {
        return "";
    }
    const percent = (share: number): string => String(Math.round(100 * share));
    return renderLineChart({
        title: `${title}, goodput`,
        x: X,
        y: "requests/s",
        scale: "log",
        series: [
            {
                name: "that keep the objective",
                points: judged.map(({ concurrency, goodput }) => [
                    concurrency,
                    goodput.requestsPerSecond,
                ]),
            },
            {
                name: "all answered",
                points: judged.map((each) => [each.concurrency, each.requestsPerSecond]),
            },
        ],
        table: {
            head: ["At the same time", "Good requests/s", "All requests/s", "Share that is good"],
            rows: judged.map(({ concurrency, goodput, requestsPerSecond }) => [
                String(concurrency),
                rounded(goodput.requestsPerSecond),
                rounded(requestsPerSecond),
                `${percent(goodput.share)} % (${percent(goodput.shareInterval.low)} to ${percent(goodput.shareInterval.high)})`,
            ]),
        },
    });
}
