/** What a GPU did at an instant; what the driver did not tell is absent. */
export interface GpuSample {
    /** Seconds since 1970, by the machine's clock. */
    readonly at: number;
    readonly utilisationPercent?: number;
    readonly memoryUsedMiB?: number;
    readonly memoryTotalMiB?: number;
    readonly temperatureCelsius?: number;
    readonly powerWatts?: number;
}

/** A span of the run with a name. */
export interface Phase {
    readonly name: string;
    readonly from: number;
    readonly to: number;
}

export interface GpuUse {
    /** By the GPU's index. */
    readonly gpus: ReadonlyMap<number, readonly GpuSample[]>;
    readonly phases: readonly Phase[];
}

/** Hours of samples of eight GPUs; a file beyond this is no log of ours. */
const MOST_LINES = 200_000;
const MOST_GPUS = 16;

/**
 * Reads logs/gpu.csv: a line a GPU and sample with instant, utilisation, index, memory used, memory in all,
 * temperature and power. What is no such line, such as one that was cut in half, is left out.
 *
 * @param phases logs/phases.txt: a line each with name and instant of its beginning.
 * @returns undefined where there is no sample.
 * @example readGpuUse("1764000000,37,0,7100,23034,61,54.20\n", "suite 1764000000\n")
 */
export function readGpuUse(csv: string, phases: string): GpuUse | undefined {
    const gpus = new Map<number, GpuSample[]>();
    for (const line of csv.split("\n", MOST_LINES)) {
        const cells = line.split(",").map(numberOf);
        const [at, utilisation, index, used, total, temperature, power] = cells;
        if (cells.length !== 7 || at === undefined || index === undefined || index >= MOST_GPUS) {
            continue;
        }
        const samples = gpus.get(index) ?? [];
        gpus.set(index, samples);
        samples.push({
            at,
            ...(utilisation !== undefined && { utilisationPercent: utilisation }),
            ...(used !== undefined && { memoryUsedMiB: used }),
            ...(total !== undefined && { memoryTotalMiB: total }),
            ...(temperature !== undefined && { temperatureCelsius: temperature }),
            ...(power !== undefined && { powerWatts: power }),
        });
    }
    if (gpus.size === 0) {
        return undefined;
    }
    const last = [...gpus.values()].reduce((most, own) => Math.max(most, own.at(-1)?.at ?? 0), 0);
    return {
        gpus: new Map([...gpus].sort(([a], [b]) => a - b)),
        phases: readPhases(phases, last),
    };
}

function numberOf(text: string): number | undefined {
    return /^\s*\d{1,12}(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** In words that a reader knows; what the machine calls them is in machine/files. */
const PHASE_WORDS: Readonly<Record<string, string>> = {
    pull: "image",
    start: "server start",
    suite: "suite",
    end: "report",
};

function readPhases(text: string, last: number): Phase[] {
    const begins = text
        .split("\n")
        .flatMap((line) => {
            const [, name, at] = /^(\w+) (\d{1,12})$/.exec(line) ?? [];
            const word = PHASE_WORDS[name ?? ""];
            return word === undefined ? [] : { name: word, from: Number(at) };
        })
        .sort((a, b) => a.from - b.from);
    return begins
        .map(({ name, from }, index) => ({
            name,
            from,
            to: Math.max(from, begins[index + 1]?.from ?? last),
        }))
        .filter(({ from, to }) => to > from);
}
