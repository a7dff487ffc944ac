import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

import { runCLI } from "jest";

import { isUserError } from "../common/userError";
import { toolsEnvironment } from "../rehearsal/tools";
import { ensureAll } from "./setup/ensureAll";

const PROJECT_DIR = resolve(__dirname, "..");
const PYTHON_TESTS = [
    ["--top-level-directory", ".", "rehearsal/cloud/tests"],
    ["rehearsal/model/tests"],
];

interface Count {
    passed: number;
    failed: number;
    skipped: number;
}

/**
 * Every test of the project, with all the set-up that they need: unit and stack tests side by side,
 * the rehearsal's own Python tests, the report in a browser, then whole runs one after another (each has an
 * emulated cloud of its own, and their times are measured). Arguments are patterns of test files.
 */
async function main(): Promise<void> {
    const patterns = process.argv.slice(2);
    const tools = await ensureAll();
    Object.assign(process.env, toolsEnvironment(tools), {
        GPU_CI_TEST_TOOLS: JSON.stringify(tools),
    });

    const counts = [
        await jest(["unit", "stack"], patterns, false),
        ...(patterns.length === 0
            ? PYTHON_TESTS.map((args) => pythonTests(tools.python, args))
            : []),
        await jest(["browser"], patterns, true),
        await jest(["rehearsal"], patterns, true),
    ];
    const total = counts.reduce((sum, count) => ({
        passed: sum.passed + count.passed,
        failed: sum.failed + count.failed,
        skipped: sum.skipped + count.skipped,
    }));
    const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
    console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
    process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

async function jest(projects: string[], patterns: string[], oneByOne: boolean): Promise<Count> {
    const { results } = await runCLI(
        {
            _: [],
            $0: "jest",
            selectProjects: projects,
            testPathPatterns: patterns,
            runInBand: oneByOne,
            passWithNoTests: patterns.length > 0,
            ci: true,
        } as Parameters<typeof runCLI>[0],
        [PROJECT_DIR],
    );
    return {
        passed: results.numPassedTests,
        // A file that cannot even be loaded has no tests, but has failed.
        failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
        skipped: results.numPendingTests + results.numTodoTests,
    };
}

/** Runs Python's own test runner, and reads its closing lines. */
function pythonTests(python: string, args: string[]): Count {
    console.log(`\n${args[args.length - 1]}`);
    const done = spawnSync(python, ["-m", "unittest", "discover", ...args], {
        cwd: PROJECT_DIR,
        encoding: "utf8",
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    process.stdout.write(done.stdout);
    process.stderr.write(done.stderr);
    const ran = Number(/^Ran (\d+) tests?/m.exec(done.stderr)?.[1] ?? 0);
    const number = (word: string) =>
        Number(new RegExp(`\\b${word}=(\\d+)`).exec(done.stderr)?.[1] ?? 0);
    const skipped = number("skipped");
    const failed = number("failures") + number("errors");
    if (done.status !== 0 && failed === 0) {
        return { passed: 0, failed: 1, skipped: 0 };
    }
    return { passed: ran - failed - skipped, failed, skipped };
}

main().catch((error: unknown) => {
    console.error(isUserError(error) ? error.message : error);
    console.log("0 passed, 1 failed");
    process.exitCode = 2;
});
