import { ChildProcess, spawn } from "node:child_process";
import {
    appendFileSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SuiteResults, suiteResultsSchema } from "../../../suite/results";
import { rightAnswer, TestServer } from "./testServer";

const ROOT = join(__dirname, "..", "..", "..");
const folder = mkdtempSync(join(tmpdir(), "suite-resume-"));
const out = join(folder, "out");
const progress = join(out, "progress.jsonl");
const cases = join(folder, "cases");
let server: TestServer;
let thinkSeconds = 0;

const COUNT = 12;
function writeCases(title: (index: number) => string = String): void {
    const list = Array.from(
        { length: COUNT },
        (_, index) => `
  - id: case-${index}
    title: A case
    language: en
    tags: [smoke]
    lane: ${index < 4 ? "deterministic" : "greedy"}
    turns:
      - prompt: "Case ${title(index)}: what is the capital of France?"
        maxTokens: 64
        checks: [{ kind: keywords, groups: [[Paris]] }]`,
    ).join("");
    writeFileSync(join(cases, "x.yaml"), `dimension: single-modality\ncases:${list}\n`);
}

function start(...more: string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const child = spawn(
        process.execPath,
        [
            ...["--require", "tsx/cjs", "suite/main.ts", "--url", server.url, "--tier", "dev"],
            ...["--cases", cases, "--out", out, "--concurrency", "single-modality=2", ...more],
        ],
        { cwd: ROOT, env: { PATH: process.env.PATH } },
    );
    let output = "";
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    const ended = new Promise<Ended>((resolve) =>
        child.once("close", (code, signal) => resolve({ code, signal, output })),
    );
    return { child, ended };
}
interface Ended {
    readonly code: number | null;
    readonly signal: string | null;
    readonly output: string;
}

const results = (): SuiteResults =>
    suiteResultsSchema.parse(JSON.parse(readFileSync(join(out, "results.json"), "utf8")));
const done = (): string[] =>
    existsSync(progress)
        ? readFileSync(progress, "utf8")
              .split("\n")
              .slice(1)
              .filter((line) => line !== "")
        : [];
const questions = (): number => server.asked.filter(({ prompt }) => /France/.test(prompt)).length;

/** Lets a run do some cases, and kills it as the kernel does when memory is out: nothing is tidied up. */
async function killHalfWay(): Promise<number> {
    thinkSeconds = 0.15;
    const { child, ended } = start();
    while (done().length < 6) {
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill("SIGKILL");
    expect((await ended).signal).toBe("SIGKILL");
    thinkSeconds = 0;
    server.asked.length = 0;
    return done().length;
}

beforeAll(async () => {
    server = await TestServer.start({ answer: rightAnswer, delaySeconds: () => thinkSeconds });
});
beforeEach(() => {
    rmSync(out, { recursive: true, force: true });
    rmSync(cases, { recursive: true, force: true });
    mkdirSync(cases);
    writeCases();
    server.asked.length = 0;
});
afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
});

it("goes on after kill -9 from what is done, and leaves the whole result", async () => {
    const kept = await killHalfWay();
    expect(kept).toBeGreaterThanOrEqual(6);
    expect(existsSync(join(out, "results.json"))).toBe(false);
    // Killed in the middle of a line.
    appendFileSync(progress, done()[0]?.slice(0, 40) ?? "");

    const { code, output } = await start("--resume").ended;
    expect(output).toMatch(/12 cases passed/);
    expect(code).toBe(0);
    expect(questions()).toBe(COUNT - kept);
    expect(results()).toMatchObject({
        verdict: "passed",
        resumed: kept,
        totals: { passed: COUNT },
    });
    expect(results().cases.map(({ id }) => id)).toEqual(
        Array.from({ length: COUNT }, (_, index) => `case-${index}`),
    );
    // All of it is in results.json now.
    expect(existsSync(progress)).toBe(false);
}, 60_000);

it("can be killed again, also right after half a line", async () => {
    await killHalfWay();
    appendFileSync(progress, '{"outcome":{"resu');
    thinkSeconds = 0.15;
    const before = done().length - 1;
    const second = start("--resume");
    while (done().length < before + 2) {
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    second.child.kill("SIGKILL");
    await second.ended;
    thinkSeconds = 0;
    server.asked.length = 0;
    const kept = done().length;
    await start("--resume").ended;
    expect(questions()).toBe(COUNT - kept);
    expect(results()).toMatchObject({ verdict: "passed", resumed: kept });
}, 60_000);

it("asks all again without --resume", async () => {
    await killHalfWay();
    await start().ended;
    expect(questions()).toBe(COUNT);
    expect(results()).not.toHaveProperty("resumed");
}, 60_000);

it("asks a case again that is asked in another way, and only that", async () => {
    const kept = await killHalfWay();
    const [first] = done().map((line) => (JSON.parse(line) as Line).outcome.result.id);
    writeCases((index) => (`case-${index}` === first ? `${index} anew` : String(index)));
    await start("--resume").ended;
    expect(questions()).toBe(COUNT - kept + 1);
    expect(results().resumed).toBe(kept - 1);
}, 60_000);
interface Line {
    readonly outcome: { readonly result: { readonly id: string } };
}

it("asks all again of a run with another seed, and says why", async () => {
    await killHalfWay();
    const { output } = await start("--resume", "--seed", "5").ended;
    expect(output).toMatch(/^nothing is taken over from .*: it is of a run with another seed$/m);
    expect(questions()).toBe(COUNT);
}, 60_000);
