import { PulumiCommand } from "@pulumi/pulumi/automation";

/**
 * Pulumi's own installer, in a process of its own that can be ended when it hangs.
 * Usage: downloadEngine.ts FOLDER
 */
async function main(root: string): Promise<void> {
    const installed = await PulumiCommand.install({ root });
    console.log(`${installed.command} ${installed.version}`);
}

main(process.argv[2]).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
});
