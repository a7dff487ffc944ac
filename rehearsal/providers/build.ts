import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** The providers that have a stand-in here; `rehearse` names those in use. */
export const STAND_IN_PROVIDERS = ["aws", "command", "random"] as const;

export type StandInProvider = (typeof STAND_IN_PROVIDERS)[number];

/**
 * Bundles stand-in providers, each into one JavaScript file, and writes an executable
 * `pulumi-resource-<name>` beside it. With `outDir` on PATH the engine finds them ("using ... from
 * $PATH"); set PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true so that it looks no further.
 *
 * @param outDir is made if needed; files of earlier builds are overwritten.
 * @returns the paths of all files written.
 * @example buildProviders("/home/me/.cache/ephemeral-gpu-ci/providers-3f9a", ["aws"]);
 */
export function buildProviders(
    outDir: string,
    names: readonly StandInProvider[] = STAND_IN_PROVIDERS,
): string[] {
    mkdirSync(outDir, { recursive: true });
    return names.flatMap((name) => {
        const script = join(outDir, `${name}.js`);
        buildSync({
            entryPoints: [join(__dirname, name, "main.ts")],
            outfile: script,
            bundle: true,
            platform: "node",
            target: "node20",
            format: "cjs",
            minifySyntax: true,
            minifyWhitespace: true,
            legalComments: "none",
            logLevel: "error",
            // Only needed to run programs and to compile components, which a plugin never does; and
            // optional native speed-ups of ssh2.
            external: ["typescript", "ts-node", "cpu-features", "*.node"],
        });
        const executable = join(outDir, `pulumi-resource-${name}`);
        writeFileSync(executable, `#!/bin/sh\nexec node "\${0%/*}/${name}.js" "$@"\n`);
        chmodSync(executable, 0o755);
        return [script, executable];
    });
}
