import {
    checkReportBucket,
    isBucketName,
    isReportEndpoint,
    pushFiles,
    reportKey,
} from "../../../machine/reportBucket";

test.each(["abc", "acme-gpu-reports", "a.b.c", "1-2-3", "a".repeat(63)])("%s is a bucket", (name) =>
    expect(isBucketName(name)).toBe(true),
);

test.each([
    ...["", "ab", "a".repeat(64), "Reports", "re_ports", "-reports", "reports-", "a..b"],
    ...["192.0.2.1", "xn--reports", "reports--x-s3", "s3://reports", "reports/runs", "re ports"],
    ...["reports\n"],
])("%j is no bucket", (name) => expect(isBucketName(name)).toBe(false));

test.each([
    "https://s3.example.org",
    "https://bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com",
    "https://minio.internal:9000",
    "http://127.0.0.1:9000",
    "http://localhost:9000",
    "http://[::1]:9000",
])("%s is taken as an endpoint", (text) => expect(isReportEndpoint(text)).toBe(true));

test.each([
    ...["", "s3.example.org", "http://s3.example.org", "http://10.0.0.1:9000", "ftp://127.0.0.1"],
    ...["https://s3.example.org/", "https://s3.example.org/path", "https://s3.example.org?x=1"],
    ...["https://me:word@s3.example.org", "http://127.0.0.1.example.org", "https://a b"],
    ...["https://s3.example.org\nx", "http://127.0.0.1:99999", "http://localhost.example.org"],
])("%j is not", (text) => expect(isReportEndpoint(text)).toBe(false));

test("an attempt has its own place", () => {
    expect(reportKey({ runId: "commit-1", attempt: 2 })).toBe("runs/commit-1/2/report.tar.gz");
});

describe("on the machine", () => {
    const run = { runId: "commit-1", attempt: 2 };

    test("nothing without a bucket, whatever the endpoint", () => {
        expect(pushFiles({ reportEndpoint: "https://s3.example.org" }, run)).toEqual([]);
    });

    test("where to, then through what", () => {
        const [where, script] = pushFiles(
            { reportBucket: "reports", reportEndpoint: "https://s3.example.org" },
            run,
        );
        expect(where.content).toBe(
            "/reports/runs/commit-1/2/report.tar.gz\nhttps://s3.example.org\n",
        );
        expect(script.permissions).toBe("0755");
    });

    test.each([
        [{ reportBucket: "Reports" }, /"Reports".*lower-case/],
        [{ reportEndpoint: "http://10.0.0.1" }, /"http:\/\/10.0.0.1".*https/],
    ])("%j is refused before anything is made", (args, message) => {
        expect(() => checkReportBucket(args)).toThrow(message);
    });
});
