import { mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";

const SCRIPT = join(__dirname, "timedEngine.sh");
const LOOK_EVERY_MILLISECONDS = 10;

/** Times the engine's calls of a program that finds `pulumi` on PATH by itself, to 10 ms or so. */
export class TimedEngine {
    /** Name of a call's file -> seconds; undefined while it runs. */
    private readonly calls = new Map<string, number | undefined>();
    private readonly timer = setInterval(() => this.look(), LOOK_EVERY_MILLISECONDS);

    private constructor(
        private readonly callsDir: string,
        /** For the program. */
        readonly env: NodeJS.ProcessEnv,
    ) {}

    /**
     * @param dir made where missing; everything is kept in it.
     * @param engine the real engine's executable, an absolute path.
     * @param env the environment that the program would have without this.
     */
    static start(dir: string, engine: string, env: NodeJS.ProcessEnv): TimedEngine {
        const binDir = join(dir, "bin");
        const callsDir = join(dir, "calls");
        mkdirSync(binDir, { recursive: true });
        mkdirSync(callsDir);
        symlinkSync(SCRIPT, join(binDir, "pulumi"));
        return new TimedEngine(callsDir, {
            ...env,
            PATH: [binDir, env.PATH].filter(Boolean).join(delimiter),
            BENCH_ENGINE: engine,
            BENCH_ENGINE_CALLS: callsDir,
        });
    }

    /** To be called when the program has ended. */
    stop(): void {
        this.look();
        clearInterval(this.timer);
    }

    /**
     * Seconds of all calls of a command, such as `up`.
     *
     * @throws Error when there was none, or one has not ended: its time would be wrong.
     */
    seconds(command: string): number {
        const times = [...this.calls]
            .filter(([name]) => name.endsWith(`-${command}`))
            .map(([, seconds]) => seconds);
        if (times.length === 0 || times.includes(undefined)) {
            throw new Error(`the engine's ${command} was not seen from its begin to its end`);
        }
        return times.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0);
    }

    private look(): void {
        for (const name of readdirSync(this.callsDir)) {
            if (this.calls.get(name) === undefined) {
                const began = statSync(join(this.callsDir, name)).mtimeMs;
                const isOver = !isRunning(parseInt(name, 10));
                this.calls.set(name, isOver ? (Date.now() - began) / 1000 : undefined);
            }
        }
    }
}

function isRunning(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}
