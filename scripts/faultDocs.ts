/**
 * Writes docs/faults.md from what `npm run faults -- --json FILE` measured, at once or in parts.
 *
 *     npm run docs:faults -- FILE...
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Command } from "@commander-js/extra-typings";
import { median } from "simple-statistics";

import { UserError } from "../common/userError";
import { LAYER_NAMES, LAYERS, type LayerName } from "../rehearsal/faults/layer";
import type { CellRecord, MatrixFile } from "../rehearsal/faults/matrixFile";
import { endWithError } from "./endWithError";
import { markdownTable } from "./markdownTable";

const DOCS_FILE = join(__dirname, "..", "docs", "faults.md");

/** The page: how it was measured, each layer's times, fault x layer, and the plain program beside it. */
export function faultDocs(measured: MatrixFile): string {
    const { injected, minutes, leakedGpuSeconds, foreignEnded, cells } = measured;
    const broken = cells.filter(({ holds }) => !holds).length;
    return [
        "# What was tried to make it leak",
        METHOD,
        "## What came of it",
        `${injected} faults were injected in ${minutes.toFixed(0)} minutes: ${leakedGpuSeconds.toFixed(0)} GPU-seconds leaked, ` +
            `${foreignEnded.length} foreign machines ended, ${broken} cells broken.`,
        LAYER_NOTE,
        layerTable(cells),
        MATRIX_NOTE,
        matrixTable(cells),
        "## The same faults without this project",
        PLAIN_NOTE,
        plainTable(measured),
        LIMITS,
    ].join("\n\n");
}

/** Parts that were measured one after another, as if they had been one. */
export function joined(parts: readonly MatrixFile[]): MatrixFile {
    const cells = parts.flatMap((part) => part.cells);
    const names = cells.map(({ layer, fault, step }) => `${layer}: ${fault} at ${step}`);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) {
        throw new UserError(
            `${twice} stands in two of the files`,
            "parts of one measurement",
            "leave one of them out, or measure them with another --only",
        );
    }
    const sum = (of: (part: MatrixFile) => number) =>
        parts.reduce((total, part) => total + of(part), 0);
    return {
        schemaVersion: 1,
        minutes: sum(({ minutes }) => minutes),
        injected: sum(({ injected }) => injected),
        leakedGpuSeconds: sum(({ leakedGpuSeconds }) => leakedGpuSeconds),
        foreignEnded: parts.flatMap(({ foreignEnded }) => foreignEnded),
        cells,
        plain: parts.flatMap(({ plain }) => plain),
    };
}

function layerTable(cells: readonly CellRecord[]): string {
    const rows = LAYER_NAMES.map((layer) => {
        const own = cells.filter((cell) => cell.layer === layer && cell.isInjected);
        const seconds = releaseSeconds(own);
        const latest = Math.max(0, ...own.map((cell) => cell.pastDeadlineGpuSeconds));
        return [
            layer,
            LAYERS[layer].what,
            String(own.length),
            ...(seconds.length > 0
                ? [median(seconds).toFixed(0), Math.max(...seconds).toFixed(0)]
                : ["-", "-"]),
            latest.toFixed(0),
            total(own).toFixed(0),
        ];
    });
    return markdownTable(
        [
            ...["layer", "what acts"],
            ...["faults", "median s", "worst s", "latest", "leaked"].map((right) => ({ right })),
        ],
        rows,
    );
}

function matrixTable(cells: readonly CellRecord[]): string {
    const faults = [...new Set(cells.map(({ fault }) => fault))];
    const text = (layer: LayerName, fault: string) => {
        const own = cells.filter(
            (cell) => cell.layer === layer && cell.fault === fault && cell.isInjected,
        );
        const seconds = releaseSeconds(own);
        if (own.length === 0) {
            return "";
        }
        const running = own.filter(({ stillRunning }) => stillRunning > 0).length;
        const leaked = total(own);
        const parts = [
            ...(seconds.length > 0
                ? [`${median(seconds).toFixed(0)} / ${Math.max(...seconds).toFixed(0)}`]
                : []),
            ...(running > 0 ? [`${running} RUNNING`] : []),
            ...(leaked > 0 ? [`${leaked.toFixed(0)} LEAKED`] : []),
        ];
        return `${own.length}: ${parts.join(", ") || "none rented"}`;
    };
    return markdownTable(
        ["fault", ...LAYER_NAMES],
        faults.map((fault) => [fault, ...LAYER_NAMES.map((layer) => text(layer, fault))]),
    );
}

function plainTable({ cells, plain }: MatrixFile): string {
    const faults = [...new Set(plain.map(({ fault }) => fault))];
    const figures = (all: readonly CellRecord[]) => {
        const injected = all.filter(({ isInjected }) => isInjected);
        const leaking = injected.filter(({ leakedGpuSeconds }) => leakedGpuSeconds > 0).length;
        return [String(injected.length), String(leaking), total(injected).toFixed(0)];
    };
    const of = (all: readonly CellRecord[], fault: string) =>
        figures(all.filter((cell) => cell.fault === fault));
    return markdownTable(
        [
            "fault",
            ...["ours", "leaking", "GPU-s", "plain", "leaking", "GPU-s"].map((right) => ({
                right,
            })),
        ],
        [
            ...faults.map((fault) => [fault, ...of(cells, fault), ...of(plain, fault)]),
            ["all", ...figures(cells), ...figures(plain)],
        ],
    );
}

/** From the fault to the end of what was billed; only of runs that had rented something. */
function releaseSeconds(cells: readonly CellRecord[]): number[] {
    return cells
        .map(({ releasedAfterSeconds }) => releasedAfterSeconds)
        .filter((seconds) => seconds !== null);
}

function total(cells: readonly CellRecord[]): number {
    return cells.reduce((sum, { leakedGpuSeconds }) => sum + leakedGpuSeconds, 0);
}

const METHOD = `A machine that is forgotten is what this project is there to prevent, so its runs are broken on purpose,
one release layer at a time, and the billing meter of the emulated cloud says what that cost:

- A clean run's calls are recorded. Right before and right after each of them a fault can strike, while
  the call stands still.
- One layer alone has to release the machine; all the others are switched off. For the layers outside the
  driver that means: the driver and its engine are killed before they end their first machine, and the
  other schedules are muted.
- The driver meets every fault at the calls that decide over a machine (its launch, its end, its
  schedule), three in turn at every other change and one in turn at every question. The other layers meet
  every fault before and after the launch, and at one more call until the driver's own release.
- The engine, the driver, SSH, and the AWS calls are real; the cloud is emulated. Faults of a machine strike
  machines that really boot, in real time, with a deadline of 2 minutes. The rest needs none: their machines
  sleep, their deadline is 20 minutes, and the cloud's clock is put forward.
- Eight foreign machines stand in the account, one where machines boot, with tags that resemble ours. None of
  them may end.
- **Leaked** is what was billed later than the deadline and two rounds of the account's sweeper (10
  minutes).

\`npm run faults -- --json FILE\` measures all of it again (about an hour on two cores, longer beside
other work), \`--subset\` each fault once; \`npm test\` does the latter. \`npm run docs:faults -- FILE\` writes this page.`;

const LAYER_NOTE = `Seconds from the fault to the end of billing. \`latest\`: GPU-seconds past the deadline, in the worst case.
The schedule, the sweeper and the watchdog wait for the deadline, so that most of their seconds are what
was left of it.`;

const MATRIX_NOTE = `Fault by layer: how many, and seconds until release, median / worst. Empty: the fault cannot strike there,
or this layer is not the one to help (a driver that is killed with -9 does nothing any more).`;

const PLAIN_NOTE = `A Pulumi program with the same instance, run by a script with \`pulumi destroy\` in its \`finally\`, and nothing
else. The seconds are those until the meter was read: nothing would have ended these machines later. It
releases what its own \`destroy\` can still reach; it has no answer to a killed process, a lock that is left
behind, an outage, or a machine that its state does not know.`;

const LIMITS = `## What this does not show

The emulated cloud answers as its documentation says, not as AWS does on its worst day: a listing there
shows a new machine at once. Machines are containers with systemd, so that a frozen machine is a paused one,
and its clock is the host's. GPUs are emulated: a hanging \`nvidia-smi\` is a program that hangs.
`;

function main(): void {
    new Command("docs:faults")
        .argument("<files...>", "what npm run faults -- --json has written")
        .action((files) => {
            const measured = joined(
                files.map((file) => JSON.parse(readFileSync(file, "utf8")) as MatrixFile),
            );
            writeFileSync(DOCS_FILE, faultDocs(measured));
            console.log(layerTable(measured.cells));
        })
        .parse();
}

if (require.main === module) {
    try {
        main();
    } catch (error) {
        endWithError(error);
    }
}
