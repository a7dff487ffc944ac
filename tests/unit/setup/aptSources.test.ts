import {
    bootstrapSources,
    parseDeb822Sources,
    parseOneLineSources,
    parseOsRelease,
} from "../../../scripts/setup/aptSources";

const DEB822 = `Types: deb
# a comment in between
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF

Types: deb-src
URIs: http://mirror.example/source
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;

describe("apt's own settings tell where to bootstrap from", () => {
    test("deb822 stanzas give one source for each address and suite", () => {
        const ring = "/usr/share/keyrings/debian-archive-keyring.gpg";
        expect(parseDeb822Sources(DEB822)).toEqual([
            {
                uri: "http://mirror.example/debian",
                suite: "bookworm",
                components: ["main", "contrib"],
                signedBy: ring,
            },
            {
                uri: "http://mirror.example/debian",
                suite: "bookworm-updates",
                components: ["main", "contrib"],
                signedBy: ring,
            },
            {
                uri: "http://mirror.example/debian-security",
                suite: "bookworm-security",
                components: ["main"],
            },
        ]);
    });

    test.each([
        [
            "deb http://a.example/ubuntu noble main universe # why",
            [
                {
                    uri: "http://a.example/ubuntu",
                    suite: "noble",
                    components: ["main", "universe"],
                },
            ],
        ],
        [
            "deb [arch=amd64 signed-by=/etc/k.gpg] https://a.example/x noble stable",
            [
                {
                    uri: "https://a.example/x",
                    suite: "noble",
                    components: ["stable"],
                    signedBy: "/etc/k.gpg",
                },
            ],
        ],
        ["# deb http://a.example/ubuntu noble main", []],
        ["deb-src http://a.example/ubuntu noble main", []],
        ["", []],
    ])("one line: %s", (line, expected) => {
        expect(parseOneLineSources(line)).toEqual(expected);
    });

    test("the mirror is the release's own source, updates and security come along", () => {
        expect(bootstrapSources(parseDeb822Sources(DEB822), "bookworm")).toEqual({
            mirror: "http://mirror.example/debian",
            sourcesList:
                "deb http://mirror.example/debian bookworm main\n" +
                "deb http://mirror.example/debian bookworm-updates main\n" +
                "deb http://mirror.example/debian-security bookworm-security main\n",
        });
    });

    test("other people's repositories are never taken for the distribution's", () => {
        const sources = parseOneLineSources(
            [
                "deb [signed-by=/usr/share/keyrings/vendor.gpg] https://vendor.example bookworm main",
                "deb https://pg.example/apt bookworm-pgdg main",
                "deb https://docker.example/debian bookworm stable",
                "deb file:/media/cdrom bookworm main",
                "deb http://mirror.example/debian trixie main",
            ].join("\n"),
        );
        expect(bootstrapSources(sources, "bookworm")).toBeUndefined();
    });

    test("Ubuntu's universe is kept: podman is in it", () => {
        const sources = parseOneLineSources("deb http://u.example noble main restricted universe");
        expect(bootstrapSources(sources, "noble")?.sourcesList).toBe(
            "deb http://u.example noble main universe\n",
        );
    });

    test("a newer host bootstraps the release that was tested, from its own mirror", () => {
        const sources = parseOneLineSources(
            "deb http://m.example/debian trixie main\ndeb http://m.example/s trixie-security main",
        );
        expect(bootstrapSources(sources, "trixie", "bookworm")).toEqual({
            mirror: "http://m.example/debian",
            sourcesList:
                "deb http://m.example/debian bookworm main\n" +
                "deb http://m.example/s bookworm-security main\n",
        });
    });

    test("os-release with and without quotes", () => {
        expect(
            parseOsRelease('ID=debian\nVERSION_CODENAME=bookworm\nNAME="Debian GNU/Linux"\n#x\n'),
        ).toEqual({ ID: "debian", VERSION_CODENAME: "bookworm", NAME: "Debian GNU/Linux" });
    });
});
