import { Comparison } from "../baseline/comparison";
import { percentile } from "../performance";
import { LatencyNumbers } from "../results";
import { renderLineChart, Series } from "./lineChart";

const METRICS = [
    ["timeToFirstTokenSeconds", "time to the first token"],
    ["endToEndSeconds", "end to end"],
] as const;
const PERCENTILES = [0.5, 0.9, 0.95, 0.99, 1];

/**
 * Of each latency case and metric the share of requests that took at most so long, beside that of the
 * baseline: the whole distribution, without a choice of bins.
 */
export function renderLatencyPlots(
    latency: readonly LatencyNumbers[],
    comparison: Comparison | undefined,
    titleOf: (caseId: string) => string,
): string[] {
    return latency.flatMap(({ caseId, samples }) =>
        METRICS.map(([metric, word]) => {
            const now = samples?.[metric] ?? [];
            const before = comparison?.before?.latency.find((each) => each.caseId === caseId);
            const then = before?.[metric] ?? [];
            return now.length < 2
                ? ""
                : renderDistributions(`${titleOf(caseId)}, ${word}`, [
                      ["this run", now],
                      ...(then.length > 0 && comparison
                          ? [[comparison.baseline.name, then] as const]
                          : []),
                  ]);
        }),
    );
}

function renderDistributions(
    title: string,
    runs: readonly (readonly [name: string, seconds: readonly number[]])[],
): string {
    const most = Math.max(...runs.map(([, samples]) => percentile(samples, 1)));
    const [scale, unit] = most < 2 ? [1000, "ms"] : [1, "s"];
    const said = (seconds: number): string => Number((seconds * scale).toPrecision(3)).toString();
    return renderLineChart({
        title,
        x: unit,
        y: "% of requests took at most this",
        most: 100,
        curve: "step",
        series: runs.map(([name, samples]) => ({
            name,
            points: cumulative(samples, scale, most * scale),
        })),
        table: {
            head: [unit, ...PERCENTILES.map(sayPercentile), "requests"],
            rows: runs.map(([name, samples]) => [
                name,
                ...PERCENTILES.map((share) => said(percentile(samples, share))),
                String(samples.length),
            ]),
        },
    });
}

function sayPercentile(share: number): string {
    return share === 1 ? "max" : `p${share * 100}`;
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
