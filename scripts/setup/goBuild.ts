import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../../common/userError";
import { findOnPath, run } from "./commands";
import type { SetupContext } from "./setupContext";
import { isAtLeast, pinnedGoModule } from "./versions";

export interface GoBuildOptions {
    /** Folder with the go.mod and go.sum that pin everything. */
    readonly module: string;
    /** The package to build. */
    readonly command: string;
    /** The module whose version the executable reports. */
    readonly versionOf: string;
    /** Where the executable goes. */
    readonly out: string;
}

/** The oldest Go that fetches a newer one as a module when go.mod asks for it. */
const OLDEST_GO = "1.21.0";

/** Builds an executable from a pinned module. Throws UserError when there is no Go that can. */
export async function goBuild(options: GoBuildOptions, context: SetupContext): Promise<void> {
    const go = findOnPath("go", context.env);
    const name = path.basename(options.out);
    const next = `install Pulumi 3.200 or newer (its installer brings ${name}), or Go ${OLDEST_GO} or newer, and put it on PATH`;
    if (!go) {
        throw new UserError(
            `${name} is not on PATH, cannot be downloaded, and there is no Go to build it with`,
            undefined,
            next,
        );
    }
    const goVersion = await run(go, ["env", "GOVERSION"], context);
    if (!isAtLeast(goVersion, OLDEST_GO)) {
        throw new UserError(`${go} is ${goVersion.trim()}`, `Go ${OLDEST_GO} or newer`, next);
    }
    const goMod = fs.readFileSync(path.join(options.module, "go.mod"), "utf8");
    const version = pinnedGoModule(goMod, options.versionOf);
    await run(
        go,
        [
            "build",
            "-buildvcs=false",
            "-trimpath",
            // The engine's callers ask for its version; only the linker can put it there.
            `-ldflags=-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`,
            "-o",
            options.out,
            options.command,
        ],
        {
            cwd: options.module,
            env: { ...context.env, GOWORK: "off", GO111MODULE: "on", CGO_ENABLED: "0" },
            signal: context.signal,
        },
    );
}
