import { UserError } from "../../../common/userError";
import { doctor } from "../../../scripts/doctor";
import { AMI_PARAMETER } from "../../../machine/image";
import { inGitHubActions } from "../../../scripts/github";
import { planTable } from "../../../scripts/planTable";
import { Progress } from "../../../scripts/progress";
import { parseSettings } from "../../../settings";
import { planRun } from "../../../sizing";
import { awsError, FakeCloud, FakeEngine } from "./fakes";

async function examine(
    change: (cloud: FakeCloud) => void = () => undefined,
    raw = {},
    region = "us-east-1",
) {
    const cloud = new FakeCloud();
    change(cloud);
    const lines: string[] = [];
    const exitCode = await doctor({
        readSettings: () => parseSettings({ tier: "dev", ...raw }, {}),
        resolveRegion: async () => region,
        planRequest: (settings) => settings,
        ownSuite: () => undefined,
        engine: new FakeEngine(cloud, { ups: [] }),
        openCloud: () => cloud,
        print: (line) => lines.push(line),
        findCallerCidr: async () => "203.0.113.7/32",
    });
    return { exitCode, text: lines.join("\n"), cloud };
}

test("everything is there", async () => {
    const { exitCode, text } = await examine();
    expect(exitCode).toBe(0);
    expect(text).not.toContain("FAIL");
    expect(text.match(/^ok /gm)).toHaveLength(16);
});

test.each<[string, RegExp, (cloud: FakeCloud) => void, object]>([
    [
        "credentials",
        /FAIL {2}AWS credentials.*no AWS credentials/,
        (it) => (it.noCredentials = true),
        {},
    ],
    [
        "role",
        /no deadline role ephemeral-gpu-ci-deadline in us-east-1/,
        (it) => it.missing.add("ephemeral-gpu-ci-deadline"),
        {},
    ],
    [
        "profile",
        /no instance profile ephemeral-gpu-ci-machine/,
        (it) => it.missing.add("ephemeral-gpu-ci-machine"),
        {},
    ],
    [
        "terminator",
        /no terminator state machine/,
        (it) => it.missing.add("ephemeral-gpu-ci-terminator"),
        {},
    ],
    [
        "sweeper",
        /no sweeper's schedule ephemeral-gpu-ci-sweep/,
        (it) => it.missing.add("ephemeral-gpu-ci-sweep"),
        {},
    ],
    ["clock", /FAIL {2}clock .* 600 s ahead of AWS's/, (it) => (it.aheadSeconds = 600), {}],
    ["image", /no SSM parameter/, (it) => it.missing.add(AMI_PARAMETER), {}],
    ["settings", /FAIL {2}settings.*callerCidr/, () => undefined, { callerCidr: "me" }],
    ["plan", /FAIL {2}plan/, () => undefined, { instanceType: "g9.huge" }],
    [
        "quota",
        /FAIL {2}quota +quota L-DB2E81BA .*allows 2 vCPUs in us-east-1, 0 in use; g6.xlarge on-demand needs 4/,
        (it) => (it.quotas = { "L-DB2E81BA": 2, "L-417A185B": 0 }),
        { market: "on-demand" },
    ],
    [
        "offers",
        /FAIL {2}machines on offer +us-east-1 offers none of the plan's machines: g6.xlarge/,
        (it) => (it.zones = { "g6.xlarge": [] }),
        { instanceType: "g6.xlarge" },
    ],
])("%s is missing: exit 2, and what to do", async (_name, message, change, raw) => {
    const { exitCode, text, cloud } = await examine(change, raw);
    expect(exitCode).toBe(2);
    expect(text).toMatch(message);
    expect(text).toMatch(/Next: /);
    expect(cloud.calls).toEqual([]);
});

test("a region that is none: the nearest are offered, and no cloud is asked", async () => {
    const { exitCode, text } = await examine(undefined, {}, "us-esat-1");
    expect(exitCode).toBe(2);
    expect(text).toMatch(/FAIL {2}AWS region +"us-esat-1" is not.*\n.*\n.*did you mean us-east-1/);
    expect(text).toMatch(/AWS account.*not looked at/);
});

test("a cloud that does not tell its time is not known, which is no failure", async () => {
    const { exitCode, text } = await examine((cloud) => (cloud.aheadSeconds = undefined));
    expect(exitCode).toBe(0);
    expect(text).toMatch(/^\? {5}clock +the cloud does not tell its time$/m);
});

test("quotas that may not be read are not known, which is no failure", async () => {
    const { exitCode, text } = await examine((cloud) => {
        const refused = () => awsError("AccessDeniedException", "no");
        cloud.failures = { quota: Array.from({ length: 9 }, refused) };
    });
    expect(exitCode).toBe(0);
    expect(text).toMatch(/^\? {5}quota +not known in us-east-1$/m);
    expect(text).toMatch(/^Note: quotas in us-east-1 are not known \(AccessDeniedException: no\)/m);
    expect(text).toMatch(/Everything that a run needs is there. 1 not known.$/);
});

test("no region: the account is not looked at", async () => {
    const lines: string[] = [];
    const exitCode = await doctor({
        readSettings: () => parseSettings({ tier: "dev" }, {}),
        resolveRegion: () => Promise.reject(new UserError("no AWS region was given")),
        planRequest: (settings) => settings,
        ownSuite: () => undefined,
        engine: new FakeEngine(new FakeCloud(), { ups: [] }),
        openCloud: () => new FakeCloud(),
        print: (line) => lines.push(line),
        findCallerCidr: async () => "203.0.113.7/32",
    });
    expect(exitCode).toBe(2);
    expect(lines.join("\n")).toMatch(/AWS account.*not looked at, for want of a region/);
});

test("a plan as a table names the machines in order", () => {
    const plan = planRun({ tier: "commit" });
    const text = planTable(plan);
    expect(text).toMatch(new RegExp(`^1 +${plan.candidates[0].instanceType}`, "m"));
    expect(
        Math.max(
            ...text
                .split("\n")
                .filter((line) => !/^(Why|Note): /.test(line))
                .map((line) => line.length),
        ),
    ).toBeLessThan(140);
});

describe("progress", () => {
    test("plain timestamped lines, groups in GitHub, phases with their seconds", () => {
        let now = Date.UTC(2026, 10, 24, 6, 30);
        const lines: string[] = [];
        const progress = new Progress({
            write: (line) => lines.push(line),
            now: () => now,
            github: true,
        });
        progress.phase("up");
        progress.line("one\ntwo");
        now += 2_340;
        progress.phase("release");
        progress.warn("left");
        expect(lines).toEqual([
            "::group::up",
            "06:30:00Z up          one",
            "06:30:00Z up          two",
            "::endgroup::",
            "::group::release",
            "06:30:02Z release     ! left",
            "::warning::left",
        ]);
        now += 1_000;
        expect(progress.phases()).toEqual([
            { name: "up", seconds: 2.3 },
            { name: "release", seconds: 1 },
        ]);
    });

    test("GitHub is recognised by its own variable", () => {
        expect([inGitHubActions({ GITHUB_ACTIONS: "true" }), inGitHubActions({})]).toEqual([
            true,
            false,
        ]);
    });
});
