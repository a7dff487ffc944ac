import { ThroughputNumbers } from "../results";
import { renderLineChart } from "./lineChart";
import { rounded } from "./text";

/** Output tokens a second over the requests at the same time; nothing where there is but one level. */
export function renderThroughputPlot(
    throughput: readonly ThroughputNumbers[],
    titleOf: (caseId: string) => string,
): string {
    const sorted = [...throughput].sort((a, b) => a.concurrency - b.concurrency);
    if (new Set(sorted.map(({ concurrency }) => concurrency)).size < 2) {
        return "";
    }
    return renderLineChart({
        title: "Throughput",
        x: "requests at the same time",
        y: "output tokens/s",
        scale: "log",
        series: [
            {
                name: "this run",
                points: sorted.map((each) => [each.concurrency, each.outputTokensPerSecond]),
            },
        ],
        table: {
            head: ["At the same time", "Output tokens/s", "Requests/s", "Failed", "Case"],
            rows: sorted.map((each) => [
                String(each.concurrency),
                rounded(each.outputTokensPerSecond),
                rounded(each.requestsPerSecond),
                String(each.failedRequests),
                titleOf(each.caseId),
            ]),
        },
    });
}
