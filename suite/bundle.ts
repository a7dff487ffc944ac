import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { PAGE_FILES } from "./report/assets";

/**
 * Puts the suite into a folder that a bare Node container can run: suite.js, one file with all that
 * it needs, and beside it cases/ and the files of the report's page. The same sources give the same
 * bytes, so that a second `up` copies nothing.
 *
 * @param outDir made where missing; an earlier bundle in it is replaced.
 * @param casesDir other cases than the suite's own.
 * @returns outDir
 * @example await bundleSuite("/tmp/suite"); // then: node /tmp/suite/suite.js --url ... --model ...
 */
export async function bundleSuite(
    outDir: string,
    casesDir = join(__dirname, "cases"),
): Promise<string> {
    mkdirSync(outDir, { recursive: true });
    await build({
        entryPoints: [
            ["main.ts", "main.js"].map((name) => join(__dirname, name)).find(existsSync) as string,
        ],
        outfile: join(outDir, "suite.js"),
        bundle: true,
        platform: "node",
        target: "node18",
        format: "cjs",
        // Also drops the comments with paths, which differ from one installation to the next.
        minify: true,
        legalComments: "none",
        logLevel: "silent",
        // A tsconfig of the folder that installed this package must not change the bytes.
        tsconfigRaw: { compilerOptions: { target: "es2022" } },
    });
    rmSync(join(outDir, "cases"), { recursive: true, force: true });
    cpSync(casesDir, join(outDir, "cases"), { recursive: true });
    for (const name of PAGE_FILES) {
        cpSync(join(__dirname, "report", name), join(outDir, name));
    }
    return outDir;
}
