import { Comparison } from "../baseline/comparison";
import { percentile } from "../performance/distribution";
import { LatencyNumbers } from "../results";
import { renderLineChart, Series } from "./lineChart";

const METRICS = [
    ["timeToFirstTokenSeconds", "time to the first token"],
    ["interTokenSeconds", "between tokens"],
    ["endToEndSeconds", "end to end"],
] as const;
type Metric = (typeof METRICS)[number][0];
const PERCENTILES = [
    [0.5, "p50"],
    [0.9, "p90"],
    [0.95, "p95"],
    [0.99, "p99"],
] as const;

/**
 * Of each latency case and metric the share of requests (of tokens, for what is between them) that took at most
 * so long, beside that of the baseline: the whole distribution, without a choice of bins.
 */
export function renderLatencyPlots(
    latency: readonly LatencyNumbers[],
    comparison: Comparison | undefined,
    titleOf: (caseId: string) => string,
): string[] {
    return latency.flatMap((numbers) =>
        METRICS.map(([metric, word]) => {
            const { caseId } = numbers;
            const before = comparison?.before?.latency.find((each) => each.caseId === caseId);
            const then = metric === "interTokenSeconds" ? undefined : before?.[metric];
            return renderDistributions(`${titleOf(caseId)}, ${word}`, [
                runOf(numbers, metric),
                ...(then && comparison ? [{ name: comparison.baseline.name, seconds: then }] : []),
            ]);
        }),
    );
}

interface Run {
    readonly name: string;
    readonly seconds: readonly number[];
    /** With intervals, where they are known. */
    readonly distribution?: NonNullable<LatencyNumbers["distributions"]>[Metric];
}

function runOf(
    { samples, distributions, interTokenQuantiles }: LatencyNumbers,
    metric: Metric,
): Run {
    return {
        name: "this run",
        seconds: (metric === "interTokenSeconds" ? interTokenQuantiles : samples?.[metric]) ?? [],
        distribution: distributions?.[metric],
    };
}

function renderDistributions(title: string, runs: readonly Run[]): string {
    if (runs.some(({ seconds }) => seconds.length < 2)) {
        return "";
    }
    const most = Math.max(...runs.map(({ seconds }) => percentile(seconds, 1)));
    const [scale, unit] = most < 2 ? [1000, "ms"] : [1, "s"];
    const said = (seconds: number): string => Number((seconds * scale).toPrecision(3)).toString();
    const cellsOf = ({ seconds, distribution }: Run): string[] =>
        PERCENTILES.map(([share, name]) => {
            const known = distribution?.[name];
            const range = known?.interval
                ? ` (${said(known.interval.low)} to ${said(known.interval.high)})`
                : "";
            return said(known?.value ?? percentile(seconds, share)) + range;
        });
    return renderLineChart({
        title,
        x: unit,
        y: "% took at most this",
        most: 100,
        curve: "step",
        series: runs.map(({ name, seconds }) => ({
            name,
            points: cumulative(seconds, scale, most * scale),
        })),
        table: {
            head: [unit, ...PERCENTILES.map(([, name]) => name), "highest", "samples"],
            rows: runs.map((run) => [
                run.name,
                ...cellsOf(run),
                said(percentile(run.seconds, 1)),
                String(run.distribution?.count ?? run.seconds.length),
            ]),
        },
    });
}

/** From 0 % at 0 up to 100 %, drawn on to where the slowest of the runs ends. */
function cumulative(samples: readonly number[], scale: number, end: number): Series["points"] {
    const sorted = [...samples].sort((a, b) => a - b);
    const steps = sorted.map((seconds, index): [number, number] => [
        seconds * scale,
        (100 * (index + 1)) / sorted.length,
    ]);
    return [[0, 0], ...steps, [end, 100]];
}
