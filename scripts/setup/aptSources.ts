import * as fs from "node:fs";
import * as path from "node:path";

/** One place of packages, as apt's settings name it. */
export interface AptSource {
    readonly uri: string;
    readonly suite: string;
    readonly components: readonly string[];
    /** The key ring's path on this host, where the entry names one. */
    readonly signedBy?: string;
}

/** Entries of a one-line style file: `deb [signed-by=...] URI SUITE COMPONENT...`. */
export function parseOneLineSources(text: string): AptSource[] {
    return text.split("\n").flatMap((line) => {
        const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
        if (!match) {
            return [];
        }
        const [, options = "", uri, suite, components] = match;
        const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(options)?.[1];
        return [
            {
                uri,
                suite,
                components: components.trim().split(/\s+/),
                ...(signedBy && { signedBy }),
            },
        ];
    });
}

/** Entries of a deb822 style file (*.sources): stanzas of `Field: values`. */
export function parseDeb822Sources(text: string): AptSource[] {
    return text
        .split("\n")
        .filter((line) => !line.startsWith("#"))
        .join("\n")
        .split(/\n\s*\n/)
        .flatMap((stanza) => {
            const fields = new Map<string, string>();
            let last = "";
            for (const line of stanza.split("\n")) {
                const match = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line);
                if (match) {
                    last = match[1].toLowerCase();
                    fields.set(last, match[2].trim());
                } else if (/^\s+\S/.test(line) && last) {
                    fields.set(last, `${fields.get(last)} ${line.trim()}`.trim());
                }
            }
            const words = (field: string): string[] =>
                (fields.get(field) ?? "").split(/\s+/).filter(Boolean);
            if (!words("types").includes("deb") || fields.get("enabled")?.toLowerCase() === "no") {
                return [];
            }
            const signedBy = words("signed-by")[0];
            return words("uris").flatMap((uri) =>
                words("suites").map((suite) => ({
                    uri,
                    suite,
                    components: words("components"),
                    // A key written into the entry itself is no path.
                    ...(signedBy?.startsWith("/") && { signedBy }),
                })),
            );
        });
}

/** What debootstrap and the new root's apt need, from the host's own settings. */
export interface BootstrapSources {
    readonly mirror: string;
    readonly sourcesList: string;
}

/**
 * The host's sources of one release (its updates and security included): the first one with the
 * release's own name and the component "main" is debootstrap's mirror. Undefined when there is none.
 *
 * @param codename is the host's release.
 * @param wanted is another release of the same mirror, where not the host's own.
 */
export function bootstrapSources(
    sources: readonly AptSource[],
    codename: string,
    wanted = codename,
): BootstrapSources | undefined {
    const suites = [codename, `${codename}-updates`, `${codename}-security`];
    const ofRelease = sources.filter(
        ({ uri, suite, components, signedBy }) =>
            /^https?:\/\//.test(uri) &&
            suites.includes(suite) &&
            components.includes("main") &&
            // Other people's repositories use the release's name too, with a key of their own.
            (signedBy === undefined || /(debian|ubuntu)-archive-keyring/.test(signedBy)),
    );
    const mirror = ofRelease.find(({ suite }) => suite === codename)?.uri;
    if (mirror === undefined) {
        return undefined;
    }
    // cloud-init and podman are in "main" on Debian, partly in "universe" on Ubuntu.
    const lines = ofRelease.map(({ uri, suite, components }) => {
        const kept = components.filter((name) => name === "main" || name === "universe");
        return `deb ${uri} ${suite.replace(codename, wanted)} ${kept.join(" ")}`;
    });
    return { mirror, sourcesList: `${[...new Set(lines)].join("\n")}\n` };
}

/** Every source of packages that apt on this machine uses. */
export function readAptSources(etcApt = "/etc/apt"): AptSource[] {
    const parts = path.join(etcApt, "sources.list.d");
    const files = [
        path.join(etcApt, "sources.list"),
        ...(fs.existsSync(parts) ? fs.readdirSync(parts).sort() : []).map((f) =>
            path.join(parts, f),
        ),
    ];
    return files
        .filter((file) => fs.existsSync(file))
        .flatMap((file) => {
            const text = fs.readFileSync(file, "utf8");
            if (file.endsWith(".sources")) {
                return parseDeb822Sources(text);
            }
            return file.endsWith(".list") ? parseOneLineSources(text) : [];
        });
}

/** Fields of /etc/os-release. */
export function parseOsRelease(text: string): Record<string, string> {
    const fields: Record<string, string> = {};
    for (const line of text.split("\n")) {
        const match = /^([A-Z_]+)=(?:"(.*)"|(.*))$/.exec(line.trim());
        if (match) {
            fields[match[1]] = match[2] ?? match[3];
        }
    }
    return fields;
}
