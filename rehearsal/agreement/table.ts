import { markdownTable } from "../../scripts/markdownTable";
import { AgreementReport } from "./agreement";

/** The suite's client and the independent one may differ by this share. */
export const ALLOWED_DIFFERENCE = 0.03;

const WORDS = {
    timeToFirstTokenSeconds: "time to first token, median",
    interTokenSeconds: "inter-token time, mean",
    outputTokensPerSecond: "output tokens/s",
} as const;

/** Markdown: the two clients beside each other, and what a request costs each of them. */
export function agreementTable({
    rows,
    suiteCpuSeconds,
    guidellmCpuSeconds,
}: AgreementReport): string {
    const value = (metric: keyof typeof WORDS, given: number): string =>
        metric === "outputTokensPerSecond" ? given.toFixed(1) : `${(given * 1000).toFixed(2)} ms`;
    const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
    const table = markdownTable(
        [
            { right: "at a time" },
            "figure",
            ...["suite", "guidellm", "difference", "of rounds"].map((right) => ({ right })),
        ],
        rows.map(({ concurrency, metric, suite, guidellm, difference, lowest, highest }) => [
            String(concurrency),
            WORDS[metric],
            value(metric, suite),
            value(metric, guidellm),
            percent(difference),
            `${percent(lowest)} to ${percent(highest)}`,
        ]),
    );
    const milliseconds = (given: number): string => `${(given * 1000).toFixed(1)} ms`;
    return (
        `${table}\n\nCPU of the client for each request: suite ${milliseconds(suiteCpuSeconds)}, ` +
        `guidellm ${milliseconds(guidellmCpuSeconds)}`
    );
}
