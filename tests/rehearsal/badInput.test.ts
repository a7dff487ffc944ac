import { join } from "node:path";

import { runCommand } from "../../rehearsal/command";
import { Session } from "../../rehearsal/session";
import { gpuCi, PROJECT_DIR, startSession, stopSession } from "./harness";

let session: Session;
let callsBefore: number;

beforeAll(async () => {
    session = await startSession();
    callsBefore = (await session.calls()).length;
}, 120_000);
afterAll(() => stopSession(session));

// Whatever changes something in the cloud; the rest only asks.
const CHANGES = /^(Create|Run|Import|Authorize|Put|Start|Terminate|Delete|Add|Attach)/;

test.each([
    ["an unknown tier", ["--tier", "nightly"], {}, /nightly.*dev, commit, merge/],
    ["an unknown model", ["--tier", "commit", "--model", "GPT-9"], {}, /GPT-9.*Next/],
    ["an unknown precision", ["--tier", "commit", "--precision", "int3"], {}, /int3.*int4/],
    [
        "an unknown instance type",
        ["--tier", "commit", "--instance-type", "g6.tiny"],
        {},
        /g6\.tiny.*g6\.xlarge/,
    ],
    [
        "a malformed network",
        ["--tier", "commit", "--caller-cidr", "10.0.0.1/8"],
        {},
        /10\.0\.0\.1\/8.*203\.0\.113\.7\/32/,
    ],
    ["a deadline of 0", ["--tier", "commit", "--deadline-minutes", "0"], {}, /"?0"?.*1 to 1440/],
    [
        "a deadline above 24 h",
        ["--tier", "commit", "--deadline-minutes", "1441"],
        {},
        /1441.*1 to 1440/,
    ],
    [
        "no credentials",
        ["--tier", "commit"],
        {
            AWS_ACCESS_KEY_ID: "",
            AWS_SECRET_ACCESS_KEY: "",
            AWS_EC2_METADATA_DISABLED: "true",
            HOME: "/nonexistent",
        },
        /credentials.*AWS_/,
    ],
    [
        "a clock that is ten minutes ahead",
        ["--tier", "commit"],
        { NODE_OPTIONS: `--require ${join(__dirname, "clockAhead.cjs")}` },
        /clock is (599|600|601) s ahead of AWS's.*60 s at most/,
    ],
    [
        "no foundation role",
        ["--tier", "commit", "--set", "deadlineRoleName=nobody"],
        {},
        /nobody.*foundation/,
    ],
])(
    "%s is refused before anything is created, with exit code 2",
    async (_what, args, env, message) => {
        const { exitCode, output } = await gpuCi(session, ["run", ...args], env);
        expect(output.replace(/\s+/g, " ")).toMatch(message);
        expect(output).not.toMatch(/^\s+at /m);
        expect(exitCode).toBe(2);
        const since = (await session.calls()).slice(callsBefore);
        // The foundation's sweep goes on meanwhile.
        const own = since.filter(({ caller }) => caller === "client");
        expect(own.filter(({ action }) => CHANGES.test(action))).toEqual([]);
    },
    60_000,
);

test("a computer without Docker is told what to do", async () => {
    const { exitCode, output } = await runCommand(
        ["node", "--require", "tsx/cjs", "scripts/setup/main.ts"],
        {
            cwd: PROJECT_DIR,
            env: { ...process.env, DOCKER_HOST: "unix:///nonexistent/docker.sock" },
            output: "capture",
        },
    );
    expect(output).toMatch(/Docker.*Next/is);
    expect(exitCode).toBe(2);
}, 60_000);
