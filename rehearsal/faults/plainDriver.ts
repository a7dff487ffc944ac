import { spawnSync } from "node:child_process";

/**
 * What one writes without this project: `up`, and `destroy` in `finally`. Arguments: the folder of the
 * Pulumi project, and the stack.
 */
const [cwd, stack] = process.argv.slice(2);

function pulumi(...args: string[]): void {
    const options = ["--stack", stack, "--non-interactive"];
    const { status } = spawnSync("pulumi", [...args, ...options], { cwd, stdio: "inherit" });
    if (status !== 0) {
        throw new Error(`pulumi ${args[0]} ended with ${status}`);
    }
}

pulumi("stack", "init", "--no-select");
try {
    pulumi("up", "--yes", "--skip-preview");
} finally {
    pulumi("destroy", "--yes", "--skip-preview");
}
