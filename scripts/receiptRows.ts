import { PLANNED_RUNG } from "../common/rungNames";
import type { Receipt } from "./receipt";

type Compared = Receipt["minutes"]["total"];

/** A receipt as names and values, for the report, the terminal and GitHub's summary. */
export function receiptRows(receipt: Receipt): [string, string][] {
    const { machine, minutes, memoryGiB, attempts } = receipt;
    const rows: [string, string][] = [
        ["Run", `${receipt.runId}, attempt ${receipt.attempt}, tier ${receipt.tier}`],
        ["Verdict", receipt.verdict + (receipt.why ? `: ${receipt.why}` : "")],
        [
            "Machine",
            machine
                ? `${machine.instanceType} (${machine.gpuCount} x ${machine.gpuName}), ${machine.instanceId}`
                : "none was launched",
        ],
        [
            "Cloud",
            receipt.awsEndpoint === null
                ? `AWS account ${receipt.account}, ${receipt.region}`
                : `emulated: ${receipt.awsEndpoint} answers in place of AWS`,
        ],
        [
            "Released by",
            receipt.releasedBy + (machine?.powerOffReason ? `: ${machine.powerOffReason}` : ""),
        ],
        ["Launched", receipt.launchedAt ?? "-"],
        ["Left running", receipt.leftRunningAt ?? "-"],
    ];
    if (receipt.secondsFromSuiteEndToRelease !== null) {
        rows.push(["From the suite's end to there", `${receipt.secondsFromSuiteEndToRelease} s`]);
    }
    rows.push(
        ["GPU-seconds billed", String(receipt.billedGpuSeconds)],
        ["GPU-seconds past the deadline", String(receipt.leakedGpuSeconds)],
        ["Minutes to the suite's start", compared(minutes.startUp, " min", 1)],
        ["Minutes of the suite", compared(minutes.suite, " min", 1)],
        ["Minutes together", compared(minutes.total, " min", 1)],
        ["Model on each GPU", compared(memoryGiB.load, " GiB", 1)],
        ["Room for the KV cache", compared(memoryGiB.kvRoom, " GiB", 1)],
        ["Tokens in the KV cache", compared(receipt.kvTokens, "", 0)],
        ["Price", price(receipt.priceUsd)],
    );
    const rung = attempts.at(-1)?.rung;
    if (attempts.length > 1 || isOnLowerRung(rung)) {
        rows.push(...attempts.map((each): [string, string] => attemptRow(each)));
    }
    rows.push([
        "Left in the cloud",
        receipt.leftovers.map(({ kind, id }) => `${kind} ${id}`).join(", ") || "nothing",
    ]);
    return rows;
}

/** Where, how it ended, for how long, at what cost, and on which rung. */
function attemptRow(attempt: Receipt["attempts"][number]): [string, string] {
    const { instanceType, market, region, zone, outcome, error, seconds, usd, rung } = attempt;
    const parts = [
        `${instanceType} ${market} in ${zone ?? region}`,
        error ? `${outcome} (${error.replace(/^.* api error /, "")})` : outcome,
        `${seconds} s`,
        usd === null ? "price unknown" : `${usd} USD`,
        ...(isOnLowerRung(rung) ? [`rung ${rung}`] : []),
    ];
    return [`Attempt ${attempt.attempt}`, parts.join(", ")];
}

/** The first rung is the plan itself. */
function isOnLowerRung(rung: string | null | undefined): boolean {
    return typeof rung === "string" && rung !== PLANNED_RUNG;
}

function compared({ estimated, actual }: Compared, unit: string, digits: number): string {
    const text = (value: number) => `${value.toFixed(digits)}${unit}`;
    return `estimated ${text(estimated)}, actual ${actual === null ? "unknown" : text(actual)}`;
}

function price({ estimated, actual }: Receipt["priceUsd"]): string {
    const usd = (amount: number | null) => (amount === null ? "unknown" : `${amount} USD`);
    return `estimated ${usd(estimated)}, actual ${usd(actual)}`;
}
