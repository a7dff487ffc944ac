import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { stringify } from "yaml";

import { runCommand } from "../command";

/** What an operation of the engine took. */
export interface Times {
    /** The first `up`, with the suite in it. */
    readonly up: number;
    /** Another `up` right after it, which changes nothing. */
    readonly upAgain: number;
    readonly destroy: number;
}

export interface BenchStackArgs {
    /** Folder of the Pulumi project. */
    readonly projectDir: string;
    /** Has to hold a hyphen: git then ignores the settings file. */
    readonly name: string;
    /** What the settings file holds. */
    readonly settings: object;
    readonly env: NodeJS.ProcessEnv;
}

/** One stack, as a person at the command line brings it up and down. */
export class BenchStack {
    private readonly settingsFile: string;

    constructor(private readonly args: BenchStackArgs) {
        this.settingsFile = join(args.projectDir, `Pulumi.${args.name}.yaml`);
    }

    async create(): Promise<void> {
        writeFileSync(this.settingsFile, stringify(this.args.settings));
        await this.pulumi("stack", "init", "--no-select");
    }

    /**
     * Up, up again, down.
     *
     * @param check is given the outputs after the first `up`, and throws when they are not as they should.
     * @throws Error with the engine's output when one of them fails, or the second changes anything.
     */
    async measure(check: (outputs: Record<string, unknown>) => void): Promise<Times> {
        const up = await this.pulumi("up", "--yes", "--skip-preview");
        check(JSON.parse((await this.pulumi("stack", "output", "--json")).output));
        const again = await this.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
        const destroy = await this.pulumi("destroy", "--yes", "--skip-preview");
        return { up: up.seconds, upAgain: again.seconds, destroy: destroy.seconds };
    }

    /** Takes the settings file away; state, machine and all else go with the emulated cloud. */
    forget(): void {
        rmSync(this.settingsFile, { force: true });
    }

    private async pulumi(...args: string[]): Promise<{ output: string; seconds: number }> {
        const { projectDir, name, env } = this.args;
        const startedAt = performance.now();
        const { exitCode, output } = await runCommand(
            ["pulumi", ...args, "--stack", name, "--color", "never", "--non-interactive"],
            { cwd: projectDir, env, output: "capture" },
        );
        const seconds = (performance.now() - startedAt) / 1000;
        if (exitCode !== 0) {
            throw new Error(
                `pulumi ${args.join(" ")} of ${name} ended with ${exitCode}:\n${output}`,
            );
        }
        return { output, seconds };
    }
}
