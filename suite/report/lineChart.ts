// d3 as CommonJS: its own releases are ES modules, which jest does not load.
import { scaleLinear, scaleLog } from "victory-vendor/d3-scale";
import { curveLinear, curveStepAfter, line } from "victory-vendor/d3-shape";
import { escapeHtml } from "./text";

type Point = readonly [x: number, y: number];

export interface Series {
    readonly name: string;
    readonly points: readonly Point[];
}

/** A span of the x axis with a name, such as a phase of the run. */
export interface Span {
    readonly name: string;
    readonly from: number;
    readonly to: number;
}

export interface LineChart {
    readonly title: string;
    readonly x: string;
    readonly y: string;
    readonly series: readonly Series[];
    /** log: in powers of 2, for what is doubled from one point to the next. */
    readonly scale?: "linear" | "log";
    /** step: a value holds until the next point. */
    readonly curve?: "line" | "step";
    /** The end of the y axis; that of the data where absent. */
    readonly most?: number;
    readonly spans?: readonly Span[];
    /** The same in numbers, for who cannot see the lines. */
    readonly table: {
        readonly head: readonly string[];
        readonly rows: readonly (readonly string[])[];
    };
}

// About as wide as it is on the page, so that its text has the size of the page's.
const WIDTH = 460;
const HEIGHT = 250;
const MARGIN = { top: 18, right: 14, bottom: 40, left: 52 };
/** Colours and dashes that page.css has. */
const STYLES = 8;

/** Lines over an axis, as SVG that takes its colours from the page, with its numbers in a table below. */
export function renderLineChart(chart: LineChart): string {
    const { title, x: xTitle, y: yTitle, series, spans = [], table } = chart;
    const points = series.flatMap((each) => each.points);
    if (points.length === 0) {
        return "";
    }
    const [x, y] = scalesOf(chart, points);
    const path = line<Point>(
        ([place]) => at(x(place)),
        ([, value]) => at(y(value)),
    ).curve(chart.curve === "step" ? curveStepAfter : curveLinear);
    const [left, right] = [MARGIN.left, WIDTH - MARGIN.right];
    const [top, bottom] = [MARGIN.top, HEIGHT - MARGIN.bottom];
    const xTicks = chart.scale === "log" ? [...new Set(points.map(([at]) => at))] : x.ticks(6);
    const sayX = chart.scale === "log" ? String : grouped(x.tickFormat(6));
    const sayY = grouped(y.tickFormat(5));
    const parts = [
        ...spans.map(({ name, from, to }, index) => {
            const [begin, end] = [x(from), x(to)];
            const label = end - begin > 7 * name.length ? name : "";
            return `<rect class="span span${index % 2}" x="${at(begin)}" y="${top}" width="${at(Math.max(0, end - begin))}" height="${bottom - top}"/><text class="span" x="${at((begin + end) / 2)}" y="${top - 5}">${escapeHtml(label)}</text>`;
        }),
        ...y
            .ticks(5)
            .map(
                (tick) =>
                    `<path class="grid" d="M${left} ${at(y(tick))}H${right}"/><text class="y" x="${left - 7}" y="${at(y(tick) + 4)}">${sayY(tick)}</text>`,
            ),
        ...xTicks.map(
            (tick) => `<text class="x" x="${at(x(tick))}" y="${bottom + 17}">${sayX(tick)}</text>`,
        ),
        `<path class="axis" d="M${left} ${bottom}H${right}"/>`,
        `<text class="x title" x="${(left + right) / 2}" y="${HEIGHT - 6}">${escapeHtml(xTitle)}</text>`,
        ...series.map(({ points: own }, index) => {
            const name = `s${index % STYLES}`;
            const dots =
                own.length <= 24 && chart.curve !== "step" ? own : own.length === 1 ? own : [];
            return `<path class="line ${name}" d="${path([...own]) ?? ""}"/>${dots.map(([px, py]) => `<circle class="${name}" cx="${at(x(px))}" cy="${at(y(py))}" r="3"/>`).join("")}`;
        }),
    ];
    const legend = series.map(
        ({ name }, index) =>
            `<li><svg viewBox="0 0 24 8" aria-hidden="true"><path class="line s${index % STYLES}" d="M0 4H24"/></svg>${escapeHtml(name)}</li>`,
    );
    return `<figure class="chart"><figcaption><b>${escapeHtml(title)}</b> <span>${escapeHtml(yTitle)}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(`${title}: ${yTitle} over ${xTitle}; its numbers are in the table below`)}">${parts.join("")}</svg>
${series.length > 1 ? `<ul class="legend">${legend.join("")}</ul>` : ""}
<details class="numbers"><summary>Numbers</summary><div class="scroller" tabindex="0" role="group" aria-label="${escapeHtml(`Numbers of ${title}`)}"><table><thead><tr>${table.head.map((each) => `<th scope="col">${escapeHtml(each)}</th>`).join("")}</tr></thead><tbody>${table.rows.map(renderRow).join("")}</tbody></table></div></details></figure>`;
}

function renderRow([first = "", ...others]: readonly string[]): string {
    return `<tr><th scope="row">${escapeHtml(first)}</th>${others.map((each) => `<td>${escapeHtml(each)}</td>`).join("")}</tr>`;
}

/** Digits grouped as on the rest of the page. */
function grouped(say: (value: number) => string): (value: number) => string {
    return (value) => say(value).replaceAll(",", "\u202f");
}

function scalesOf({ scale = "linear", most, spans = [] }: LineChart, points: readonly Point[]) {
    const places = [...points.map(([at]) => at), ...spans.flatMap(({ from, to }) => [from, to])];
    const [least, last] = [minimum(places), maximum(places)];
    const top = most ?? maximum(points.map(([, value]) => value));
    // A scale of a single place has no length.
    const domain = least === last ? [least, least + (scale === "log" ? least : 1)] : [least, last];
    const x = (scale === "log" ? scaleLog().base(2) : scaleLinear())
        .domain(domain)
        .range([MARGIN.left, WIDTH - MARGIN.right]);
    const y = scaleLinear()
        .domain([0, top > 0 ? top : 1])
        .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
    return [x, most === undefined ? y.nice(5) : y] as const;
}

// Not Math.max(...): thousands of arguments are more than a call takes.
function maximum(values: readonly number[]): number {
    return values.reduce((most, value) => Math.max(most, value), -Infinity);
}

function minimum(values: readonly number[]): number {
    return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function at(coordinate: number): number {
    return Number(coordinate.toFixed(1));
}
