import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { AwsCloud } from "../../../scripts/awsCloud";
import { freshCloud } from "../../../scripts/freshCloud";
import { awsError, FakeCloud } from "./fakes";

const refusal = (code: string) =>
    `<ErrorResponse><Error><Code>${code}</Code><Message>old</Message></Error></ErrorResponse>`;
/** Keys of a session that a token was given for; their id is the token's text. */
const credentialsFor = (token: string) =>
    `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${token}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
const CALLER = `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account><Arn>arn:new</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`;

describe("a real client", () => {
    const before = { ...process.env };
    const dir = mkdtempSync(join(tmpdir(), "gpu-ci-credentials-"));
    const profile = (key: string) =>
        writeFileSync(
            join(dir, "credentials"),
            `[default]\naws_access_key_id = ${key}\naws_secret_access_key = secret\n`,
        );
    let server: Server;
    let keys: string[];
    let whenRefused: () => void;
    /** Refusals that come whoever asks, status and code. */
    let outage: [number, string][];

    beforeEach(async () => {
        keys = [];
        outage = [];
        whenRefused = () => undefined;
        server = createServer(async (request, response) => {
            const body = (await request.toArray()).join("");
            if (body.includes("Action=AssumeRoleWithWebIdentity")) {
                const token = /WebIdentityToken=(\w+)/.exec(body)?.[1] ?? "";
                response.writeHead(200, { "content-type": "text/xml" });
                response.end(credentialsFor(token));
                return;
            }
            const key = /Credential=(\w+)/.exec(request.headers.authorization ?? "")?.[1] ?? "";
            keys.push(key);
            const expired: [number, string] | undefined =
                key === "OLDKEY" ? [403, "ExpiredToken"] : undefined;
            const refused = outage.shift() ?? expired;
            response.writeHead(refused?.[0] ?? 200, { "content-type": "text/xml" });
            response.end(refused ? refusal(refused[1]) : CALLER);
            if (refused) {
                whenRefused();
            }
        });
        await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
        const { port } = server.address() as AddressInfo;
        for (const name of Object.keys(process.env).filter((each) => each.startsWith("AWS_"))) {
            delete process.env[name];
        }
        Object.assign(process.env, {
            AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
            AWS_SHARED_CREDENTIALS_FILE: join(dir, "credentials"),
            AWS_CONFIG_FILE: join(dir, "config"),
            AWS_EC2_METADATA_DISABLED: "true",
        });
        profile("OLDKEY");
    });
    afterEach(() => {
        process.env = { ...before };
        server.closeAllConnections();
        server.close();
    });

    test("takes the credentials that were renewed meanwhile", async () => {
        whenRefused = () => profile("NEWKEY");
        const cloud = freshCloud(() => new AwsCloud({ region: "us-east-1" }));
        expect(await cloud.caller()).toEqual({ account: "1", arn: "arn:new" });
        expect(keys).toEqual(["OLDKEY", "NEWKEY"]);
        await cloud.caller();
        expect(keys).toEqual(["OLDKEY", "NEWKEY", "NEWKEY"]);
    });

    test("reads the token of a CI's identity provider again", async () => {
        const token = join(dir, "token");
        writeFileSync(token, "OLDKEY");
        Object.assign(process.env, {
            AWS_WEB_IDENTITY_TOKEN_FILE: token,
            AWS_ROLE_ARN: "arn:aws:iam::1:role/ci",
            AWS_SHARED_CREDENTIALS_FILE: join(dir, "none"),
        });
        whenRefused = () => writeFileSync(token, "NEWKEY");
        const cloud = freshCloud(() => new AwsCloud({ region: "us-east-1" }));
        expect(await cloud.caller()).toMatchObject({ account: "1" });
        expect(keys).toEqual(["OLDKEY", "NEWKEY"]);
    });

    test("with nothing fresh there, the refusal comes back after one more try", async () => {
        const cloud = freshCloud(() => new AwsCloud({ region: "us-east-1" }));
        await expect(cloud.caller()).rejects.toThrow("old");
        expect(keys).toEqual(["OLDKEY", "OLDKEY"]);
    });

    test("throttling and errors of the cloud itself are tried again, with pauses", async () => {
        profile("NEWKEY");
        outage = [
            [400, "Throttling"],
            [503, "ServiceUnavailable"],
            [500, "InternalFailure"],
        ];
        const startedAt = Date.now();
        expect(await new AwsCloud({ region: "us-east-1" }).caller()).toMatchObject({
            account: "1",
        });
        expect(keys).toHaveLength(4);
        expect(Date.now() - startedAt).toBeGreaterThan(100);
    }, 30_000);
});

test("many calls that are refused at once open one fresh cloud, and other errors none", async () => {
    const clouds: FakeCloud[] = [];
    const cloud = freshCloud(() => {
        const opened = new FakeCloud();
        if (clouds.length === 0) {
            opened.failures = { machines: [awsError("ExpiredToken"), awsError("RequestExpired")] };
        }
        clouds.push(opened);
        return opened;
    });
    expect(await Promise.all([cloud.machines({}), cloud.machines({})])).toEqual([[], []]);
    expect(clouds).toHaveLength(2);
    clouds[1].failures = { machines: [awsError("RequestLimitExceeded")] };
    await expect(cloud.machines({})).rejects.toThrow("RequestLimitExceeded");
    expect(clouds).toHaveLength(2);
    expect(cloud.region).toBe("us-east-1");
});
