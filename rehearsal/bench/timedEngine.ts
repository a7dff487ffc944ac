import { mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";

const SCRIPT = join(__dirname, "timedEngine.sh");

/** Times the engine's calls of a program that finds `pulumi` on PATH by itself. */
export class TimedEngine {
    private constructor(
        private readonly timesDir: string,
        /** For the program. */
        readonly env: NodeJS.ProcessEnv,
    ) {}

    /**
     * @param dir made where missing; everything is kept in it.
     * @param engine the real engine's executable, an absolute path.
     * @param env the environment that the program would have without this.
     */
    static in(dir: string, engine: string, env: NodeJS.ProcessEnv): TimedEngine {
        const binDir = join(dir, "bin");
        const timesDir = join(dir, "times");
        mkdirSync(binDir, { recursive: true });
        mkdirSync(timesDir);
        symlinkSync(SCRIPT, join(binDir, "pulumi"));
        return new TimedEngine(timesDir, {
            ...env,
            PATH: [binDir, env.PATH].filter(Boolean).join(delimiter),
            BENCH_ENGINE: engine,
            BENCH_ENGINE_TIMES: timesDir,
        });
    }

    /**
     * Seconds of all calls of a command, such as `up`.
     *
     * @throws Error when there was none: a time of 0 would be wrong.
     */
    seconds(command: string): number {
        const calls = readdirSync(this.timesDir).filter((name) => name.endsWith(`-${command}.end`));
        if (calls.length === 0) {
            throw new Error(`the engine's ${command} was not seen`);
        }
        const changedAt = (name: string) => statSync(join(this.timesDir, name)).mtimeMs;
        return calls
            .map((end) => (changedAt(end) - changedAt(end.replace(/end$/, "begin"))) / 1000)
            .reduce((sum, seconds) => sum + seconds);
    }
}
