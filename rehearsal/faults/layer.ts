/** Every run and schedule of the matrix is named so. */
export const RUN_PREFIX = "faults-";

interface Layer {
    /** Schedules that do nothing while this layer is alone, a regular expression. */
    readonly muted: string;
    /** True where the driver is killed before it ends its first machine. */
    readonly isDriverOff: boolean;
    /** What it is, for the table's legend. */
    readonly what: string;
}

const RUNS_OWN = `ephemeral-gpu-ci-${RUN_PREFIX}.*`;

/** The release layers, each alone: how all the others are switched off. */
export const LAYERS = {
    driver: { muted: ".*", isDriverOff: false, what: "gpu-ci run's own release" },
    "second job": {
        muted: ".*",
        isDriverOff: true,
        what: "gpu-ci release --run ID, from another process",
    },
    watchdog: { muted: ".*", isDriverOff: true, what: "systemd on the machine" },
    schedule: {
        ...{ muted: `(?!${RUNS_OWN}).*`, isDriverOff: true },
        what: "the run's deadline schedule in AWS",
    },
    sweeper: {
        ...{ muted: RUNS_OWN, isDriverOff: true },
        what: "the account's terminator, every 5 minutes",
    },
} as const satisfies Record<string, Layer>;

export type LayerName = keyof typeof LAYERS;
export const LAYER_NAMES = Object.keys(LAYERS) as LayerName[];
