import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { REFUSALS } from "../refusedLaunches";
import type { Fault as CallFault, Session } from "../session";
import type { BootedMachine } from "./bootedMachine";
import type { LayerName } from "./layer";
import { killAll, signal, type Role } from "./processes";
import { appName, isChange, type Step } from "./step";

/** What a fault can reach of the run that it strikes. */
export interface FaultContext {
    readonly session: Session;
    readonly cellId: string;
    readonly step: Step;
    readonly driverPid: number;
    readonly runId: string;
    readonly layer: LayerName;
    /** The run's machine, as soon as there is one that booted. */
    readonly machine: () => Promise<BootedMachine>;
    /** Does something so much later, unless the run's processes have all ended by then. */
    readonly later: (seconds: number, act: () => void) => void;
    /** Starts another driver for the same run; the cell waits for it as well. */
    readonly startAnother: () => void;
}

export type FaultClass = "process" | "signal" | "call" | "state" | "concurrency" | "machine";

/** A fault that can be injected while a call is stopped on its way. */
export interface Fault {
    readonly name: string;
    readonly kind: FaultClass;
    /** The layers each of which has to be enough alone. */
    readonly layers: readonly LayerName[];
    readonly fits: (step: Step) => boolean;
    /** True: the call goes on first, because the fault waits for what comes of it. */
    readonly isLater?: boolean;
    /** `on-demand` unless the fault is one of spot machines. */
    readonly market?: "spot";
    /** Done while the call stands still. */
    readonly act: (context: FaultContext) => void | Promise<void>;
}

const OUTSIDE: readonly LayerName[] = ["second job", "schedule", "sweeper"];
const EVERY: readonly LayerName[] = ["driver", ...OUTSIDE];
const SDK_TRIES = 8;
const OUTAGE_SECONDS = 60;
const EXPIRED_SECONDS = 30;
// About a second was seen on AWS (skypilot-org/skypilot#4443).
const LISTING_LAG_SECONDS = 3;

const always = () => true;
const before = ({ when }: Step) => when === "before";
const byEngine = ({ by }: Step) => by === "engine";
const isLaunch = (step: Step) => step.action === "RunInstances" && before(step);

function kill(role: Role, layers: readonly LayerName[], fits: Fault["fits"] = always): Fault {
    const act = ({ cellId }: FaultContext) => killAll(cellId, role);
    return { name: `kill -9 ${role}`, kind: "process", layers, fits, act };
}

function driverSignal(name: NodeJS.Signals): Fault {
    const act = ({ driverPid }: FaultContext) => signal(driverPid, name);
    return { name, kind: "signal", layers: EVERY, fits: always, act };
}

/** The stopped call, and what its caller does in its stead, is answered so. */
function answer(name: string, fault: Partial<CallFault> & Pick<CallFault, "kind">): Fault {
    const act = ({ session, step, cellId }: FaultContext) => {
        const { service, action } = step;
        const app = appName(step.by, cellId);
        return session.addFaults([{ service, action, app, times: 1, ...fault }]);
    };
    return { name, kind: "call", layers: EVERY, fits: before, act };
}

/** Every call of the run fails for so many seconds. */
function blackout(name: string, seconds: number, error: Partial<CallFault>): Fault {
    const act = async ({ session, cellId }: FaultContext) => {
        const faults = (["driver", "engine"] as const).map((by) => ({
            ...{ service: "*", action: "*", kind: "error" as const, times: 100_000 },
            ...{ app: appName(by, cellId), seconds },
            ...error,
        }));
        await session.addFaults(faults);
    };
    return { name, kind: "call", layers: EVERY, fits: before, act };
}

function refusedLaunch(code: string): Fault {
    const { message, httpStatus } = Object.values(REFUSALS)
        .flat()
        .find((one) => one.code === code)!;
    const fault = answer(code, { kind: "error", code, message, httpStatus, times: SDK_TRIES });
    // Nothing is rented then, so that no other layer has anything to do.
    return { ...fault, fits: isLaunch, layers: ["driver"] };
}

function stateFault(name: string, act: Fault["act"]): Fault {
    return { name, kind: "state", layers: EVERY, fits: (step) => isChange(step), act };
}

/** The engine learns no id, and for a while the cloud does not show what was launched. */
async function launchUnseen({ session, cellId }: FaultContext): Promise<void> {
    await session.lagListings(LISTING_LAG_SECONDS);
    await killAll(cellId, "engine");
}

/** Where the backend keeps its state, and `project/stack.json` of each stack of the run. */
function stateFiles({ session, runId }: FaultContext): { folder: string; names: string[] } {
    const folder = join(session.dir, "state", ".pulumi");
    const names = readdirSync(join(folder, "stacks"), { recursive: true, encoding: "utf8" });
    return { folder, names: names.filter((name) => name.includes(runId) && isStack(name)) };
}

function isStack(name: string): boolean {
    return name.endsWith(".json");
}

function onState(act: (file: string) => void): Fault["act"] {
    return (context) => {
        const { folder, names } = stateFiles(context);
        names.forEach((name) => act(join(folder, "stacks", name)));
    };
}

/** A lock as a process of another computer leaves it: nobody here can see whether it lives. */
function plantLock(context: FaultContext): void {
    const { folder, names } = stateFiles(context);
    for (const name of names) {
        const locks = join(folder, "locks", "organization", name.replace(/\.json$/, ""));
        mkdirSync(locks, { recursive: true });
        const lock = { pid: 1, username: "ci", hostname: "another", timestamp: new Date() };
        writeFileSync(join(locks, `${randomUUID()}.json`), JSON.stringify(lock));
    }
}

async function ciCancel({ driverPid, cellId, later }: FaultContext): Promise<void> {
    // GitHub's documented order; the call goes on meanwhile, as it would.
    signal(driverPid, "SIGINT");
    later(7.5, () => signal(driverPid, "SIGTERM"));
    later(10, () => void killAll(cellId));
}

/** Every fault that needs no booted machine. */
export const FAULTS: readonly Fault[] = [
    kill("driver", OUTSIDE),
    {
        ...{ name: "kill -9 everything", kind: "process", layers: OUTSIDE, fits: always },
        act: ({ cellId }) => killAll(cellId),
    },
    kill("engine", EVERY, byEngine),
    kill("language host", EVERY, byEngine),
    kill("provider", EVERY, byEngine),
    {
        ...{ name: "launch unseen", kind: "process", layers: EVERY, act: launchUnseen },
        fits: ({ by, action, when }) =>
            by === "engine" && action === "RunInstances" && when === "after",
    },
    driverSignal("SIGINT"),
    driverSignal("SIGTERM"),
    driverSignal("SIGHUP"),
    { name: "CI cancel", kind: "signal", layers: EVERY, fits: always, act: ciCancel },
    answer("API error", {
        ...{ kind: "error", code: "InternalError", httpStatus: 500, times: SDK_TRIES },
    }),
    answer("API throttle", {
        ...{ kind: "error", code: "RequestLimitExceeded", httpStatus: 503, times: SDK_TRIES },
    }),
    answer("API denied", {
        ...{ kind: "error", code: "UnauthorizedOperation", httpStatus: 403, times: 2 },
    }),
    answer("API slow", { kind: "delay", delaySeconds: 20 }),
    answer("answer lost", { kind: "drop-response" }),
    answer("answers lost", { kind: "drop-response", times: 4 }),
    blackout(`outage of ${OUTAGE_SECONDS} s`, OUTAGE_SECONDS, {
        ...{ code: "ServiceUnavailable", httpStatus: 503 },
    }),
    blackout("credentials expired", EXPIRED_SECONDS, {
        ...{ code: "ExpiredToken", httpStatus: 400 },
        message: "The security token included in the request is expired",
    }),
    ...["InsufficientInstanceCapacity", "Unsupported", "MaxSpotInstanceCountExceeded"].map(
        refusedLaunch,
    ),
    stateFault("state lost", onState(rmSync)),
    stateFault(
        "state truncated",
        onState((file) => truncateSync(file, 100)),
    ),
    stateFault("foreign lock", plantLock),
    {
        ...{ name: "spot interruption", kind: "call", market: "spot", layers: ["driver"] },
        fits: ({ by, action, when }) =>
            by === "engine" && action === "DescribeVolumes" && when === "after",
        act: async ({ session, machine }) => session.interrupt((await machine()).instanceId),
    },
    {
        ...{ name: "same run twice", kind: "concurrency", layers: EVERY, fits: isChange },
        act: ({ startAnother }) => startAnother(),
    },
];
