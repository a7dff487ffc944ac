import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { Session } from "../../rehearsal/session";
import {
    insideMachine,
    machinesOf,
    PROJECT_DIR,
    pulumi,
    reportJson,
    startGpuCi,
    startSession,
    stopSession,
    until,
} from "./harness";
import { filesOf, findNeedles, keyMaterial, roleCredentials, type Needle } from "./keyMaterial";

const BUCKET = "acme-gpu-reports";

let session: Session;

beforeAll(async () => {
    session = await startSession({}, { reportBucketName: BUCKET });
}, 120_000);
afterAll(() => stopSession(session));

/** Command lines of every process, those inside the machine too: its kernel is this computer's. */
function watchProcesses() {
    const seen = new Set<string>();
    const look = () => {
        const table = execFileSync("ps", ["-eww", "-o", "args="], { encoding: "latin1" });
        table.split("\n").forEach((line) => seen.add(line));
    };
    const timer = setInterval(look, 250);
    return {
        stop: () => {
            clearInterval(timer);
            return [...seen].join("\n");
        },
    };
}

/** A run to its end, and every place that could hold a key of it. */
async function watchedRun(runId: string, whenReady?: () => Promise<void>, ...more: string[]) {
    const stack = `commit-${runId}-1`;
    const processes = watchProcesses();
    const driver = startGpuCi(session, ["run", "--tier", "commit", "--run-id", runId, ...more]);
    try {
        await driver.printed("the server is ready");
        const [{ instanceId }] = await machinesOf(session, runId);
        const needles = [
            ...(await keyMaterial(session, stack)),
            ...roleCredentials(session, instanceId),
        ];
        const plainState = await pulumi(session, ["stack", "export", "--stack", stack]);
        await whenReady?.();
        const exitCode = await driver.ended;
        const places = {
            "the driver's output": driver.output,
            "the state in plain": plainState.output,
            "the machine's console": await session.console(instanceId),
            "the calls to the cloud": JSON.stringify(await session.calls()),
            ...prefixed("report", filesOf(join(PROJECT_DIR, "reports", runId))),
            ...prefixed("backend", filesOf(session.env.PULUMI_BACKEND_URL!.replace("file://", ""))),
        };
        return { exitCode, driver, needles, places, processes: processes.stop() };
    } finally {
        processes.stop();
    }
}

function prefixed(what: string, files: Readonly<Record<string, string>>) {
    return Object.fromEntries(
        Object.entries(files).map(([name, text]) => [`${what}/${name}`, text]),
    );
}

function expectNoKey(
    needles: readonly Needle[],
    places: Readonly<Record<string, string>>,
    processes: string,
): void {
    // Client and host key, the role's key and token; a search for nothing finds nothing.
    expect(new Set(needles.map(({ what }) => what.split(",")[0])).size).toBe(4);
    const all = { ...places, "the process list": processes };
    expect(findNeedles(needles, all)).toEqual([]);
    for (const [place, text] of Object.entries(all)) {
        expect({ place, isThere: text.includes("PRIVATE KEY") }).toEqual({ place, isThere: false });
    }
}

test("no key in command text, log, plain state, process list or report of a run that passes", async () => {
    const { exitCode, needles, places, processes, driver } = await watchedRun(
        "test-secrets",
        undefined,
        "--report-bucket",
        BUCKET,
    );
    expect({ exitCode, output: exitCode === 0 ? "" : driver.output }).toEqual({
        exitCode: 0,
        output: "",
    });
    // What was looked at is what it is taken for.
    expect(processes).toContain("gpu-ci.js run");
    expect(places["the state in plain"]).toContain("wait-for-suite.sh");
    expect(Object.keys(places)).toContain("report/logs/cloud-init-output.log");
    expectNoKey(needles, places, processes);
}, 180_000);

test("a machine that answers with another host key is refused, and no key is in the diagnostics", async () => {
    const runId = "test-host-key";
    const impostor = async () => {
        const [{ instanceId }] = await machinesOf(session, runId);
        const inside = (command: string) => insideMachine(session, instanceId, command);
        inside(
            "rm -f /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key;" +
                "date +%s >/run/impostor; systemctl restart ssh; pkill -KILL -f 'sshd: [u]buntu'",
        );
        const log = 'journalctl -t sshd --since "@$(cat /run/impostor)"';
        const isLogged = (word: string) => {
            try {
                inside(`${log} | grep -q '${word}'`);
                return true;
            } catch {
                return false;
            }
        };
        await until("the caller comes, and goes before it logs in", () => isLogged("preauth"), 30);
        expect(isLogged("Accepted")).toBe(false);
    };
    const { exitCode, needles, places, processes, driver } = await watchedRun(
        ...([runId, impostor, "--deadline-minutes", "1"] as const),
    );
    expect({ exitCode, output: exitCode === 2 ? "" : driver.output }).toEqual({
        exitCode: 2,
        output: "",
    });
    expect(reportJson(runId, "receipt")).toMatchObject({ verdict: "none", leftovers: [] });
    expectNoKey(needles, places, processes);
}, 240_000);
