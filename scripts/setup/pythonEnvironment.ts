import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../common/userError";
import { installAptPackages } from "./aptPackages";
import { checkSpace } from "./cachedFolder";
import { keyOf } from "./cacheKey";
import { CommandError, findOnPath, run, tryRun } from "./commands";
import { PROJECT, stepLog, type SetupContext } from "./setupContext";
import { isAtLeast } from "./versions";

/** What moto asks for. */
const OLDEST_PYTHON = "3.10.0";
/** Newer ones may have no ready-made packages yet, so the default one comes first. */
const NAMES = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];
/** Written last: a virtual environment without it was never finished. */
const FINISHED = ".finished";

/** Python of a virtual environment that holds what the emulated cloud imports. */
export async function ensurePython(
    context: SetupContext,
    requirements = path.join(PROJECT, "rehearsal/requirements.txt"),
): Promise<string> {
    const log = stepLog(context, "python");
    const { python, version } = await hostPython(context);
    const key = keyOf([python, version, fs.readFileSync(requirements, "utf8")]);
    // In place, not renamed: the scripts of a virtual environment hold its path.
    const folder = path.join(context.cacheDir, `cloud-venv-${key}`);
    const venvPython = path.join(folder, "bin/python");
    if (fs.existsSync(path.join(folder, FINISHED))) {
        log.line(`cached: ${folder}`);
        return venvPython;
    }
    log.line(`installing the emulated cloud's packages for Python ${version}`);
    fs.mkdirSync(context.cacheDir, { recursive: true });
    checkSpace(context.cacheDir, 1, "python");
    await makeVenv(python, version, folder, context);
    await run(
        venvPython,
        [
            ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check"],
            ...["--no-input", "--prefer-binary", "--requirement", requirements],
        ],
        { env: context.env, signal: context.signal },
    );
    fs.writeFileSync(path.join(folder, FINISHED), "");
    log.done(`ready: ${folder}`);
    return venvPython;
}

async function hostPython(context: SetupContext): Promise<{ python: string; version: string }> {
    const tried: string[] = [];
    for (const name of NAMES) {
        const python = findOnPath(name, context.env);
        if (!python) {
            continue;
        }
        // Asked, not guessed from the name: version managers put a script in front of it.
        const answer = await tryRun(
            python,
            ["-c", "import platform, sys; print(platform.python_version(), sys.executable)"],
            context,
        );
        const [version, executable] = (answer ?? "").split(" ");
        if (executable && isAtLeast(version, OLDEST_PYTHON)) {
            return { python: executable, version };
        }
        tried.push(`${python} is ${version || "not working"}`);
    }
    throw new UserError(
        `the emulated cloud needs Python; ${tried.join(", ") || "there is none on PATH"}`,
        `Python ${OLDEST_PYTHON} or newer`,
        "install it (on Debian: apt-get install python3 python3-venv)",
    );
}

async function makeVenv(
    python: string,
    version: string,
    folder: string,
    context: SetupContext,
): Promise<void> {
    const log = stepLog(context, "python");
    const make = async (): Promise<void> => {
        fs.rmSync(folder, { recursive: true, force: true });
        await run(python, ["-m", "venv", folder], { env: context.env, signal: context.signal });
    };
    try {
        await make();
    } catch (error) {
        // Debian ships Python without the half of venv that brings pip.
        if (
            !(error instanceof CommandError) ||
            !/ensurepip|No module named venv/.test(error.output)
        ) {
            throw error;
        }
        await installAptPackages(
            [`python${version.split(".").slice(0, 2).join(".")}-venv`],
            "Python's venv module is needed",
            log,
            context.signal,
        );
        await make();
    }
}
