import { loadavg } from "node:os";
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { isUserError } from "../common/userError";
import { measureAgreement } from "../rehearsal/agreement/agreement";
import { agreementTable, ALLOWED_DIFFERENCE } from "../rehearsal/agreement/table";
import { ensureLoadGenerator } from "./setup/loadGenerator";

const say = (line: string): boolean => process.stderr.write(`${line}\n`);

const whole = (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > 500) {
        throw new InvalidArgumentError("A whole number from 1 to 500 is wanted.");
    }
    return value;
};

const seconds = (text: string): number => {
    const value = Number(text);
    if (!(value > 0 && value <= 10)) {
        throw new InvalidArgumentError("Seconds above 0, at most 10, are wanted.");
    }
    return value;
};

const command = new Command("agreement")
    .description(
        "Measures the model stand-in by the suite's client and by guidellm, in turns, and says how far " +
            "they are apart",
    )
    .option("--rounds <n>", "how often each is measured at each concurrency", whole, 5)
    .option("--requests <n>", "measured requests of each client in a round", whole, 40)
    .option("--first-token-seconds <s>", "the server's pace before the first token", seconds, 0.15)
    .option("--token-seconds <s>", "its pace of the others", seconds, 0.02)
    .exitOverride((end) => process.exit(end.exitCode === 0 ? 0 : 2));

async function main(): Promise<number> {
    const options = command.parse().opts();
    const pythons = await ensureLoadGenerator();
    say(`load of this machine before: ${loadavg()[0]?.toFixed(1)}`);
    const report = await measureAgreement({
        ...pythons,
        ...options,
        concurrencies: [1, 8],
        onRound: say,
    });
    process.stdout.write(`${agreementTable(report)}\n`);
    const worst = Math.max(...report.rows.map(({ difference }) => Math.abs(difference)));
    return worst <= ALLOWED_DIFFERENCE ? 0 : 1;
}

main()
    .then((code) => process.exit(code))
    .catch((error: unknown) => {
        say(isUserError(error) ? `error: ${error.message}` : String((error as Error).stack));
        process.exit(2);
    });
