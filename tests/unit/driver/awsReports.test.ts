import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";

import { AwsCloud } from "../../../scripts/awsCloud";
import { awsError } from "./fakes";

const s3 = mockClient(S3Client);
const cloud = new AwsCloud({ region: "eu-central-1" });
beforeEach(() => s3.reset());

/** An answer of S3, and whether its body was read or given up. */
function answer(bytes: Buffer) {
    const seen = { isRead: false, isGivenUp: false };
    const Body: any = {
        transformToByteArray: async () => {
            seen.isRead = true;
            return new Uint8Array(bytes);
        },
        destroy: () => (seen.isGivenUp = true),
    };
    const Metadata = { instance: "i-1" };
    s3.on(GetObjectCommand).resolves({ Body, ContentLength: bytes.length, Metadata });
    return seen;
}

test("a report comes with the machine that has pushed it", async () => {
    answer(Buffer.from("report"));
    const found = await cloud.storedObject("reports", "runs/x/1/report.tar.gz", 100);
    expect(Buffer.from(found!.bytes).toString()).toBe("report");
    expect(found!.instanceId).toBe("i-1");
    expect(s3.commandCalls(GetObjectCommand)[0].args[0].input).toEqual({
        Bucket: "reports",
        Key: "runs/x/1/report.tar.gz",
    });
});

test("one that is too long is not even read", async () => {
    const seen = answer(Buffer.alloc(101));
    await expect(cloud.storedObject("reports", "k", 100)).rejects.toThrow(
        "101 bytes, more than 100",
    );
    expect(seen).toEqual({ isRead: false, isGivenUp: true });
});

test("none is not the same as one that may not be read", async () => {
    s3.on(GetObjectCommand).rejects(new NoSuchKey({ message: "no", $metadata: {} }));
    expect(await cloud.storedObject("reports", "k", 100)).toBeUndefined();
    s3.on(GetObjectCommand).rejects(awsError("AccessDenied"));
    await expect(cloud.storedObject("reports", "k", 100)).rejects.toThrow("AccessDenied");
});

test("keys are listed to the last page", async () => {
    s3.on(ListObjectsV2Command)
        .resolvesOnce({ Contents: [{ Key: "runs/x/1/a" }], NextContinuationToken: "more" })
        .resolvesOnce({ Contents: [{ Key: "runs/x/2/a" }] });
    expect(await cloud.storedKeys("reports", "runs/x/")).toEqual(["runs/x/1/a", "runs/x/2/a"]);
    expect(s3.commandCalls(ListObjectsV2Command)[1].args[0].input).toMatchObject({
        Prefix: "runs/x/",
        ContinuationToken: "more",
    });
});
