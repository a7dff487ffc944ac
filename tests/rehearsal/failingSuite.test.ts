import { Session } from "../../rehearsal/session";
import { gpuCi, machinesOf, reportJson, startSession, stopSession } from "./harness";

const RUN = "test-failing-suite";

let session: Session;

beforeAll(async () => {
    session = await startSession({ modelFault: "swap-channels" });
}, 120_000);
afterAll(() => stopSession(session));

test("a model that takes red for blue: exit code 1, the cases that saw it, still clean", async () => {
    const { exitCode, output } = await gpuCi(session, ["run", "--tier", "commit", "--run-id", RUN]);
    expect({ exitCode, output: exitCode === 1 ? "" : output }).toEqual({ exitCode: 1, output: "" });
    expect(reportJson(RUN, "receipt")).toMatchObject({
        verdict: "failed",
        releasedBy: "driver",
        leftovers: [],
        leakedGpuSeconds: 0,
    });
    const results = reportJson(RUN, "results");
    const failed = results.cases.filter(({ status }: { status: string }) => status === "failed");
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every(({ images }: { images: unknown[] }) => images.length > 0)).toBe(true);
    expect((await machinesOf(session, RUN))[0].state).toBe("terminated");
}, 120_000);
