import { unpackUserData } from "../../rehearsal/unpackUserData";
import { recordResources, Registered, secretValue } from "./mocks";

let registered: Registered[];

/** A run of a suite of the component's user's own. */
async function run(suite: { suiteDir?: string }): Promise<void> {
    registered = await recordResources();
    const { GpuTestRun } = await import("../../components");
    const { valueOf } = await import("./mocks");
    const gpu = new GpuTestRun("run", {
        run: { runId: "nightly-1", attempt: 1, tier: "nightly", owner: "acme" },
        instanceType: "g6.xlarge",
        deadlineMinutes: 20,
        callerCidr: "203.0.113.7/32",
        serverImage: `vllm/vllm-openai@sha256:${"a".repeat(64)}`,
        serverArgs: ["Qwen/Qwen3-VL-8B-Instruct", "--served-model-name", "candidate"],
        suiteImage: `ghcr.io/acme/suite@sha256:${"b".repeat(64)}`,
        suiteCommand: ["pytest", "/suite"],
        reportDir: "reports/nightly-1",
        ...suite,
    });
    await valueOf(gpu.reportPath);
}

const of = (type: string) => registered.filter((resource) => resource.type === type);
const machineConfig = () =>
    unpackUserData(secretValue(of("aws:ec2/instance:Instance")[0].inputs.userData)).config;

test("the suite's container is told of run, server and model, as it is served", async () => {
    await run({ suiteDir: "tests/model" });
    const config = machineConfig();
    for (const line of [
        ...["GPU_CI_RUN_ID=nightly-1", "GPU_CI_TIER=nightly"],
        ...["GPU_CI_DEADLINE=2026-11-24T07:00:00Z", "GPU_CI_MODEL=candidate"],
    ]) {
        expect(config).toContain(line);
    }
    expect(config).toContain("/etc/ephemeral-gpu-ci/own-suite.json");
});

test("a folder's name is one word for the machine's shell", async () => {
    await run({ suiteDir: "tests/my suite; reboot" });
    const started = of("command:remote:Command").find(({ name }) => name.endsWith("-started"));
    expect(started?.inputs.create).toContain("start-suite.sh '/home/ubuntu/my suite; reboot'");
});

test("without a folder nothing is copied", async () => {
    await run({});
    expect(of("command:remote:CopyToRemote")).toEqual([]);
    const started = of("command:remote:Command").find(({ name }) => name.endsWith("-started"));
    expect(started?.inputs.create).toMatch(/start-suite.sh$/);
});
