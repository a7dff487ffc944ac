import { GpuSample, GpuUse } from "./gpuUse";
import { LineChart, renderLineChart, Series } from "./lineChart";
import { rounded } from "./text";

interface Metric {
    readonly title: string;
    readonly y: string;
    readonly of: (sample: GpuSample) => number | undefined;
    readonly most?: (samples: readonly GpuSample[]) => number | undefined;
}

const GIB = 1024;
const METRICS: readonly Metric[] = [
    { title: "GPU use", y: "%", of: (each) => each.utilisationPercent, most: () => 100 },
    {
        title: "GPU memory",
        y: "GiB in use",
        of: ({ memoryUsedMiB: used }) => used && used / GIB,
        most: (samples) => {
            const [total] = samples.flatMap(({ memoryTotalMiB }) => memoryTotalMiB ?? []);
            return total === undefined ? undefined : total / GIB;
        },
    },
    { title: "GPU power", y: "W", of: (each) => each.powerWatts },
    { title: "GPU temperature", y: "°C", of: (each) => each.temperatureCelsius },
];
/** More points than a plot is wide say nothing more. */
const MOST_POINTS = 400;

/** Use, memory, power and temperature of each GPU over the minutes of the run. */
export function renderGpuUse({ gpus, phases }: GpuUse): string {
    const begin = [...gpus.values()].reduce(
        (least, [first]) => Math.min(least, first?.at ?? Infinity),
        Infinity,
    );
    const minutes = (at: number): number => (at - begin) / 60;
    const spans = phases
        .map(({ name, from, to }) => ({
            name,
            from: Math.max(0, minutes(from)),
            to: minutes(to),
        }))
        .filter(({ from, to }) => to > from);
    const all = [...gpus.values()].flat();
    const charts = METRICS.map((metric) =>
        renderLineChart({
            title: metric.title,
            x: "minutes since the first look at the GPU",
            y: metric.y,
            most: metric.most?.(all),
            spans,
            series: [...gpus].flatMap(([index, samples]) => {
                const points = samples.flatMap((sample) => {
                    const value = metric.of(sample);
                    return value === undefined ? [] : [[minutes(sample.at), value] as const];
                });
                return points.length === 0
                    ? []
                    : { name: `GPU ${index}`, points: highestOfBins(points) };
            }),
            table: tableOf(gpus, metric),
        }),
    ).filter(Boolean);
    return charts.length === 0
        ? ""
        : `<section id="gpu"><h2>GPU over time</h2><div class="charts">${charts.join("\n")}</div>
<p class="note">As nvidia-smi said every five seconds; what came and went between two looks is not seen.</p></section>`;
}

function tableOf(gpus: GpuUse["gpus"], { of }: Metric): LineChart["table"] {
    return {
        head: ["GPU", "Mean", "Highest", "Samples"],
        rows: [...gpus].map(([index, samples]) => {
            const values = samples.flatMap((sample) => of(sample) ?? []);
            const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
            const highest = values.reduce((most, value) => Math.max(most, value), 0);
            return values.length === 0
                ? [String(index), "unknown", "unknown", "0"]
                : [String(index), rounded(mean), rounded(highest), String(values.length)];
        }),
    };
}

/** Of neighbours that fall on one point of the plot the highest: a peak is what is looked for. */
function highestOfBins(points: Series["points"]): Series["points"] {
    const size = Math.ceil(points.length / MOST_POINTS);
    return Array.from({ length: Math.ceil(points.length / size) }, (_, bin) =>
        points
            .slice(bin * size, (bin + 1) * size)
            .reduce((high, point) => (point[1] > high[1] ? point : high)),
    );
}
