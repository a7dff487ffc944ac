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
        ["Released by", releasedBy(receipt)],
        ["Launched", receipt.launchedAt ?? "-"],
        ["Left running", receipt.leftRunningAt ?? "-"],
    ];
    if (receipt.secondsFromSuiteEndToRelease !== null) {
        rows.push(["From the suite's end to there", `${receipt.secondsFromSuiteEndToRelease} s`]);
    }
    rows.push(
        ["GPU-seconds billed", String(receipt.billedGpuSeconds)],
        ["GPU-seconds past the deadline", String(receipt.leakedGpuSeconds)],
        ...compared("Minutes to the suite's start", minutes.startUp, " min", 1),
        ...compared("Minutes of the suite", minutes.suite, " min", 1),
        ...compared("Minutes together", minutes.total, " min", 1),
        ...compared("Model on each GPU", memoryGiB.load, " GiB", 1),
        ...compared("Room for the KV cache", memoryGiB.kvRoom, " GiB", 1),
        ...compared("Tokens in the KV cache", receipt.kvTokens, "", 0),
        ["Price", price(receipt.priceUsd)],
    );
    const rung = attempts.at(-1)?.rung;
    if (attempts.length > 1 || isOnLowerRung(rung)) {
        rows.push(...attempts.map((each): [string, string] => attemptRow(each)));
    }
    rows.push(
        ["Asked in", receipt.asked.regions.join(", ")],
        [
            "Left in the cloud",
            receipt.leftovers.map(({ kind, id }) => `${kind} ${id}`).join(", ") || "nothing",
        ],
        ["Checksum of receipt.json", receipt.sha256],
    );
    return rows;
}

/** A machine that was about to end itself may have been ended by another layer first. */
function releasedBy({ releasedBy: layer, machine }: Receipt): string {
    const reason = machine?.powerOffReason;
    const says = layer === "watchdog" ? ": " : "; the machine itself: ";
    return reason ? `${layer}${says}${reason}` : layer;
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

/** No row where neither is known. */
function compared(
    name: string,
    { estimated, actual }: Compared,
    unit: string,
    digits: number,
): [string, string][] {
    const text = (value: number | null) =>
        value === null ? "unknown" : `${value.toFixed(digits)}${unit}`;
    const isKnown = estimated !== null || actual !== null;
    return isKnown ? [[name, `estimated ${text(estimated)}, actual ${text(actual)}`]] : [];
}

function price({ estimated, actual }: Receipt["priceUsd"]): string {
    const usd = (amount: number | null) => (amount === null ? "unknown" : `${amount} USD`);
    return `estimated ${usd(estimated)}, actual ${usd(actual)}`;
}
