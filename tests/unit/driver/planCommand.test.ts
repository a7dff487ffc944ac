import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const PROJECT_DIR = resolve(__dirname, "..", "..", "..");
const GPU_CI = join(PROJECT_DIR, "bin", "gpu-ci.js");

interface End {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
}

/** `gpu-ci plan` as typed, in an environment that has no credentials and no region. */
function plan(args: readonly string[], nodeArgs: readonly string[] = []): Promise<End> {
    const { PATH, HOME } = process.env;
    return new Promise((done) => {
        execFile(
            process.execPath,
            [...nodeArgs, GPU_CI, "plan", ...args],
            { env: { PATH, HOME }, cwd: PROJECT_DIR },
            (error, stdout, stderr) =>
                done({ code: error ? Number(error.code) : 0, stdout, stderr }),
        );
    });
}

const SERVER = [
    ...["--model", "8B", "--precision", "bf16", "--max-num-batched-tokens", "8192"],
    ...["--max-model-len", "32768", "--max-num-seqs", "8", "--tensor-parallel", "1"],
];

test.each<[string, string[], boolean]>([
    ["any machine", [], true],
    ["a GPU that is rented", ["--gpu", "H100"], true],
    ["a GPU of one's own", ["--gpu", "RTX 4080"], false],
    ["an instance type", ["--instance-type", "p5.4xlarge"], true],
])("--json answers in full: %s", async (_where, more, fits) => {
    const { code, stdout } = await plan([...SERVER, ...more, "--json"]);
    const answer = JSON.parse(stdout);
    expect({ code, fits: answer.fits }).toEqual({ code: fits ? 0 : 1, fits });
    expect(answer.memory).toMatchObject({
        // Weights, MRoPE table and DeepStack buffers of 8,192 tokens: 16.33 + 0.25 + 0.19 GiB.
        ...{ weightsGiB: 16.33, loadGiB: 16.768, kvBytesPerToken: 147_456 },
        // 32,768 tokens x 8 sequences.
        ...{ kvGiB: 36, reserveGiB: expect.any(Number), totalGiB: expect.any(Number) },
        maxModelLen: expect.any(Number),
    });
    expect(answer.deadlineMinutes).toBeGreaterThan(0);
    expect(answer.reasons.length).toBeGreaterThan(0);
    for (const candidate of answer.candidates) {
        expect(candidate).toMatchObject({
            ...{
                instanceType: expect.any(String),
                market: expect.stringMatching(/spot|on-demand/),
            },
            ...{ priceUsdPerHour: expect.any(Number), expectedUsd: expect.any(Number) },
        });
    }
    expect(answer.candidates.length > 0).toBe(fits);
});

test("loads neither the AWS nor the Pulumi SDK, which would take a second", async () => {
    const hook = join(mkdtempSync(join(tmpdir(), "gpu-ci-plan-")), "hook.js");
    writeFileSync(
        hook,
        `process.on("exit", () => console.error(Object.keys(require.cache).join("\\n")));`,
    );
    const { stderr } = await plan(["--tier", "commit"], ["--require", hook]);
    expect(stderr).toMatch(/sizing\/plan\.ts/);
    expect(stderr).not.toMatch(/node_modules\/(@aws-sdk|@pulumi|@smithy)\//);
});

test.each([
    ["model", ["--model", "9B"], /Unknown model "9B"[^]*did you mean 2B or 4B or 8B\?/],
    ["precision", ["--precision", "bf61"], /Unknown precision "bf61"[^]*did you mean bf16\?/],
    ["GPU", ["--gpu", "rtx4808"], /Unknown GPU "rtx4808"[^]*did you mean RTX 4080/],
    ["type", ["--instance-type", "g5.xlrage"], /"g5\.xlrage"[^]*did you mean g5\.xlarge/],
    ["region", ["--fallback-regions", "us-wset-2"], /"us-wset-2"[^]*did you mean us-west-2/],
    ["context", ["--max-model-len", "300000"], /300000 tokens is longer[^]*262144/],
    ["option", ["--caller-cidr", "1.2.3.4/32"], /unknown option/],
])("an unknown %s ends 2 and says what is near", async (_what, args, says) => {
    const { code, stderr } = await plan(args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(says) });
});

test("a budget below one minute of the cheapest machine: the answer is no, and which would do", async () => {
    const { code, stdout } = await plan(["--tier", "commit", "--budget-usd", "0.001"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/No: .*below one minute[^]*a budget of \d\.\d\d USD or more/);
});

test("a saving is computed only from a stated utilisation, and shows what from", async () => {
    const silent = await plan(["--tier", "merge"]);
    expect(silent.stdout).not.toMatch(/Own server/);
    const stated = await plan([
        ...["--tier", "merge", "--utilisation", "5"],
        ...["--own-server-usd-per-month", "900"],
    ]);
    expect(stated.stdout).toMatch(/Own server +900\.00 USD a month[^]*Busy +5 % of 730 hours/);
});
