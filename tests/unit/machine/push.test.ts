import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { symlinkSync } from "node:fs";
import { createServer, IncomingMessage, Server, ServerResponse } from "node:http";
import { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

import * as tar from "tar";

import { pushFiles } from "../../../machine/reportBucket";
import { EmulatedMachine } from "./emulatedMachine";

const STATE = "var/lib/ephemeral-gpu-ci";
const KEYS = {
    AccessKeyId: "ASIAEXAMPLE000000000",
    SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    Token: "IQoJb3JpZ2luX2VjEXAMPLE==",
};

interface Push {
    readonly url: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: Buffer;
}

/** A store that answers each push in turn with these, then with 200; and the metadata service. */
class Outside {
    readonly pushes: Push[] = [];
    answers: { status: number; headers?: Record<string, string> }[] = [];
    metadata: (path: string) => string | undefined = (path) =>
        ({
            "iam/security-credentials/": "ephemeral-gpu-ci-machine",
            "iam/security-credentials/ephemeral-gpu-ci-machine": JSON.stringify(KEYS),
            "placement/region": "eu-central-1",
            "instance-id": "i-0123456789abcdef0",
        })[path];
    private readonly server: Server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk) => chunks.push(chunk));
        request.on("end", () => this.answer(request, response, Buffer.concat(chunks)));
    });

    async start(): Promise<void> {
        await new Promise<void>((started) => this.server.listen(0, "127.0.0.1", started));
    }

    get url(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    stop(): void {
        this.server.closeAllConnections();
        this.server.close();
    }

    private answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
        const url = request.url ?? "";
        if (url === "/latest/api/token") {
            response.end("session");
        } else if (url.startsWith("/latest/meta-data/")) {
            const isKnown = request.headers["x-aws-ec2-metadata-token"] === "session";
            const text = isKnown
                ? this.metadata(url.slice("/latest/meta-data/".length))
                : undefined;
            response.writeHead(text === undefined ? 404 : 200).end(text);
        } else {
            this.pushes.push({ url, headers: request.headers, body });
            const { status, headers } = this.answers.shift() ?? { status: 200 };
            response.writeHead(status, headers).end("<Code>AccessDenied</Code>");
        }
    }
}

let outside: Outside;
let machine: EmulatedMachine;

beforeEach(async () => {
    outside = new Outside();
    await outside.start();
    machine = new EmulatedMachine();
    const [where, script] = pushFiles(
        { reportBucket: "acme-reports", reportEndpoint: outside.url },
        { runId: "commit-1", attempt: 2 },
    );
    machine.put("etc/ephemeral-gpu-ci/report-bucket", where.content);
    machine.put(
        "opt/ephemeral-gpu-ci/push.py",
        script.content
            .replace("http://169.254.169.254", outside.url)
            .replace("(0, 2, 6)", "(0, 0, 0)")
            .replace("timeout=5", "timeout=1"),
    );
    machine.put(`${STATE}/report/results.json`, "{}\n");
    machine.put(`${STATE}/report/logs/suite.log`, "before\n");
    machine.put(`${STATE}/power-off.log`, "ephemeral-gpu-ci: power off: why\n");
    machine.put("var/log/ephemeral-gpu-ci/suite.log", "before\nafter\n");
});
afterEach(() => {
    outside.stop();
    machine.remove();
});

/** Pushes once, and gives everything that was printed, logged or written to the console. */
async function push(): Promise<string> {
    const child = spawn("python3", [machine.path("opt/ephemeral-gpu-ci/push.py")], {
        env: { ...process.env, PATH: `${machine.path("bin")}:${process.env.PATH}` },
    });
    let told = "";
    child.stdout.on("data", (text) => (told += text));
    child.stderr.on("data", (text) => (told += text));
    const exitCode = await new Promise((ended) => child.once("close", ended));
    expect(exitCode).toBe(0);
    const log = machine.read("var/log/ephemeral-gpu-ci/push.log");
    expect(machine.read("dev/console")).toBe(log);
    told += log;
    for (const secret of [KEYS.SecretAccessKey, KEYS.Token, "AWS4-HMAC-SHA256"]) {
        expect(told).not.toContain(secret);
    }
    return told.trim();
}

/** Content by path; the last of several with one path counts. */
function unpacked(body: Buffer): Record<string, string> {
    const files: Record<string, string> = {};
    const list = tar.t({
        sync: true,
        onReadEntry: (entry) =>
            entry.on("data", (data) => (files[entry.path.replace(/^\.\//, "")] = String(data))),
    });
    list.end(gunzipSync(body));
    return files;
}

test("the report goes to its own key, with the logs as they are by now", async () => {
    expect(await push()).toMatch(/^ephemeral-gpu-ci: report pushed, \d+ bytes$/);
    const [{ url, body }] = outside.pushes;
    expect(url).toBe("/acme-reports/runs/commit-1/2/report.tar.gz");
    expect(unpacked(body)).toEqual({
        "results.json": "{}\n",
        "logs/suite.log": "before\nafter\n",
        "logs/power-off.log": "ephemeral-gpu-ci: power off: why\n",
    });
});

test("content, session token and machine are signed", async () => {
    await push();
    const [{ headers, body }] = outside.pushes;
    expect(headers).toMatchObject({
        "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
        "x-amz-security-token": KEYS.Token,
        "x-amz-meta-instance": "i-0123456789abcdef0",
    });
    expect(headers.authorization).toMatch(
        /Credential=ASIAEXAMPLE000000000\/\d{8}\/eu-central-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-instance;x-amz-security-token, /,
    );
});

test("a bucket of another region is pushed to as that region's", async () => {
    outside.answers = [{ status: 301, headers: { "x-amz-bucket-region": "us-east-1" } }];
    expect(await push()).toMatch(/report pushed/);
    expect(outside.pushes.map(({ headers }) => headers.authorization?.split("/")[2])).toEqual([
        "eu-central-1",
        "us-east-1",
    ]);
});

test("what fails once is tried again", async () => {
    outside.answers = [{ status: 503 }];
    expect(await push()).toMatch(/report pushed/);
});

test("a bucket that refuses is told of after three tries, by its status alone", async () => {
    outside.answers = [1, 2, 3].map(() => ({ status: 403 }));
    expect(await push()).toBe(
        `ephemeral-gpu-ci: report not pushed: HTTP 403 from ${outside.url.slice("http://".length)}`,
    );
    expect(outside.pushes).toHaveLength(3);
});

test.each([
    ["the machine has no role", () => (outside.metadata = () => undefined), /HTTP 404/],
    ["credentials are no JSON", () => (outside.metadata = () => "?"), /JSONDecodeError/],
    ["nobody listens", () => outside.stop(), /URLError .*refused/],
])("%s: told, and nothing more", async (_, harm, told) => {
    harm();
    expect(await push()).toMatch(told);
    expect(outside.pushes).toEqual([]);
});

test("an archive that is cut short is not pushed over an earlier one", async () => {
    machine.command("tar", "echo part; kill -KILL $$");
    expect(await push()).toMatch(/not pushed: OSError/);
    expect(outside.pushes).toEqual([]);
});

test("a link that the suite has made is not followed", async () => {
    symlinkSync("/etc/hostname", machine.path(`${STATE}/report/host`));
    await push();
    expect(Object.keys(unpacked(outside.pushes[0].body))).not.toContain("host");
});
